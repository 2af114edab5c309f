"""Actions are followed: told, reported, claimed, answered, and judged by their day."""

from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner
from marshmallow import ValidationError

from palika.errors import Conflict, Forbidden, Invalid
from palika.reached import with_reached
from services.warroom.cli import reviewing, showing
from services.warroom.commands.follow_actions import (
    answer_action,
    complete_action,
    follow_actions,
    report_action,
)
from services.warroom.commands.take_minutes import (
    assign,
    attend,
    close,
)
from services.warroom.documents.words import Posts
from services.warroom.queries import review_views
from services.warroom.schemas import reviewing as schemas
from tests.support.warroom import OTHER, OWNER
from tests.support.warroom_reviews import CHAIR, TAKER, ReviewRoom

ELECTRICAL = OWNER.of("officer:electrical-head", "officer")


def follow(room: ReviewRoom) -> int:
    return follow_actions(room.sessions.begin, room.now)


def test_owners_are_told_of_their_actions_when_the_minutes_are_closed(room, road):
    room.begin()
    given = {"title": "Cut trees", "post": "garden-head", "due_on": "2026-06-20", "code": "RD-01"}
    room.on(assign, schemas.Assigning, TAKER, **given)
    assert room.told("action_assigned") == []
    room.on(attend, schemas.Attending, post="garden-head", presence="present")
    room.on(close, schemas.WritingReview)
    (told,) = room.told("action_assigned")
    assert (told["post"], told["code"], told["due_on"]) == ("garden-head", "RD-01", "2026-06-20")
    (closed,) = room.told("review_closed")
    assert (closed["actions"], closed["decisions"]) == (1, 0)


def test_an_action_is_reminded_of_told_when_overdue_and_escalated_up_the_line_each_once(room, road):
    room.at("2026-06-09", "05:30")
    room.promised(code="RD-01", due_on="2026-06-16")
    steps = []
    for day in ("10", "13", "14", "16", "17", "18", "19", "20", "23", "24", "30"):
        room.at(f"2026-06-{day}")
        steps.append((day, follow(room), follow(room)))
    told = [day for day, now, again in steps if now and not again]
    assert told == ["13", "17", "19", "23", "30"]
    assert all(again == 0 for _, _, again in steps)
    assert [each["reason"] for each in room.told("action_due")] == ["due"]
    assert [(each["days"], each["to"]) for each in room.told("action_overdue")] == [
        (1, []),
        (3, ["roads-ce"]),
        (7, ["roads-ce"]),
        (14, ["commissioner"]),
    ]


def test_a_status_that_is_not_told_for_a_week_is_asked_for(room):
    room.at("2026-06-09", "05:30")
    action = room.promised(due_on="2026-08-30")
    room.at("2026-06-15")
    assert follow(room) == 0
    room.on(
        report_action, schemas.ReportingAction, ELECTRICAL, action_id=action, status="half done"
    )
    room.at("2026-06-16")
    assert follow(room) == 0
    room.at("2026-06-22")
    assert (follow(room), room.told("action_due")[0]["reason"]) == (1, "status")


def test_what_is_said_to_be_done_is_accepted_or_rejected_by_the_chair(room):
    action = room.promised()
    done = {"action_id": action, "evidence": "shifted on the 15th", "done_on": "2026-06-15"}
    room.at("2026-06-16")
    with pytest.raises(Forbidden):
        room.on(complete_action, schemas.CompletingAction, OTHER, **done)
    room.on(complete_action, schemas.CompletingAction, ELECTRICAL, **done)
    with pytest.raises(Forbidden):
        room.on(
            answer_action, schemas.AnsweringAction, ELECTRICAL, action_id=action, answer="accept"
        )
    with pytest.raises(ValidationError, match="reason"):
        room.on(answer_action, schemas.AnsweringAction, action_id=action, answer="reject")
    room.on(
        answer_action,
        schemas.AnsweringAction,
        action_id=action,
        answer="reject",
        reason="half of it",
    )
    room.on(complete_action, schemas.CompletingAction, ELECTRICAL, **done)
    found = room.on(answer_action, schemas.AnsweringAction, action_id=action, answer="accept")
    (kept,) = found.actions.values()
    assert (kept.work, kept.kept, kept.rejections) == ("done", True, 1)
    (told,) = room.told("action_done")
    assert (told["done_on"], told["days_late"]) == ("2026-06-15", -4)
    with pytest.raises(Conflict, match="done"):
        room.on(report_action, schemas.ReportingAction, ELECTRICAL, action_id=action, status="x")


