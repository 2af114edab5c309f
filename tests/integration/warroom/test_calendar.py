"""Reviews by their rule, around holidays, moved and called off."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from marshmallow import ValidationError

from palika.errors import Conflict, Forbidden, Invalid
from palika.india import day_of
from palika.text import Name
from services.warroom.commands.hold_reviews import cancel, hold_reviews, reschedule, review_id
from services.warroom.commands.set_agenda import change_agenda, make_agenda
from services.warroom.queries import review_views
from services.warroom.queries.reviews import meetings_at
from services.warroom.queries.states import NOW as MOMENT
from services.warroom.reference import city_days_off, city_reviews
from services.warroom.schemas import reviewing as schemas
from tests.support.warroom import OTHER
from tests.support.warroom_reviews import SECOND


def test_reviews_are_put_into_the_calendar_once_by_the_rule(room):
    with room.sessions.begin() as session:
        assert hold_reviews(session, room.now) == 0
        args = schemas.ListingReviews().load({})
        items = review_views.list_reviews(session, args, room.now)["items"]
    assert [each["occurs_on"] for each in items][-2:] == ["2026-06-23", "2026-06-09"]
    assert items[-1]["starts_at"] == "2026-06-09T05:30:00Z"


def test_a_review_on_a_holiday_is_moved_and_the_series_keeps_its_rhythm(room):
    room.at("2026-10-01")
    with room.sessions.begin() as session:
        hold_reviews(session, room.now)
    moved = room.review(review_id("fortnightly", "2026-11-10")).meeting
    # Diwali takes the Tuesday and the Wednesday.
    assert moved.starts_at == datetime(2026, 11, 12, 5, 30, tzinfo=UTC)
    assert moved.moved.en == "Diwali (Bali Pratipada)"
    assert room.review(review_id("fortnightly", "2026-11-24")).meeting.occurs_on.day == 24


def test_a_review_is_rescheduled_and_called_off_with_a_reason(room):
    moved = room.on(
        reschedule, schemas.Moving, starts_at="2026-06-10T05:30:00Z", reason="assembly session"
    )
    assert moved.meeting.starts_at.day == 10
    assert moved.meeting.occurs_on.day == 9
    with room.sessions.begin() as session:
        assert hold_reviews(session, room.now) == 0
    off = room.on(cancel, schemas.Cancelling, reason="floods")
    assert (off.meeting.phase, off.meeting.reason) == ("cancelled", "floods")
    with pytest.raises(Conflict):
        room.on(make_agenda, schemas.WritingReview)
    with pytest.raises(ValidationError, match="reason"):
        room.on(cancel, schemas.Cancelling, review=SECOND)


def test_a_review_is_not_moved_into_the_past_or_onto_a_day_off_or_by_just_anybody(room):
    for starts_at in (
        *("2026-05-12T05:30:00Z", "2026-06-13T05:30:00Z", "2026-06-26T05:30:00Z"),
        # From the day of the next review of the series on it would be another one.
        *("2026-06-23T05:30:00Z", "2030-06-11T05:30:00Z"),
    ):
        with pytest.raises(Invalid) as caught:
            room.on(reschedule, schemas.Moving, starts_at=starts_at, reason="x")
        assert "starts_at" in caught.value.details
    with pytest.raises(Forbidden):
        room.on(cancel, schemas.Cancelling, OTHER, reason="x")


def test_a_review_that_is_moved_or_called_off_is_told_to_who_attends_it(room, road):
    room.at("2026-06-09", "05:30")
    room.promised(code="RD-01")
    room.at("2026-06-18")
    given = {"what": "add", "code": "RD-02", "reason": "seen"}
    room.add(code="RD-02", owner="drainage-ce")
    room.on(change_agenda, schemas.ChangingAgenda, review=SECOND, **given)
    moving = {"starts_at": "2026-06-24T05:30:00Z", "reason": "assembly session"}
    room.later(minutes=1)
    room.on(reschedule, schemas.Moving, review=SECOND, **moving)
    room.later(minutes=1)
    room.on(reschedule, schemas.Moving, review=SECOND, **moving)
    # Leads it or takes its minutes; was there the last time; owns what is on the agenda.
    posts = ["addl-commissioner", "commissioner", "drainage-ce", "projects-head", "roads-ce"]
    (told,) = room.told("review_moved")
    assert told == {
        "review_id": str(SECOND),
        "category": "fortnightly",
        "occurs_on": "2026-06-23",
        "starts_before": "2026-06-23T05:30:00Z",
        "starts_at": "2026-06-24T05:30:00Z",
        "reason": "chair",
        "to": posts,
        "moved_at": "2026-06-18T06:01:00Z",
    }
    room.on(cancel, schemas.Cancelling, review=SECOND, reason="floods")
    (off,) = room.told("review_cancelled")
    assert (off["starts_at"], off["to"]) == ("2026-06-24T05:30:00Z", posts)
    assert "floods" not in str(off)


def test_a_day_that_becomes_a_holiday_moves_its_review_which_is_told_and_known_as_of(
    room, monkeypatch
):
    known = city_days_off()
    then = room.now
    with room.sessions.begin() as session:
        assert hold_reviews(session, room.now) == 0
    assert room.told("review_moved") == []
    flood = {date(2026, 6, 23): Name("पूर", "Flood")}
    monkeypatch.setattr(
        "services.warroom.commands.hold_reviews.city_days_off",
        lambda: replace(known, holidays={**known.holidays, **flood}),
    )
    room.later(days=1)
    with room.sessions.begin() as session:
        assert hold_reviews(session, room.now) == 1
    (told,) = room.told("review_moved")
    assert (told["reason"], told["starts_at"]) == ("holiday", "2026-06-24T05:30:00Z")
    assert room.review(SECOND).meeting.moved.en == "Flood"
    assert room.review(SECOND, then).meeting.starts_at.day == 23
    # One that its chair has put elsewhere stays there, and nobody is told again.
    given = {"starts_at": "2026-06-25T05:30:00Z", "reason": "the chair is away"}
    room.on(reschedule, schemas.Moving, review=SECOND, **given)
    room.later(days=1)
    with room.sessions.begin() as session:
        assert hold_reviews(session, room.now) == 0
    assert [each["reason"] for each in room.told("review_moved")] == ["holiday", "chair"]


def holidays(monkeypatch, *days):
    known = city_days_off()
    more = {date.fromisoformat(each): Name("पूर", "Flood") for each in days}
    monkeypatch.setattr(
        "services.warroom.commands.hold_reviews.city_days_off",
        lambda: replace(known, holidays={**known.holidays, **more}),
    )


def held_again(room):
    with room.sessions.begin() as session:
        return hold_reviews(session, room.now)


def test_a_review_that_was_moved_is_moved_on_when_that_day_becomes_a_holiday_too(room, monkeypatch):
    holidays(monkeypatch, "2026-06-09")
    room.at("2026-06-05")
    held_again(room)
    assert room.review().meeting.starts_at.day == 10
    holidays(monkeypatch, "2026-06-09", "2026-06-10")
    room.at("2026-06-09", "00:00")
    held_again(room)
    assert room.review().meeting.starts_at.day == 11
    assert [each["reason"] for each in room.told("review_moved")] == ["holiday", "holiday"]
    # It is not moved back to what is over.
    holidays(monkeypatch)
    room.at("2026-06-10")
    held_again(room)
    # Nor is one that has had its time.
    holidays(monkeypatch, "2026-06-11")
    room.at("2026-06-11", "05:31")
    held_again(room)
    assert room.review().meeting.starts_at.day == 11
    assert len(room.told("review_moved")) == 2


def test_reviews_to_come_go_with_their_series_and_it_is_not_called_a_holiday(room, monkeypatch):
    policy = city_reviews()
    series = policy.series["fortnightly"]
    room.on(reschedule, schemas.Moving, starts_at="2026-06-10T05:30:00Z", reason="assembly")
    later = replace(series.rhythm, at=time(15, 0))
    new = replace(series, rhythm=later, chair="mayor", minutes=60)
    monkeypatch.setattr(
        "services.warroom.commands.hold_reviews.city_reviews",
        lambda: replace(policy, series={"fortnightly": new}),
    )
    room.later(hours=1)
    assert held_again(room) >= 2
    second = room.review(SECOND).meeting
    assert (second.chair, second.minutes) == ("mayor", 60)
    assert second.starts_at == datetime(2026, 6, 23, 9, 30, tzinfo=UTC)
    reasons = {each["occurs_on"]: each["reason"] for each in room.told("review_moved")}
    assert (reasons["2026-06-23"], reasons["2026-06-09"]) == ("series", "chair")
    # The time that somebody has set stays.
    first = room.review().meeting
    assert (first.chair, first.starts_at.day) == ("mayor", 10)
    assert held_again(room) == 0


def test_a_review_in_a_year_whose_holidays_are_not_known_says_so(room, caplog):
    room.at("2028-08-01")
    held_again(room)
    assert "the holidays of 2028 are not known" in caplog.text
    with room.sessions() as session:
        args = schemas.ListingReviews().load({})
        items = review_views.list_reviews(session, args, room.now)["items"]
    known = {each["occurs_on"]: each["holidays_known"] for each in items}
    assert known.pop("2026-06-09") is True
    assert known["2028-08-15"] is False


def test_reviews_keep_their_rhythm_for_a_year_and_none_is_on_a_day_off(room):
    off, day = city_days_off(), datetime(2026, 6, 1, tzinfo=UTC)
    with room.sessions.begin() as session:
        while day < datetime(2026, 12, 31, tzinfo=UTC):
            hold_reviews(session, day)
            day += timedelta(days=20)
        found = meetings_at(session, MOMENT)
    days = sorted(each.occurs_on for _, each in found)
    assert len(days) >= 16
    assert {(later - one).days for one, later in pairwise(days)} == {14}
    assert all(off.why(day_of(each.starts_at)) is None for _, each in found)
    moved = {each.occurs_on: each for _, each in found if day_of(each.starts_at) != each.occurs_on}
    assert all(each.moved is not None for each in moved.values())
    assert date(2026, 11, 10) in moved
