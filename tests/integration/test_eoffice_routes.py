"""Files on a route, of posts that nobody holds, and from desks that were offline."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from palika.errors import Conflict, Forbidden, Invalid, NotFound
from services.eoffice.commands.clock import tell_overdue
from services.eoffice.commands.routes import remove_route, save_route
from services.eoffice.commands.transfer import transfer_custody
from services.eoffice.models import File, Holding, Route
from services.eoffice.organisation_store import ORGANISATION
from services.eoffice.queries import marks, routes
from services.eoffice.schemas import moving as given
from services.eoffice.sealing import act
from tests.support.eoffice import ACCOUNTS, CE, DE, JE, NOW, PORTAL, emptied
from tests.support.eoffice_databases import database
from tests.support.eoffice_moves import (
    ADMIN,
    DAY,
    HOUR,
    LAW,
    TODAY,
    file_of,
    opened,
    read,
    stays,
    take,
    told,
    verbs,
)

__all__ = ["database"]


@pytest.fixture
def sessions(database: sessionmaker[Session]) -> sessionmaker[Session]:
    return emptied(database)


# ---- routes


DESKS = [
    *("tax-civic", "tax-section", "tax-inspector", "tax-assistant"),
    *("tax-head", "tax-computer", "tax-bills"),
]


def test_pt_3_goes_over_its_seven_desks_and_each_has_its_days(sessions):
    file = opened(sessions, PORTAL, post="registry-clerk", head="tax-transfer")
    moment, days, caller = NOW, [], "registry-clerk"
    for place, post in enumerate(DESKS):
        first = {"route": "pt-3"} if place == 0 else {}
        file = take(sessions, "follow", file, PORTAL, moment, post=caller, **first)
        assert file.held_by == post
        days.append((file.desk_due_on - (TODAY + place * DAY)).days)
        moment, caller = moment + DAY, post
    assert days == [1, 20, 5, 4, 5, 2, 5]
    with pytest.raises(Conflict, match="the route ends here") as refused:
        take(sessions, "follow", file, PORTAL, moment, post="tax-bills")
    assert "close" in refused.value.details["legal"]
    assert take(sessions, "close", file, PORTAL, moment, post="tax-bills").state == "closed"


def test_a_file_that_leaves_its_route_goes_on_from_there(sessions):
    file = opened(sessions, PORTAL, post="tax-civic")
    take(sessions, "follow", file, PORTAL, post="tax-civic", route="pt-3")
    assert file_of(sessions, file).held_by == "tax-section"
    off = take(sessions, "forward", file, PORTAL, post="tax-section", to="law")
    assert (off.desk_due_on, off.watch_on) == (None, None)
    back = take(sessions, "send_back", file, LAW)
    assert back.desk_due_on == TODAY + 20 * DAY
    on = take(sessions, "follow", file, PORTAL, post="tax-section")
    assert (on.held_by, on.desk_due_on) == ("tax-inspector", TODAY + 5 * DAY)
    with sessions.begin() as session:
        assert tell_overdue(session, NOW + 6 * DAY) == 1
    assert told(sessions, "file_overdue")[0]["against"] == "desk"
    shown = read(sessions, file, PORTAL, post="tax-inspector")["route"]
    assert (shown["route"], shown["at"], len(shown["desks"])) == ("pt-3", 3, 7)


def test_of_one_day_for_the_file_and_for_the_desk_both_are_told(sessions):
    file = opened(sessions, PORTAL, post="registry-clerk", due_on=str(TODAY + DAY))
    take(sessions, "follow", file, PORTAL, post="registry-clerk", route="pt-3")
    with sessions.begin() as session:
        assert tell_overdue(session, NOW + 2 * DAY) == 1
    with sessions.begin() as session:
        assert tell_overdue(session, NOW + 9 * DAY) == 0
    assert [each["against"] for each in told(sessions, "file_overdue")] == ["file", "desk"]


def saved(sessions, desks, caller=JE, **args: Any) -> Route:
    asked = {"name": "Estimates", "desks": [{"post": p, "days": d} for p, d in desks], **args}
    with sessions.begin() as session:
        return save_route(session, caller, given.SavingRoute().load(asked), NOW)


def test_a_post_saves_its_own_route_and_no_other_post_uses_it(sessions):
    key = str(uuid4())
    route = saved(sessions, [("roads-de", 2), ("roads-ce", 1)], id=key)
    assert saved(sessions, [("roads-de", 2), ("roads-ce", 1)], id=key).id == route.id
    with pytest.raises(Conflict) as refused:
        saved(sessions, [("roads-de", 3), ("roads-ce", 1)], id=key)
    assert refused.value.details["differs"] == ["desks"]
    with pytest.raises(Invalid) as wrong:
        saved(sessions, [("roads-de", 3), ("cinema", 1)])
    assert wrong.value.fields["desks"] == ["desk 2: there is no post 'cinema'"]
    with pytest.raises(Invalid):
        saved(sessions, [("roads-de", 3), ("roads-de", 1)])
    file = opened(sessions)
    assert take(sessions, "follow", file, route=key).held_by == "roads-de"
    other = opened(sessions, DE)
    with pytest.raises(NotFound):
        take(sessions, "follow", other, DE, route=key)
    with pytest.raises(Conflict, match="follows no route"):
        take(sessions, "follow", other, DE)
    with sessions.begin() as session:
        remove_route(session, JE, given.RemovingRoute().load({"id": key}), NOW)
    # What has begun goes on.
    assert take(sessions, "follow", file, DE).held_by == "roads-ce"
    with sessions() as session:
        assert routes.routes(session, "roads-je")["own"] == []
        assert [each["code"] for each in routes.routes(session, "law")["city"]] == ["pt-3"]


# ---- custody of posts that nobody holds


def leave(sessions, post: str, until: date | None) -> None:
    with sessions.begin() as session:
        for each in session.scalars(select(Holding).where(Holding.post == post)):
            each.until = until
        act(session, ORGANISATION, "organisation", "changed", None, NOW)


def test_what_a_vacant_post_has_is_transferred_by_who_is_above(sessions):
    files = [opened(sessions, DE) for _ in range(3)]
    take(sessions, "park", files[1], DE, wake_on="2026-07-09", reason="Awaits")
    secret = opened(sessions, DE, secrecy="confidential")
    ask = {"from_post": "roads-de", "to": "roads-je", "remark": "Order 12", "limit": 2}

    def transfer(caller=CE, **args: Any) -> dict[str, int]:
        with sessions.begin() as session:
            loaded = given.Transferring().load({**ask, **args})
            return transfer_custody(session, caller, loaded, NOW + HOUR)

    with pytest.raises(Conflict, match=r"held by m\.shinde3"):
        transfer()
    leave(sessions, "roads-de", TODAY - DAY)
    try:
        with pytest.raises(Invalid) as vacant:
            take(sessions, "forward", opened(sessions, JE), to="roads-de")
        assert vacant.value.fields["to"] == [
            "nobody holds roads-de now; above it are: roads-ce, addl-commissioner, commissioner"
        ]
        assert take(sessions, "put_up", opened(sessions, JE)).held_by == "roads-ce"
        with pytest.raises(Forbidden):
            transfer(ACCOUNTS)
        assert transfer() == {"transferred": 2, "left": 1, "withheld": 1}
        assert transfer(ADMIN, post="law") == {"transferred": 1, "left": 0, "withheld": 1}
        assert transfer(to="roads-ce") == {"transferred": 1, "left": 0, "withheld": 0}
    finally:
        leave(sessions, "roads-de", None)
    assert file_of(sessions, files[1]).state == "parked"
    assert file_of(sessions, secret).held_by == "roads-ce"
    for file in files:
        assert stays(sessions, file) == [("roads-de", "open_file"), ("roads-je", "transfer")]
        assert verbs(sessions, file)[-1] == "transferred"


def test_a_file_that_is_transferred_to_a_desk_of_its_route_goes_on_from_there(sessions):
    key, file = str(uuid4()), opened(sessions)
    saved(sessions, [("roads-de", 2), ("accounts", 3), ("law", 1)], id=key)
    take(sessions, "follow", file, route=key)
    ask = {"from_post": "roads-de", "to": "accounts", "remark": "Order 12", "post": "law"}
    leave(sessions, "roads-de", TODAY - DAY)
    try:
        with sessions.begin() as session:
            transfer_custody(session, ADMIN, given.Transferring().load(ask), NOW + HOUR)
    finally:
        leave(sessions, "roads-de", None)
    there = file_of(sessions, file)
    assert (there.held_by, there.desk_due_on) == ("accounts", TODAY + 3 * DAY)
    # Its desk is held again, and it did not send the file.
    with pytest.raises(Forbidden):
        take(sessions, "pull_back", file, DE)
    assert take(sessions, "follow", file, ACCOUNTS).held_by == "law"


# ---- a desk that was offline


def test_a_file_opened_twice_with_one_id_is_one(sessions):
    key = str(uuid4())
    start = Barrier(2)

    def once(_: int) -> str:
        start.wait(timeout=10)
        return opened(sessions, id=key).number

    with ThreadPoolExecutor(2) as pool:
        assert set(pool.map(once, range(2))) == {"ROADS/EST/GENERAL/2026/0001"}
    with pytest.raises(Conflict) as refused:
        opened(sessions, id=key, head="bill", department="roads")
    assert refused.value.details["differs"] == ["head"]
    assert len(told(sessions, "file_opened")) == 1


def test_of_who_pulls_back_and_who_opens_at_once_one_wins(sessions):
    for _ in range(5):
        file = opened(sessions)
        take(sessions, "forward", file, to="accounts")
        start = Barrier(2)

        def do(what: str, file: File = file, start: Barrier = start) -> str:
            start.wait(timeout=10)
            try:
                if what == "read":
                    read(sessions, file, ACCOUNTS)
                else:
                    take(sessions, "pull_back", file)
            except (Conflict, Forbidden):
                return "refused"
            return what

        with ThreadPoolExecutor(2) as pool:
            said = list(pool.map(do, ["read", "pull back"]))
        held_by = file_of(sessions, file).held_by
        assert (said, held_by) in (
            (["read", "refused"], "accounts"),
            (["refused", "pull back"], "roads-je"),
        )


def test_a_step_asked_twice_is_taken_once(sessions):
    file = opened(sessions)
    asked = {"step": str(uuid4()), "to": "accounts", "remark": "See page 2"}
    first = take(sessions, "forward", file, **asked)
    again = take(sessions, "forward", file, now=NOW + DAY, version=1, **asked)
    assert (again.version, again.held_by) == (first.version, "accounts")
    assert len(told(sessions, "file_moved")) == 1
    with pytest.raises(Conflict) as refused:
        take(sessions, "forward", file, **{**asked, "to": "law"})
    assert refused.value.details["differs"] == ["to"]
    with pytest.raises(Conflict, match="other content: post"):
        take(sessions, "forward", file, ACCOUNTS, **asked)


def test_a_step_of_a_desk_that_was_offline_on_a_file_that_has_moved_shows_the_conflict(sessions):
    file = opened(sessions)
    take(sessions, "priority", file, CE, priority="urgent")
    with pytest.raises(Conflict) as refused:
        take(sessions, "forward", file, to="accounts", version=1, step=str(uuid4()))
    assert refused.value.details == {"version": 2, "expected": 1}
    marked = {"posts": ["law"], "question": "And?", "step": str(uuid4())}
    for _ in range(2):
        take(sessions, "mark", file, **marked)
    with sessions() as session:
        (only,) = marks.marks_of(session, file.id)
    assert UUID(only["round"]) == UUID(marked["step"])
