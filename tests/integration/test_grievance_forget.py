"""Who asks to be forgotten: name and number go out of what has ended long ago, and what stays is
told with why."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from uuid6 import uuid7

from palika.auth import SYSTEM
from services.grievance.commands.forget import forget_citizen
from services.grievance.models import Follower, Grievance, Timeline
from services.grievance.reference import policy
from services.grievance.schemas import Forgetting
from tests.support.grievances import CITIZEN, HOUR, NOW, OTHER_CITIZEN

PORTAL = SYSTEM("portal")
ASHA = {"citizen_name": "Asha", "citizen_phone": "98220 12345", "citizen_email": "a@example.org"}
BALU = {"citizen_name": "Balu", "citizen_phone": "98220 99999"}
LATER = NOW + timedelta(days=policy().keep_contact_days) + 2 * HOUR


def forgotten(desk, now=LATER, subjects=(CITIZEN.subject,)) -> dict[str, Any]:
    with desk.sessions.begin() as session:
        asked = Forgetting().load({"phone": "98220-12345", "subjects": list(subjects)})
        return forget_citizen(session, PORTAL, asked, now)


def withdrawn(desk, caller=CITIZEN, **args):
    filed = desk.file(caller, **args)
    return desk.take("withdraw", filed, caller, NOW + HOUR, reason="It is done")


def names(desk) -> dict[str, str | None]:
    with desk.sessions() as session:
        rows = session.execute(select(Grievance.number, Grievance.citizen_name)).all()
    return {row.number: row.citizen_name for row in rows}


def counts(told) -> dict[str, int]:
    return {each["what"]: each["count"] for each in told}


def test_what_has_ended_long_ago_forgets_and_what_goes_on_does_not(desk):
    ended = withdrawn(desk, **ASHA)
    by_number = withdrawn(desk, OTHER_CITIZEN, **ASHA)
    going_on = desk.file(**ASHA)
    others = withdrawn(desk, OTHER_CITIZEN, **BALU)
    told = forgotten(desk)
    assert counts(told["erased"]) == {"contact": 2}
    assert counts(told["stays"]) == {"open": 1, "record": 2}
    assert all(each["why"]["mr"] and each["why"]["en"] for each in told["stays"])
    assert names(desk) == {
        ended.number: None,
        by_number.number: None,
        going_on.number: "Asha",
        others.number: "Balu",
    }
    with desk.sessions() as session:
        noted = session.scalars(select(Timeline).where(Timeline.step == "forget")).all()
    assert [(each.actor, each.public) for each in noted] == [("service:portal", False)] * 2
    # Asked again, it finds nothing more.
    assert forgotten(desk)["erased"] == []


def test_what_has_ended_a_while_ago_waits_for_the_days_that_the_city_has_set(desk):
    filed = withdrawn(desk, **ASHA)
    told = forgotten(desk, NOW + 2 * HOUR)
    assert told["erased"] == []
    assert counts(told["stays"]) == {"recent": 1}
    assert str(policy().keep_contact_days) in told["stays"][0]["why"]["en"]
    assert names(desk) == {filed.number: "Asha"}


def test_who_is_forgotten_follows_nothing_more(desk):
    filed = desk.file(OTHER_CITIZEN, **BALU)
    with desk.sessions.begin() as session:
        for who in ({"phone": "+919822012345"}, {"subject": CITIZEN.subject}):
            session.add(
                Follower(id=uuid7(), grievance_id=filed.id, language="mr", followed_at=NOW, **who)
            )
    assert counts(forgotten(desk)["erased"]) == {"following": 2}
    with desk.sessions() as session:
        assert session.scalars(select(Follower)).all() == []
