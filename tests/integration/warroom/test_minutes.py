"""Minutes of a review: when they are taken, and what is agreed in them."""

from datetime import timedelta
from threading import Thread
from uuid import UUID, uuid4

import pytest
from marshmallow import ValidationError
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from palika.auth import Identity
from palika.errors import Conflict, Invalid, NotFound
from services.warroom.commands.follow_actions import (
    answer_action,
    complete_action,
    follow_actions,
)
from services.warroom.commands.hold_reviews import reschedule
from services.warroom.commands.set_agenda import change_agenda
from services.warroom.commands.take_minutes import (
    add_addendum,
    assign,
    attend,
    close,
    minute,
    open_review,
    strike,
)
from services.warroom.schemas import reviewing as schemas
from tests.support.warroom_reviews import TAKER, ReviewRoom

ELECTRICAL = Identity.of("officer:electrical-head", "officer")


# ---- how they are taken


def test_minutes_are_taken_once_the_pack_is_frozen_and_the_review_begun(room, road):
    with pytest.raises(Conflict, match="not frozen"):
        room.on(open_review, schemas.WritingReview)
    with pytest.raises(Conflict, match="scheduled, not open"):
        room.on(attend, schemas.Attending, post="roads-ce", presence="present")
    room.begin()
    room.on(
        attend, schemas.Attending, post="roads-ce", presence="represented", by="Deputy Engineer"
    )
    done = room.on(
        minute,
        schemas.Minuting,
        TAKER,
        kind="decision",
        text="Trees are cut by the garden department",
        post="commissioner",
        code="RD-01",
    )
    (entry,) = done.minutes.values()
    assert (entry.kind, entry.code) == ("decision", "RD-01")
    with pytest.raises(ValidationError, match="by"):
        room.on(attend, schemas.Attending, post="roads-ce", presence="represented")
    with pytest.raises(ValidationError, match="150"):
        room.on(assign, schemas.Assigning, title="x" * 151, post="x", due_on="2026-07-01")
    with pytest.raises(Invalid):
        room.on(assign, schemas.Assigning, title="x", post="x", due_on="2026-05-01")


