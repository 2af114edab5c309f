"""Actions are followed: told, reported, claimed, answered, and judged by their day."""

from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from marshmallow import ValidationError

from palika.errors import Conflict, Forbidden, Invalid
from palika.reached import with_reached
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
from services.warroom.queries import review_views
from services.warroom.schemas import reviewing as schemas
from tests.support.warroom import OTHER, OWNER
from tests.support.warroom_reviews import TAKER, ReviewRoom

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
