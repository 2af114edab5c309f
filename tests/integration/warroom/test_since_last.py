"""What a review is told of since the last one: nothing is lost between two packs."""

import json
from importlib import import_module
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Conflict
from services.warroom.commands.follow_actions import answer_action, complete_action
from services.warroom.commands.hold_reviews import hold_reviews, review_id
from services.warroom.commands.revise_milestone import forecast_milestone
from services.warroom.commands.set_agenda import make_agenda
from services.warroom.commands.take_minutes import attend, close, open_review
from services.warroom.models import Seen
from services.warroom.queries import projects, review_views
from services.warroom.schemas import asking, reading
from services.warroom.schemas import reviewing as schemas
from tests.support.warroom import OWNER
from tests.support.warroom_reviews import CHAIR, FIRST, SECOND, TAKER, ReviewRoom

THIRD = review_id("fortnightly", "2026-07-07")
ELECTRICAL = Identity.of("officer:electrical-head", "officer")


def pack(room: ReviewRoom, review: UUID) -> dict[str, Any]:
    found = next(each for each in room.review(review).packs.values() if each.form == "json")
    return json.loads(room.store.get(found.key))


def held(room: ReviewRoom) -> None:
    """The first review, whose pack is frozen, is held."""
    room.on(open_review, schemas.WritingReview, TAKER)
    room.on(attend, schemas.Attending, TAKER, post="roads-ce", presence="present")
    room.on(close, schemas.WritingReview)


def forecast(room: ReviewRoom, road: str, day: str, **given: Any) -> dict[str, Any]:
    work = room.key(room.state(road), "work")
    wanted = {"id": road, "milestone_id": work, "forecast_on": day, "reason": "rain", **given}
    return asking.Forecasting().load(wanted)


def test_a_promise_that_was_kept_before_the_next_review_is_told_there(room, road):
    room.at("2026-06-09")
    key = room.promised(code="RD-01")
    room.at("2026-06-12")
    room.on(complete_action, schemas.CompletingAction, ELECTRICAL, action_id=key, evidence="done")
    room.at("2026-06-13")
    room.on(answer_action, schemas.AnsweringAction, CHAIR, action_id=key, answer="accept")
    room.at("2026-06-23")
    room.snapshot(SECOND)
    found = pack(room, SECOND)
    assert [(each["id"], each["kept"]) for each in found["promises"]] == [(key, True)]
    assert found["counts"]["kept"] == 1


def test_a_promise_that_a_pack_has_shown_as_kept_is_not_told_at_the_next(room, road):
    room.at("2026-06-09")
    key = room.promised(code="RD-01")
    room.at("2026-06-22")
    room.on(complete_action, schemas.CompletingAction, ELECTRICAL, action_id=key, evidence="done")
    room.on(answer_action, schemas.AnsweringAction, CHAIR, action_id=key, answer="accept")
    room.snapshot(SECOND)
    assert len(pack(room, SECOND)["promises"]) == 1
    room.at("2026-06-23")
    room.on(open_review, schemas.WritingReview, CHAIR, SECOND)
    with room.sessions.begin() as session:
        hold_reviews(session, room.now)
    room.at("2026-07-06")
    room.snapshot(THIRD)
    assert pack(room, THIRD)["promises"] == []


def test_a_change_that_is_committed_after_a_pack_was_frozen_is_on_the_next_agenda(room, road):
    room.at("2026-06-09")
    with room.sessions.begin() as session:
        args = forecast(room, road, "2026-12-11")
        forecast_milestone(session, OWNER, args, room.now)
        # Recorded, and not committed yet: the pack does not see it.
        room.later(seconds=2)
        room.snapshot()
    assert pack(room, FIRST)["agenda"] == []
    held(room)
    room.at("2026-06-23")
    made = room.on(make_agenda, schemas.WritingReview, review=SECOND)
    assert [why.code for each in made.items.values() for why in each.why] == ["critical_slip"]


def test_a_promise_that_is_answered_while_a_pack_is_frozen_is_told_at_the_next(room, road):
    room.at("2026-06-09")
    key = room.promised(code="RD-01")
    room.at("2026-06-22")
    room.on(complete_action, schemas.CompletingAction, ELECTRICAL, action_id=key, evidence="done")
    room.later(minutes=1)
    answer = schemas.AnsweringAction().load({"action_id": key, "answer": "accept"})
    with room.sessions.begin() as session:
        answer_action(session, CHAIR, answer, room.now)
        room.later(seconds=2)
        room.snapshot(SECOND)
    assert pack(room, SECOND)["promises"][0]["work"] == "claimed"
    room.at("2026-06-23")
    room.on(open_review, schemas.WritingReview, TAKER, SECOND)
    with room.sessions.begin() as session:
        hold_reviews(session, room.now)
    room.at("2026-07-06")
    room.snapshot(THIRD)
    assert [each["work"] for each in pack(room, THIRD)["promises"]] == ["done"]


def test_what_packs_of_before_have_seen_is_worked_out_of_their_moment(room, road):
    room.at("2026-06-09")
    room.promised(code="RD-01")
    room.later(hours=1)
    with room.sessions() as session:
        kept = {tuple(each) for each in session.execute(select(*Seen.__table__.columns))}
    room.do(forecast_milestone, asking.Forecasting, _given(room, road))
    migration = import_module("services.warroom.migrations.0005_seen")
    with room.sessions.begin() as session:
        session.execute(text("TRUNCATE seen"))
        session.execute(text(migration.FROZEN))
        again = {tuple(each) for each in session.execute(select(*Seen.__table__.columns))}
    assert {each for each in again if str(each[1]) == road} == {
        each for each in kept if str(each[1]) == road
    }
    assert {each[:2] for each in again} == {each[:2] for each in kept}


def _given(room: ReviewRoom, road: str) -> dict[str, Any]:
    work = room.key(room.state(road), "work")
    return {"id": road, "milestone_id": work, "forecast_on": "2027-03-01", "reason": "rain"}


def meanwhile(session: Session, fragment: str, act: Any) -> None:
    """Let something else be committed after the first statement of a session that reads so."""
    connection = session.connection()
    done = []

    @event.listens_for(connection, "after_cursor_execute")
    def after(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not done and fragment in statement:
            done.append(statement)
            act()


def test_a_reading_is_of_one_moment_so_that_no_change_is_overwritten_unread(room, road):
    room.later(seconds=1)
    given = _given(room, road)
    with room.sessions.begin() as session:
        meanwhile(
            session,
            "version.content",
            lambda: room.do(forecast_milestone, asking.Forecasting, given),
        )
        read = projects.get(session, reading.Reading().load({"id": road}), room.now)
    assert [each["forecast_on"] for each in read["milestones"]] == [None, None]
    room.later(seconds=1)
    with pytest.raises(Conflict):
        room.do(
            forecast_milestone,
            asking.Forecasting,
            {**given, "forecast_on": None, "version": read["version"]},
        )


def test_a_review_is_read_as_of_one_moment(room, road):
    room.at("2026-06-09")
    room.begin()
    asked = schemas.ReadingReview().load({"review_id": str(FIRST)})
    with room.sessions.begin() as session:
        meanwhile(
            session,
            "review_version.content",
            lambda: room.on(attend, schemas.Attending, TAKER, post="roads-ce", presence="present"),
        )
        read = review_views.get_review(session, asked, room.later(hours=1))
    assert read["attendance"] == []
    assert read["version"] == room.review().version - 1
