"""A post ends while work is on its way to it: one waits for the other, and knows of it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session, sessionmaker

from palika.errors import Conflict, Forbidden, Invalid
from palika.local import Postgres
from services.eoffice.commands.arrange_posts import abolish_post
from services.eoffice.commands.forward import forward_file
from services.eoffice.commands.hold_post import vacate_post
from services.eoffice.commands.mark import mark_file
from services.eoffice.commands.move_receipt import send_receipt
from services.eoffice.commands.open_file import open_file
from services.eoffice.commands.transfer import hand_over_ended
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import File, Receipt
from services.eoffice.schemas import Forwarding, Opening
from services.eoffice.schemas.moving import MarkingTo
from services.eoffice.schemas.organisation import Abolishing, Vacating
from services.eoffice.schemas.receipts import Sending
from tests.support.databases import service_database
from tests.support.eoffice import CLERK, JE, NOW, cleared, emptied
from tests.support.eoffice_moves import ADMIN, LAW, opened, take, verbs
from tests.support.part import wait_for
from tests.support.receipts import REGISTRY, Desk

WAITING = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


@pytest.fixture
def sessions(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    with service_database(postgres, "eoffice") as found:
        yield emptied(found)


def waits(sessions) -> bool:
    with sessions() as session:
        return session.connection().exec_driver_sql(WAITING).scalar() == 1


def abolish(session):
    return abolish_post(session, ADMIN, Abolishing().load({"code": "law"}), NOW)


def given(sessions, how):
    """A step that gives something to the chief law officer, as a function of a session."""
    desk = Desk(sessions)
    if how == "receipt":
        asked = Sending().load({"id": str(desk.diarise().id), "to": "law"})
        return lambda session: send_receipt(session, REGISTRY, asked, NOW)
    if how == "open":
        asked = Opening().load({"subject": "Suit"})
        return lambda session: open_file(session, LAW, asked, NOW)
    file = str(desk.file(JE).id)
    if how == "mark":
        asked = MarkingTo().load({"id": file, "posts": ["law"], "question": "?"})
        return lambda session: mark_file(session, JE, asked, NOW)
    asked = Forwarding().load({"id": file, "to": "law"})
    return lambda session: forward_file(session, JE, asked, NOW)


def in_its_own(sessions, step):
    with sessions.begin() as session:
        return step(session)


@pytest.mark.parametrize("how", ["forward", "mark", "receipt", "open"])
def test_who_abolishes_a_post_waits_for_what_is_on_its_way_there_and_is_told_of_it(sessions, how):
    step = given(sessions, how)
    with ThreadPoolExecutor(1) as pool:
        with sessions.begin() as session:
            step(session)
            session.flush()
            ending = pool.submit(in_its_own, sessions, abolish)
            wait_for(lambda: waits(sessions), 10, "who abolishes it waits")
        with pytest.raises(Conflict, match="law has 1 "):
            ending.result()


@pytest.mark.parametrize("how", ["forward", "mark", "receipt", "open"])
def test_who_sends_to_a_post_that_is_being_abolished_waits_and_is_refused(sessions, how):
    step = given(sessions, how)
    with ThreadPoolExecutor(1) as pool:
        with sessions.begin() as session:
            abolish(session)
            session.flush()
            sending = pool.submit(in_its_own, sessions, step)
            wait_for(lambda: waits(sessions), 10, "who sends waits")
        with pytest.raises((Invalid, Forbidden), match="law"):
            sending.result()


def test_two_who_send_do_not_wait_for_each_other(sessions):
    first, second = given(sessions, "forward"), given(sessions, "forward")
    with sessions.begin() as session, ThreadPoolExecutor(1) as pool:
        first(session)
        session.flush()
        assert pool.submit(in_its_own, sessions, second).result(timeout=10).held_by == "law"


def test_a_receipt_goes_to_no_post_that_nobody_holds(sessions):
    desk = Desk(sessions)
    receipt = desk.diarise()
    with sessions.begin() as session:
        vacate_post(session, ADMIN, Vacating().load({"code": "roads-je"}), NOW)
    with pytest.raises(Invalid) as refused:
        desk.send(receipt, "roads-je")
    assert refused.value.message.startswith("a receipt moves to a post that somebody holds")
    (rule,) = refused.value.fields["to"]
    assert rule.startswith("nobody holds roads-je now; above it are: roads-de")


def test_a_post_with_a_question_that_it_has_not_answered_is_not_abolished(sessions):
    file = opened(sessions)
    take(sessions, "mark", file, posts=["law"], question="?")
    with pytest.raises(Conflict, match="law has 1 question: answer") as refused:
        in_its_own(sessions, abolish)
    assert refused.value.details == {"post": "law", "questions": 1}
    take(sessions, "gather", file, withdraw=True)
    assert in_its_own(sessions, abolish)["code"] == "law"


def test_what_a_post_is_given_before_it_ends_goes_up_the_line_on_that_day(sessions):
    with sessions.begin() as session:
        asked = Abolishing().load({"code": "roads-clerk", "since": "2026-07-04"})
        abolish_post(session, ADMIN, asked, NOW)
    desk = Desk(sessions)
    receipt = desk.send(desk.diarise(), "roads-clerk")
    files = [opened(sessions, JE) for _ in range(2)]
    for file in files:
        take(sessions, "forward", file, JE, to="roads-clerk")
    take(sessions, "park", files[1], CLERK, wake_on="2026-08-01", reason="Awaits")
    with cleared(sessions, "roads-clerk", Secrecy.CONFIDENTIAL):
        secret = opened(sessions, CLERK, secrecy="confidential")

    def handed_over(day):
        with sessions.begin() as session:
            return hand_over_ended(session, NOW + timedelta(days=day))

    def there(model, thing):
        with sessions() as session:
            found = session.get_one(model, thing.id)
            return found.held_by, found.state, found.sent_by

    # The third is its last day.
    assert [handed_over(day) for day in (0, 2, 3, 3)] == [0, 0, 4, 0]
    assert there(File, files[0]) == ("roads-je", "open", None)
    assert there(File, files[1]) == ("roads-je", "parked", None)
    assert there(Receipt, receipt) == ("roads-je", "open", None)
    # The nearest up the line that is cleared for it.
    assert there(File, secret) == ("roads-de", "open", None)
    assert verbs(sessions, files[0])[-1] == "transferred"