def test_an_action_that_is_extended_is_reminded_of_and_escalated_anew(room):
    room.at("2026-06-09", "05:30")
    action = room.promised(due_on="2026-06-10")
    room.at("2026-06-14")
    assert follow(room) == 1
    extended = {"answer": "extend", "due_on": "2026-06-20", "reason": "monsoon"}
    room.on(answer_action, schemas.AnsweringAction, action_id=action, **extended)
    assert follow(room) == 0
    room.at("2026-06-18")
    assert follow(room) == 1
    late = {**extended, "due_on": "2026-06-19"}
    with pytest.raises(Invalid):
        room.on(answer_action, schemas.AnsweringAction, action_id=action, **late)
    room.at("2026-06-25")
    late = {**extended, "due_on": "2026-06-24"}
    with pytest.raises(Invalid) as refusal:
        room.on(answer_action, schemas.AnsweringAction, action_id=action, **late)
    rule = "must be after 2026-06-20, its day now, and after today, 2026-06-25"
    assert refusal.value.fields == {"due_on": [rule]}


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "6 days beyond its first day; extended 1 ×, first day 19-06-2026"),
        ("mr", "पहिल्या मुदतीपुढे 6 दिवस; 1 वेळा मुदतवाढ, पहिली मुदत 19-06-2026"),
    ],
)
def test_a_terminal_tells_that_an_action_was_extended(room, road, monkeypatch, language, said):
    action = room.promised(code="RD-01")
    room.at("2026-06-18")
    extended = {"answer": "extend", "due_on": "2026-07-20", "reason": "monsoon"}
    room.on(answer_action, schemas.AnsweringAction, action_id=action, **extended)
    room.at("2026-06-25")
    args = schemas.ListingActions().load({"overdue": True})
    with room.sessions() as session:
        found = review_views.list_actions(session, args, room.now)
    (late,) = found["items"]
    assert (late["days_overdue"], late["days_beyond"], found["counts"]["overdue"]) == (0, 6, 1)
    clock = SimpleNamespace(now=lambda _: room.now)
    for each in (reviewing, showing):
        monkeypatch.setattr(each, "sessions", lambda _: room.sessions)
        monkeypatch.setattr(each, "datetime", clock)
        monkeypatch.setattr(each, "posts_shown", lambda _, language: Posts({}, language))
    monkeypatch.setattr(
        reviewing,
        "with_reached",
        lambda items, *_: [{**each, "reached": None, "told_event": None} for each in items],
    )
    monkeypatch.setenv("COLUMNS", "400")
    for command, asked in (
        (reviewing.actions_command, ["--overdue"]),
        (showing.show_command, ["RD-01"]),
    ):
        shown = CliRunner().invoke(command, [*asked, "--language", language])
        assert shown.exit_code == 0, shown.output
        assert said in shown.output


def test_how_promises_were_kept_is_known_as_of_any_day(room):
    action = room.promised()
    room.at("2026-06-25")
    args = schemas.ListingActions().load({"overdue": True})
    with room.sessions() as session:
        (late,) = review_views.list_actions(session, args, room.now)["items"]
    assert (late["days_overdue"], late["kept"]) == (6, None)
    done = {"action_id": action, "evidence": "done"}
    room.on(complete_action, schemas.CompletingAction, ELECTRICAL, **done)
    room.on(answer_action, schemas.AnsweringAction, action_id=action, answer="accept")
    with room.sessions() as session:
        now = review_views.list_actions(session, schemas.ListingActions().load({}), room.now)
        then_args = schemas.ListingActions().load({"as_of": "2026-06-20T06:00:00Z"})
        then = review_views.list_actions(session, then_args, room.now)
    assert now["counts"] == {
        "all": 1,
        "pending": 0,
        "overdue": 0,
        "kept": 0,
        "late": 1,
        "dropped": 0,
    }
    assert then["counts"]["overdue"] == 1


def listed(room: ReviewRoom, caller: Any = None, **said: Any) -> dict[str, Any]:
    """What a list of actions answers."""
    args = schemas.ListingActions().load(said)
    with room.sessions() as session:
        return review_views.list_actions(session, args, room.now, caller)


