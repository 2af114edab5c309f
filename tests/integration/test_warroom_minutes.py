"""Minutes of a review: when they are taken, and what is agreed in them."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy.orm import Session, sessionmaker

from palika.auth import Identity
from palika.errors import Conflict, Invalid
from palika.local import Postgres
from services.warroom.commands.follow_actions import (
    answer_action,
    complete_action,
    follow_actions,
)
from services.warroom.commands.hold_reviews import reschedule
from services.warroom.commands.take_minutes import assign, attend, close, open_review
from services.warroom.schemas import reviewing as schemas
from tests.support.databases import service_database
from tests.support.warroom import emptied
from tests.support.warroom_reviews import TAKER, ReviewRoom

ELECTRICAL = Identity.of("officer:electrical-head", "officer")


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    with service_database(postgres, "warroom") as sessions:
        yield sessions


@pytest.fixture
def room(database: sessionmaker[Session], tmp_path: Path) -> ReviewRoom:
    return ReviewRoom(emptied(database), tmp_path / "store")


# ---- when a review begins


def test_a_review_is_not_opened_before_its_day_and_at_any_hour_of_it(room):
    room.snapshot()
    room.at("2026-06-08", "18:29")
    with pytest.raises(Conflict, match="not opened before its day") as refusal:
        room.on(open_review, schemas.WritingReview, TAKER)
    assert refusal.value.details == {"held_on": "2026-06-09", "today": "2026-06-08"}
    # Midnight in India.
    room.at("2026-06-08", "18:30")
    assert room.on(open_review, schemas.WritingReview, TAKER).meeting.phase == "open"


def test_a_review_that_nobody_has_opened_on_its_day_is_opened_later(room):
    room.snapshot()
    room.at("2026-06-11")
    assert room.on(open_review, schemas.WritingReview, TAKER).meeting.phase == "open"


def test_a_review_that_is_held_sooner_is_moved_and_opened_then(room):
    room.snapshot()
    moved = {"starts_at": "2026-06-03T05:30:00Z", "reason": "the chair is away"}
    room.on(reschedule, schemas.Moving, **moved)
    room.at("2026-06-03")
    assert room.on(open_review, schemas.WritingReview, TAKER).meeting.phase == "open"


# ---- an action is agreed at the meeting, whose minutes come days after it


def minuted_late(room: ReviewRoom, due_on: str) -> str:
    """An action of the meeting of the 9th, whose minutes are written and closed on the 15th."""
    room.begin()
    room.on(attend, schemas.Attending, TAKER, post="roads-ce", presence="present")
    room.at("2026-06-15")
    action = {"title": "Shift the line", "post": "electrical-head", "due_on": due_on}
    found = room.on(assign, schemas.Assigning, TAKER, **action)
    room.on(close, schemas.WritingReview)
    return str(next(iter(found.actions)))


def test_an_action_that_was_due_before_its_minutes_were_closed_is_kept_if_it_was_done_by_then(room):
    key = minuted_late(room, "2026-06-12")
    done = {"action_id": key, "evidence": "see", "done_on": "2026-06-11"}
    room.on(complete_action, schemas.CompletingAction, ELECTRICAL, **done)
    found = room.on(answer_action, schemas.AnsweringAction, action_id=key, answer="accept")
    action = found.actions[UUID(key)]
    assert (str(action.assigned_on), str(action.told_on)) == ("2026-06-09", "2026-06-15")
    assert action.kept is True


def test_an_action_is_not_due_before_its_meeting(room):
    room.begin()
    room.at("2026-06-15")
    action = {"title": "Shift the line", "post": "electrical-head", "due_on": "2026-06-08"}
    with pytest.raises(Invalid) as refusal:
        room.on(assign, schemas.Assigning, TAKER, **action)
    rule = "must be 2026-06-09, the day of the meeting, or later"
    assert refusal.value.details == {"due_on": [rule]}


def test_what_its_owner_could_not_know_yet_is_not_told_up_the_line(room):
    minuted_late(room, "2026-06-10")
    told = []
    for _ in range(9):
        follow_actions(room.sessions.begin, room.now)
        told += [
            (str(room.now.date())[8:], each["days"], each["to"])
            for each in room.told("action_overdue")[len(told) :]
        ]
        room.later(days=1)
    # Its owner first, on the day after they were told; the line as if it was due that day.
    assert told == [
        ("16", 6, []),
        ("18", 8, ["commissioner"]),
        ("22", 12, ["commissioner"]),
    ]
