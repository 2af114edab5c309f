"""How files move, on a real database."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from palika import calls
from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid, NotFound
from services.eoffice.commands.clock import wake_parked
from services.eoffice.commands.root import sign_root
from services.eoffice.domain.reporting import Reader
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import Act
from services.eoffice.models.seal import CALL
from services.eoffice.organisation_store import actor
from services.eoffice.queries import desk, marks
from services.eoffice.queries.diary import diary
from services.eoffice.queries.history import history
from services.eoffice.schemas import moving as given
from services.eoffice.schemas.reports import Diary
from services.eoffice.sealing import city_keys_of_record
from tests.support.eoffice import ACCOUNTS, CE, CLERK, DE, JE, NOW, cleared, emptied
from tests.support.eoffice_databases import database
from tests.support.eoffice_moves import (
    DAY,
    HOUR,
    LAW,
    listed,
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
    legal = ["open", "put_up", "forward", "follow_route", "mark", "park", "close"]
    legal += ["set_priority", "set_due", "approve", "refuse"]
    assert refused.value.details["legal"] == legal == read(sessions, file)["legal"]
    with pytest.raises(Conflict, match="no answers to gather") as refused:
        take(sessions, "gather", file)
    assert refused.value.details["legal"] == legal
    take(sessions, "mark", file, posts=["law"], question="?")
    assert "gather" in read(sessions, file)["legal"]
    top = opened(sessions, Identity.of("officer:commissioner", "officer"))
    with pytest.raises(Conflict, match="nobody is above commissioner") as refused:
        take(sessions, "put_up", top, Identity.of("officer:commissioner", "officer"))
    assert "put_up" not in refused.value.details["legal"]
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
    with cleared(sessions, "roads-je", Secrecy.SECRET):
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
    with pytest.raises(Conflict, match="no answer yet from accounts"):
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
    assert refused.value.details["legal"] == ["open", "wake", "set_priority", "set_due"]
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


def test_the_days_on_which_a_file_was_closed_are_no_days_on_a_desk(sessions):
    file = opened(sessions)
    take(sessions, "forward", file, to="accounts", now=NOW)
    take(sessions, "close", file, ACCOUNTS, NOW + HOUR)
    take(sessions, "reopen", file, JE, NOW + 30 * DAY, remark="For audit")
    assert [each["minutes_held"] for each in told(sessions, "file_moved")] == [0, 60]


def test_what_was_done_is_read_page_by_page_by_whose_business_it_is(sessions):
    file = opened(sessions, CLERK)
    take(sessions, "put_up", file, CLERK, remark="For sanction", step=str(uuid4()))
    take(sessions, "park", file, JE, wake_on="2026-07-09", reason="Awaits the survey")

    def acts(caller=CLERK, **args: Any) -> dict[str, Any]:
        with sessions() as session:
            who = actor(session, caller, None, NOW)
            asked = given.HistoryArgs().load({"id": str(file.id)} | args)
            return history(session, who, asked)

    first = acts(limit=2)
    assert [each["verb"] for each in first["items"]] == ["opened", "put up"]
    assert set(first["items"][1]["data"]) == {"to", "step"}
    (last,) = acts(CE, after=first["next"])["items"]
    assert (last["verb"], last["post"], last["person"], last["capacity"]) == (
        "parked",
        "roads-je",
        "a.jadhav2",
        "regular",
    )
    assert last["data"] == {"wake_on": "2026-07-09", "reason": "Awaits the survey"}
    assert len(acts(LAW)["items"]) == 3
    with pytest.raises(NotFound):
        acts(id=str(uuid4()))


def test_what_the_record_keeps_for_itself_is_told_to_nobody(sessions):
    """What was asked, the events and the root before an act, and by which call it was done."""
    own = {"asked", "events", "after_root", CALL}
    with sessions.begin() as session:
        sign_root(session, city_keys_of_record(), NOW)
    file = opened(sessions, CLERK)
    with calls.carrying_out(calls.new_id()):
        take(sessions, "put_up", file, CLERK, step=str(uuid4()))
    with sessions() as session:
        kept = session.scalars(select(Act.data).where(Act.chain_id == file.id)).all()
        assert own <= kept[-1].keys()
        asked = given.HistoryArgs().load({"id": str(file.id)})
        shown = history(session, actor(session, CLERK, None, NOW), asked)["items"]
        reader = Reader("roads-clerk", Secrecy.NORMAL, "roads")
        of_day = Diary().load({"day": "2026-07-01"})
        day = diary(session, of_day, "roads-clerk", reader, NOW)["items"]
    assert len(kept) == len(shown) == len(day)
    assert own.isdisjoint(name for each in (*shown, *day) for name in each["data"])