def test_who_may_answer_finds_what_waits_for_them_and_nobody_else(room):
    action = room.promised()
    room.at("2026-06-12")
    assert listed(room, CHAIR, to_answer=True)["items"] == []
    (mine,) = listed(room, ELECTRICAL, post="electrical-head")["items"]
    assert (mine["may"], mine["answers"]) == (["report_action", "complete_action"], [])
    done = {"action_id": action, "evidence": "done"}
    room.on(complete_action, schemas.CompletingAction, ELECTRICAL, **done)
    (waits,) = listed(room, CHAIR, to_answer=True)["items"]
    assert waits["answers"] == ["accept", "reject", "extend", "drop"]
    assert waits["starts_at"].startswith("2026-06-09T05:30")
    assert listed(room, ELECTRICAL, to_answer=True)["items"] == []
    assert listed(room, TAKER, to_answer=True)["items"] == []
    # Of the past nothing is done any more.
    (past,) = listed(room, CHAIR, as_of="2026-06-12T05:00:00Z")["items"]
    assert (past["may"], past["answers"]) == ([], [])


def test_pages_of_actions_go_on_where_they_ended_and_tell_how_many_there_are(room):
    room.begin()
    room.on(attend, schemas.Attending, post="garden-head", presence="present")
    for number, day in enumerate((21, 19, 20, 19, 22)):
        title = f"{number}: until {day}"
        given = {"title": title, "post": "garden-head", "due_on": f"2026-06-{day}"}
        room.on(assign, schemas.Assigning, TAKER, **given)
    room.on(close, schemas.WritingReview)
    everything = [each["id"] for each in listed(room)["items"]]
    settled = everything[:3]
    assert paged(room, pending=True, limit=2) == (everything, 5)
    for each in settled:
        asked = {"action_id": each, "answer": "drop", "reason": "not needed"}
        room.on(answer_action, schemas.AnsweringAction, **asked)
    assert paged(room, pending=True, limit=2) == (everything[3:], 2)
    # The last first.
    assert paged(room, pending=False, limit=2) == (settled[::-1], 3)
    with pytest.raises(Invalid) as caught:
        listed(room, cursor=listed(room, pending=False, limit=2)["next"])
    assert "cursor" in caught.value.details


def paged(room: ReviewRoom, **said: Any) -> tuple[list[str], int]:
    """All pages of a list, one behind the other; and how many there are, by every page."""
    found: list[str] = []
    cursor, counts = None, set()
    while True:
        page = listed(room, **said, **({"cursor": cursor} if cursor else {}))
        assert len(page["items"]) <= said["limit"]
        found += [each["id"] for each in page["items"]]
        counts.add(page["counts"]["all"])
        cursor = page["next"]
        if cursor is None:
            (count,) = counts
            return found, count


def test_evidence_is_a_photograph_of_the_project_or_none(room, road):
    action = room.promised(code="RD-01")
    done = {"action_id": action, "evidence": "see", "evidence_photo": str(uuid4())}
    with pytest.raises(Invalid) as caught:
        room.on(complete_action, schemas.CompletingAction, ELECTRICAL, **done)
    assert "evidence_photo" in caught.value.details


def test_an_action_knows_by_which_event_its_owner_was_told_last_and_whether_they_were(room):
    action = room.promised()

    def listed() -> dict[str, Any]:
        with room.sessions() as session:
            args = schemas.ListingActions().load({})
            (found,) = review_views.list_actions(session, args, room.now)["items"]
        return found

    assigned = next(each for each in room.events() if each.type == "warroom.action_assigned.v1")
    assert listed()["told_event"] == assigned.id
    room.at("2026-06-25")
    assert follow(room) == 1
    overdue = next(each for each in room.events() if each.type == "warroom.action_overdue.v1")
    item = listed()
    assert item["told_event"] == overdue.id
    said = {"reached": False, "state": "skipped", "channel": None, "reason": "contact_missing"}
    said |= {"why": "x", "skipped": {}, "at": None}
    # Who is told besides, up the line, is not whose action it is.
    answers = [
        {**said, "event_id": overdue.id, "recipient_ref": "electrical-head"},
        {**said, "event_id": overdue.id, "recipient_ref": "roads-ce", "reached": True},
    ]
    notify = SimpleNamespace(reached=lambda *, events: {"items": answers})
    (shown,) = with_reached([item], notify, "post")
    assert (shown["id"], shown["reached"]) == (action, said)
