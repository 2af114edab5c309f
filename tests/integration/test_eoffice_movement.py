"""How files move, on a real database."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from palika import events
from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid, NotFound
from palika.local import Postgres
from palika.tables import outbox
from services.eoffice.commands.clock import tell_overdue, wake_parked
from services.eoffice.commands.close import close_file, reopen_file
from services.eoffice.commands.follow import follow_route
from services.eoffice.commands.forward import forward_file, put_up_file, send_back_file
from services.eoffice.commands.mark import answer_mark, gather_marks, mark_file
from services.eoffice.commands.open_file import open_file
from services.eoffice.commands.park import park_file, wake_file
from services.eoffice.commands.pull import pull_back_file, pull_up_file
from services.eoffice.commands.read import read_file
from services.eoffice.commands.routes import remove_route, save_route
from services.eoffice.commands.transfer import transfer_custody
from services.eoffice.commands.urgency import set_due, set_priority
from services.eoffice.models import Act, File, Holding, Route
from services.eoffice.organisation_store import ORGANISATION
from services.eoffice.queries import desk, marks, routes
from services.eoffice.queries.custody import custody
from services.eoffice.queries.reading import reading
from services.eoffice.schemas import Acting, Closing, Forwarding, Opening
from services.eoffice.schemas import moving as given
from services.eoffice.sealing import act
from tests.support.databases import service_database
from tests.support.eoffice import ACCOUNTS, CE, CLERK, DE, JE, NOW, PORTAL, emptied

LAW = Identity.of("officer:law", "officer")
ADMIN = Identity.of("admin:1", "admin")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TODAY = date(2026, 7, 1)

STEPS: dict[str, tuple[Any, Any]] = {
    "forward": (forward_file, Forwarding),
    "put_up": (put_up_file, given.Returning),
    "send_back": (send_back_file, given.Returning),
    "pull_back": (pull_back_file, given.Pulling),
    "pull_up": (pull_up_file, given.Pulling),
    "follow": (follow_route, given.Following),
    "mark": (mark_file, given.MarkingTo),
    "answer": (answer_mark, given.Answering),
    "gather": (gather_marks, given.Gathering),
    "park": (park_file, given.Parking),
    "wake": (wake_file, Acting),
    "close": (close_file, Closing),
    "reopen": (reopen_file, given.Reopening),
    "priority": (set_priority, given.Prioritising),
    "due": (set_due, given.Dating),
}


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    with service_database(postgres, "eoffice") as found:
        yield found


@pytest.fixture
def sessions(database: sessionmaker[Session]) -> sessionmaker[Session]:
    return emptied(database)


def opened(sessions, caller=JE, now=NOW, **args: Any) -> File:
    with sessions.begin() as session:
        return open_file(session, caller, Opening().load({"subject": "अंदाजपत्रक", **args}), now)


def take(sessions, step: str, file, /, caller=JE, now=NOW + HOUR, **args: Any) -> File:
    command, schema = STEPS[step]
    with sessions.begin() as session:
        return command(session, caller, schema().load({"id": str(file.id), **args}), now)


def read(sessions, file, caller=JE, now=NOW + HOUR, **args: Any) -> dict[str, Any]:
    with sessions.begin() as session:
        loaded = given.Reading().load({"id": str(file.id), **args})
        who, found = read_file(session, caller, loaded, now)
        session.flush()
        return reading(session, who, found, now)


def verbs(sessions, file) -> list[str]:
    with sessions() as session:
        found = select(Act.verb).where(Act.chain_id == file.id).order_by(Act.position)
        return list(session.scalars(found))


def told(sessions, name: str) -> list[dict[str, Any]]:
    with sessions() as session:
        bodies = session.scalars(select(outbox.c.body).order_by(outbox.c.position))
        found = [events.Event.from_json(body) for body in bodies]
    return [each.data for each in found if each.name == f"eoffice.{name}"]


def stays(sessions, file) -> list[tuple[str, str]]:
    with sessions() as session:
        return [(each["post"], each["how"]) for each in custody(session, file.id, NOW)]


def listed(sessions, which, post: str, **args: Any) -> dict[str, Any]:
    with sessions() as session:
        if which in (desk.inbox, desk.parked):
            schema = given.Inbox if which is desk.inbox else given.Paging
            return which(session, post, schema().load(args), TODAY)
        return which(session, post, given.Paging().load(args))


# ---- up, on and back


def test_a_file_is_put_up_to_the_next_post_and_to_none_that_is_not_above(sessions):
    file = opened(sessions, CLERK)
    assert take(sessions, "put_up", file, CLERK).held_by == "roads-je"
    assert take(sessions, "put_up", file, JE, to="roads-ce").held_by == "roads-ce"
    with pytest.raises(Invalid) as refused:
        take(sessions, "put_up", file, CE, to="accounts")
    assert "put up to one of: addl-commissioner, commissioner" in refused.value.fields["to"][0]
    assert [each["kind"] for each in told(sessions, "file_moved")] == ["put_up", "put_up"]
    assert verbs(sessions, file) == ["opened", "put up", "put up"]


def test_a_file_is_sent_back_to_where_it_came_from_and_that_is_told_besides_the_move(sessions):
    file = opened(sessions)
    take(sessions, "forward", file, to="accounts")
    back = take(sessions, "send_back", file, ACCOUNTS, NOW + 3 * HOUR, remark="No estimate")
    assert (back.held_by, back.seen_at) == ("roads-je", None)
    (returned,) = told(sessions, "file_returned")
    assert (returned["from_post"], returned["to_post"]) == ("accounts", "roads-je")
    assert returned["minutes_held"] == 120
    assert len(told(sessions, "file_moved")) == 2


def test_a_file_is_sent_back_to_none_who_never_had_it(sessions):
    file = opened(sessions)
    with pytest.raises(Conflict, match="from nobody") as refused:
        take(sessions, "send_back", file)
    assert refused.value.details["legal"] == ["forward", "put_up"]
    take(sessions, "forward", file, to="accounts")
    with pytest.raises(Invalid, match="sent back to whom"):
        take(sessions, "send_back", file, ACCOUNTS, to="law")


def test_what_was_sent_is_pulled_back_until_it_has_been_opened(sessions):
    file = opened(sessions, CLERK)
    take(sessions, "forward", file, CLERK, to="roads-je")
    take(sessions, "forward", file, to="accounts")
    (shown,) = listed(sessions, desk.sent, "roads-je")["items"]
    assert shown["can_pull_back"]
    back = take(sessions, "pull_back", file)
    assert (back.held_by, back.sent_by, back.seen_at) == ("roads-je", "roads-clerk", NOW + HOUR)
    take(sessions, "forward", file, to="accounts")
    read(sessions, file, ACCOUNTS)
    with pytest.raises(Conflict, match="accounts has opened it") as refused:
        take(sessions, "pull_back", file)
    assert refused.value.details["legal"] == []
    with pytest.raises(Forbidden):
        take(sessions, "pull_back", file, LAW)
    assert verbs(sessions, file)[-2:] == ["forwarded", "seen"]
    assert listed(sessions, desk.sent, "roads-je")["items"][0]["seen_at"] == "2026-07-01T05:30:00Z"


def test_who_has_done_anything_with_a_file_has_seen_it(sessions):
    file = opened(sessions)
    take(sessions, "forward", file, to="accounts")
    take(sessions, "priority", file, ACCOUNTS, priority="urgent")
    with pytest.raises(Conflict, match="has opened it"):
        take(sessions, "pull_back", file)


def test_a_post_up_the_line_pulls_a_file_up_parked_or_not_and_nobody_pulls_it_back(sessions):
    file = opened(sessions, CLERK)
    with pytest.raises(Forbidden) as refused:
        take(sessions, "pull_up", file, ACCOUNTS)
    assert refused.value.details == {
        "held_by": "roads-clerk",
        "post": "accounts",
        "step": "pull_up",
        "legal": [],
    }
    take(sessions, "park", file, CLERK, wake_on="2026-07-09", reason="Awaits the survey")
    pulled = take(sessions, "pull_up", file, CE)
    assert (pulled.held_by, pulled.state, pulled.wake_on) == ("roads-ce", "open", None)
    with pytest.raises(Conflict, match="has opened it"):
        take(sessions, "pull_back", file, CLERK)
    assert take(sessions, "send_back", file, CE).held_by == "roads-clerk"
    assert listed(sessions, desk.sent, "roads-clerk")["items"] == []


def test_a_secret_file_goes_to_nobody_who_may_not_read_it_but_back_to_who_had_it(sessions):
    file = opened(sessions, secrecy="secret")
    with pytest.raises(Invalid) as refused:
        take(sessions, "forward", file, to="roads-de")
    assert refused.value.fields["to"] == [
        "roads-de reads up to confidential; the file is secret",
    ]
    take(sessions, "forward", file, to="roads-ce")
    assert take(sessions, "send_back", file, CE).held_by == "roads-je"
    with pytest.raises(Invalid):
        take(sessions, "mark", file, posts=["roads-de"], question="Is it so?")


# ---- marking


def test_several_are_asked_at_once_and_the_file_stays_where_it_is(sessions):
    file = opened(sessions)
    marked = take(sessions, "mark", file, posts=["law", "accounts"], question="Your view?")
    assert marked.held_by == "roads-je"
    (item,) = listed(sessions, marks.marked, "law")["items"]
    assert (item["id"], item["question"], item["held_by"]) == (
        str(file.id),
        "Your view?",
        "roads-je",
    )
    assert read(sessions, file, LAW)["legal"] == ["open", "answer"]
    take(sessions, "answer", file, LAW, answer="No objection")
    assert listed(sessions, marks.marked, "law")["items"] == []
    with pytest.raises(Forbidden):
        take(sessions, "answer", file, LAW, answer="Again")
    (item,) = listed(sessions, desk.inbox, "roads-je")["items"]
    assert (item["asked"], item["answered"]) == (1, 1)
    with pytest.raises(Conflict) as refused:
        take(sessions, "close", file)
    assert refused.value.details["waiting"] == ["accounts"]
    with pytest.raises(Conflict, match="accounts have not answered"):
        take(sessions, "gather", file)
    take(sessions, "gather", file, withdraw=True)
    with pytest.raises(Conflict, match="no answers to gather"):
        take(sessions, "gather", file)
    shown = read(sessions, file)["marks"]
    assert [(each["post"], each["state"], each["answer"]) for each in shown] == [
        ("accounts", "withdrawn", None),
        ("law", "answered", "No objection"),
    ]
    assert verbs(sessions, file) == ["opened", "marked", "answered", "gathered"]
    assert take(sessions, "close", file).state == "closed"


def test_nobody_is_marked_who_has_the_file_is_named_twice_or_is_no_post(sessions):
    file = opened(sessions)
    with pytest.raises(Invalid) as refused:
        take(sessions, "mark", file, posts=["law", "law", "roads-je", "cinema"], question="?x")
    assert refused.value.fields["posts"] == [
        "law is named twice",
        "roads-je has the file",
        "there is no post 'cinema'",
    ]
    assert verbs(sessions, file) == ["opened"]


# ---- aside, closed, open again


def test_a_parked_file_is_out_of_the_inbox_until_its_day(sessions):
    file = opened(sessions)
    with pytest.raises(Invalid):
        take(sessions, "park", file, wake_on="2026-07-01", reason="Today")
    with pytest.raises(Invalid):
        take(sessions, "park", file, wake_on="2027-07-03", reason="Beyond a year")
    take(sessions, "park", file, wake_on="2026-07-09", reason="Awaits the survey")
    assert listed(sessions, desk.inbox, "roads-je")["items"] == []
    (item,) = listed(sessions, desk.parked, "roads-je")["items"]
    assert item["wake_on"] == "2026-07-09"
    with pytest.raises(Conflict) as refused:
        take(sessions, "forward", file, to="accounts")
    assert refused.value.details["legal"] == ["open", "gather", "wake", "priority", "due"]
    with sessions.begin() as session:
        assert wake_parked(session, NOW + 7 * DAY) == 0
    with sessions.begin() as session:
        assert wake_parked(session, NOW + 8 * DAY) == 1
    with sessions.begin() as session:
        assert wake_parked(session, NOW + 8 * DAY) == 0
    assert listed(sessions, desk.inbox, "roads-je")["items"][0]["held_since"] == (
        "2026-07-01T04:30:00Z"
    )
    assert verbs(sessions, file) == ["opened", "parked", "woken"]


def test_a_parked_file_is_woken_by_who_has_it(sessions):
    file = opened(sessions)
    take(sessions, "park", file, wake_on="2026-07-09", reason="Awaits the survey")
    with pytest.raises(Forbidden):
        take(sessions, "wake", file, DE)
    assert take(sessions, "wake", file).state == "open"


def test_a_closed_file_is_reopened_by_who_opened_it_and_is_then_there(sessions):
    file = opened(sessions)
    take(sessions, "forward", file, to="accounts")
    take(sessions, "close", file, ACCOUNTS, NOW + DAY)
    with pytest.raises(Conflict) as refused:
        take(sessions, "forward", file, ACCOUNTS, to="law")
    assert refused.value.details["legal"] == ["reopen"]
    with pytest.raises(Forbidden):
        take(sessions, "reopen", file, LAW, remark="For audit")
    again = take(sessions, "reopen", file, JE, NOW + 2 * DAY, remark="For audit")
    assert (again.state, again.held_by, again.closed_at) == ("open", "roads-je", None)
    (said,) = told(sessions, "file_reopened")
    assert (said["closed_at"], said["minutes_open"]) == ("2026-07-02T04:30:00Z", 1_440)
    assert stays(sessions, file) == [
        ("roads-je", "open_file"),
        ("accounts", "forward"),
        ("roads-je", "reopen"),
    ]


def test_who_had_a_closed_file_last_reopens_it_without_a_move(sessions):
    file = opened(sessions)
    take(sessions, "close", file)
    again = take(sessions, "reopen", file, remark="Closed by mistake")
    assert (again.held_by, again.moves, again.version) == ("roads-je", 0, 3)
    assert told(sessions, "file_moved") == []


# ---- priority and due dates


def test_the_inbox_has_the_most_urgent_first_then_who_came_first_page_by_page(sessions):
    files = [opened(sessions, now=NOW + n * HOUR) for n in range(6)]
    take(sessions, "priority", files[4], priority="most_urgent")
    take(sessions, "priority", files[2], CE, priority="urgent")
    take(sessions, "priority", files[5], priority="urgent")
    expected = [str(files[n].id) for n in (4, 2, 5, 0, 1, 3)]
    for limit in (1, 2, 4, 6):
        found, cursor = [], None
        while True:
            page = listed(
                sessions,
                desk.inbox,
                "roads-je",
                limit=limit,
                **({"cursor": cursor} if cursor else {}),
            )
            found += [each["id"] for each in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
        assert found == expected
    only = listed(sessions, desk.inbox, "roads-je", priority="urgent")["items"]
    assert [each["id"] for each in only] == expected[1:3]
    with pytest.raises(Invalid):
        listed(sessions, desk.inbox, "roads-je", cursor="nonsense")


def test_what_is_sent_and_what_is_parked_is_walked_page_by_page(sessions):
    files = [opened(sessions) for _ in range(5)]
    for n, file in enumerate(files):
        take(sessions, "forward", file, now=NOW + (n // 2) * HOUR, to="accounts")
    for n, file in enumerate(files):
        day = str(TODAY + (1 + n % 2) * DAY)
        take(sessions, "park", file, ACCOUNTS, wake_on=day, reason="Awaits")
    for which, post in ((desk.sent, "roads-je"), (desk.parked, "accounts")):
        found, cursor = [], None
        while True:
            page = listed(sessions, which, post, limit=2, **({"cursor": cursor} if cursor else {}))
            found += [each["id"] for each in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
        assert len(found) == 5
        assert set(found) == {str(each.id) for each in files}


def test_an_overdue_file_is_told_once_a_due_date_and_desk(sessions):
    file = opened(sessions, due_on="2026-07-03")

    def overdue(days: int) -> int:
        with sessions.begin() as session:
            return tell_overdue(session, NOW + days * DAY)

    assert overdue(2) == 0
    assert (overdue(3), overdue(3), overdue(9)) == (1, 0, 0)
    take(sessions, "forward", file, now=NOW + 9 * DAY, to="accounts")
    assert (overdue(9), overdue(9)) == (1, 0)
    take(sessions, "due", file, ACCOUNTS, NOW + 9 * DAY, due_on="2026-07-12")
    assert (overdue(10), overdue(20)) == (0, 1)
    take(sessions, "due", file, ACCOUNTS, NOW + 20 * DAY, due_on=None)
    assert overdue(30) == 0
    said = told(sessions, "file_overdue")
    assert [(each["held_by"], each["due_on"], each["against"]) for each in said] == [
        ("roads-je", "2026-07-03", "file"),
        ("accounts", "2026-07-03", "file"),
        ("accounts", "2026-07-12", "file"),
    ]
    with pytest.raises(Invalid):
        take(sessions, "due", file, ACCOUNTS, NOW + 20 * DAY, due_on="2026-07-12")


def test_a_desk_is_counted(sessions):
    files = [opened(sessions, ACCOUNTS, due_on="2026-07-01") for _ in range(4)]
    for file in files[:3]:
        take(sessions, "forward", file, ACCOUNTS, to="roads-je")
    take(sessions, "priority", files[0], priority="urgent")
    take(sessions, "park", files[1], wake_on="2026-07-09", reason="Awaits")
    take(sessions, "mark", files[3], ACCOUNTS, posts=["roads-je"], question="How much?")
    with sessions() as session:
        assert desk.counts(session, "roads-je", TODAY + DAY) == {
            "inbox": 2,
            "unseen": 1,
            "urgent": 1,
            "overdue": 2,
            "parked": 1,
            "marked": 1,
        }


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


def file_of(sessions, file) -> File:
    with sessions() as session:
        return session.get(File, file.id)


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
    assert refused.value.details["differ"] == ["desks"]
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


# ---- a desk that was offline


def test_a_step_asked_twice_is_taken_once(sessions):
    file = opened(sessions)
    asked = {"step": str(uuid4()), "to": "accounts", "remark": "See page 2"}
    first = take(sessions, "forward", file, **asked)
    again = take(sessions, "forward", file, now=NOW + DAY, version=1, **asked)
    assert (again.version, again.held_by) == (first.version, "accounts")
    assert len(told(sessions, "file_moved")) == 1
    with pytest.raises(Conflict) as refused:
        take(sessions, "forward", file, **{**asked, "to": "law"})
    assert refused.value.details["differ"] == ["to"]
    with pytest.raises(Conflict, match="another post"):
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