def test_several_take_minutes_at_the_same_time_and_nothing_is_lost(room):
    room.begin()
    keys = [str(uuid4()) for _ in range(12)]

    def take(mine: list[str]) -> None:
        for key in mine:
            room.on(
                minute,
                schemas.Minuting,
                TAKER,
                minute_id=key,
                kind="statement",
                text=key,
                post="roads-ce",
            )

    threads = [Thread(target=take, args=(keys[at::3],)) for at in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert {each.text for each in room.review().minutes.values()} == set(keys)


def test_an_entry_that_somebody_has_changed_meanwhile_is_not_overwritten(room):
    room.begin()
    said = {"kind": "statement", "post": "roads-ce"}
    first = room.on(minute, schemas.Minuting, text="as heard", **said)
    ((key, _),) = first.minutes.items()
    position = first.positions[key]
    again = {"minute_id": str(key), "position": position, **said}
    room.on(minute, schemas.Minuting, text="as meant", **again)
    with pytest.raises(Conflict, match="meanwhile"):
        room.on(minute, schemas.Minuting, TAKER, text="as misheard", **again)
    with pytest.raises(Conflict, match="meanwhile"):
        room.on(strike, schemas.Striking, fact_id=str(key), position=position, reason="x")
    # Asked again with what stands, it is there already.
    same = room.on(minute, schemas.Minuting, text="as meant", **again)
    assert [each.text for each in same.minutes.values()] == ["as meant"]
    position = same.positions[key]
    struck = room.on(strike, schemas.Striking, fact_id=str(key), position=position, reason="twice")
    assert struck.minutes == {}


def test_closed_minutes_are_final_and_corrected_by_addenda(room, road):
    room.promised()
    for call in (
        lambda: room.on(minute, schemas.Minuting, kind="decision", text="x", post="x"),
        lambda: room.on(attend, schemas.Attending, post="x", presence="absent"),
        lambda: room.on(
            change_agenda, schemas.ChangingAgenda, what="add", code="RD-01", reason="x"
        ),
    ):
        with pytest.raises(Conflict, match="closed"):
            call()
    found = room.on(add_addendum, schemas.Adding, text="The line is of 33 kV, not of 11 kV")
    (addendum,) = found.addenda.values()
    assert (addendum.post, addendum.text[:8]) == ("commissioner", "The line")
    with pytest.raises(IntegrityError, match="kept as it is"), room.sessions.begin() as session:
        session.execute(text("UPDATE review_version SET content = '{}'"))


def test_minutes_are_not_closed_without_attendance(room):
    room.begin()
    with pytest.raises(Conflict, match="attendance"):
        room.on(close, schemas.WritingReview)


def test_a_review_is_read_as_of_any_past_moment(room, road):
    room.begin()
    before = room.now
    room.later(minutes=5)
    room.on(minute, schemas.Minuting, kind="statement", text="later", post="roads-ce")
    assert room.review(as_of=before).minutes == {}
    assert len(room.review().minutes) == 1
    with pytest.raises(NotFound):
        room.review(as_of=before - timedelta(days=30))


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


def test_minutes_are_not_closed_before_the_review_begins(room):
    room.at("2026-06-09", "03:00")
    room.snapshot()
    room.on(open_review, schemas.WritingReview, TAKER)
    room.on(attend, schemas.Attending, TAKER, post="roads-ce", presence="present")
    far = {"title": "Shift the line", "post": "roads-ce", "due_on": "2028-06-09"}
    with pytest.raises(Invalid, match="two years from 2026-06-09, or earlier"):
        room.on(assign, schemas.Assigning, TAKER, **far)
    with pytest.raises(Conflict, match="begins on 09-06-2026 at 11:00"):
        room.on(close, schemas.WritingReview)
    room.at("2026-06-09", "05:30")
    assert room.on(close, schemas.WritingReview).meeting.closed_at is not None


def test_a_decision_is_the_chairs_or_that_of_a_post_which_was_there(room, road):
    room.begin()
    of_absent = {"kind": "decision", "text": "Go on", "post": "drainage-ce", "code": "RD-01"}
    with pytest.raises(Invalid) as refusal:
        room.on(minute, schemas.Minuting, TAKER, **of_absent)
    assert refusal.value.fields == {
        "post": ["must be commissioner, who leads the review, or a post recorded as present"]
    }
    assert room.review().minutes == {}
    # What somebody has said is no decision.
    room.on(minute, schemas.Minuting, TAKER, **of_absent | {"kind": "statement"})
    absent = {"post": "drainage-ce", "presence": "absent"}
    room.on(attend, schemas.Attending, TAKER, **absent)
    with pytest.raises(Invalid, match="nobody decides for another"):
        room.on(minute, schemas.Minuting, TAKER, **of_absent)
    room.on(attend, schemas.Attending, TAKER, **absent | {"presence": "present"})
    room.on(minute, schemas.Minuting, TAKER, **of_absent)
    room.on(minute, schemas.Minuting, TAKER, **of_absent | {"post": "commissioner"})
    kept = [each.post for each in room.review().minutes.values() if each.kind == "decision"]
    assert kept == ["drainage-ce", "commissioner"]
    # Other words of one that is there stay the same post's, though it has gone.
    room.on(attend, schemas.Attending, TAKER, **absent)
    found = room.review()
    key = next(
        key
        for key, each in found.minutes.items()
        if (each.post, each.kind) == ("drainage-ce", "decision")
    )
    of_one = {"minute_id": str(key), "position": found.positions[key], "text": "Go on, slowly"}
    room.on(minute, schemas.Minuting, TAKER, **of_absent | of_one)
    assert room.review().minutes[key].text == "Go on, slowly"


def test_minutes_are_not_closed_with_a_decision_of_who_was_not_there(room, road):
    room.begin()
    there = {"post": "drainage-ce", "presence": "present"}
    room.on(attend, schemas.Attending, TAKER, **there)
    decision = {"kind": "decision", "text": "Go on", "post": "drainage-ce", "code": "RD-01"}
    room.on(minute, schemas.Minuting, TAKER, **decision)
    for presence in ({"presence": "absent"}, {"presence": "represented", "by": "A deputy"}):
        room.on(attend, schemas.Attending, TAKER, **there | presence)
        with pytest.raises(Conflict, match="minuted as that of drainage-ce") as refusal:
            room.on(close, schemas.WritingReview)
        (key,) = room.review().minutes
        assert refusal.value.details == {"fact_id": str(key), "post": "drainage-ce"}
    assert room.review().meeting.closed_at is None
    chairs = {"minute_id": str(key), "position": room.review().positions[key]}
    room.on(minute, schemas.Minuting, TAKER, **decision | chairs | {"post": "commissioner"})
    assert room.on(close, schemas.WritingReview).meeting.closed_at is not None


def test_the_same_action_is_not_given_twice_in_a_review(room, road):
    room.begin()
    action = {"title": "Shift the line", "post": "electrical-head", "due_on": "2026-07-01"}
    key = str(uuid4())
    room.on(assign, schemas.Assigning, TAKER, **action, action_id=key, code="RD-01")
    # Asked again, it is the same call.
    room.on(assign, schemas.Assigning, TAKER, **action, action_id=key, code="RD-01")
    for again in ({}, {"action_id": str(uuid4())}, {"title": " shift  the LINE"}):
        with pytest.raises(Conflict, match="has this action already") as refusal:
            room.on(assign, schemas.Assigning, TAKER, **action | again, code="RD-01")
        assert refusal.value.details == {"id": key}
    others = (
        {"post": "roads-ce"},
        {"due_on": "2026-07-02"},
        {"detail": "at night"},
        {"title": "Shift the pole"},
    )
    for other in others:
        room.on(assign, schemas.Assigning, TAKER, **action | other, code="RD-01")
    room.on(assign, schemas.Assigning, TAKER, **action)
    assert len(room.review().actions) == 6
