"""Reviews of the war room: the calendar, the agenda, minutes, actions."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from marshmallow import ValidationError
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from palika.errors import Conflict, Forbidden, Invalid, NotFound
from palika.india import day_of
from palika.local import Postgres
from palika.text import Name
from services.warroom.commands.follow_actions import (
    answer_action,
    complete_action,
    follow_actions,
    report_action,
)
from services.warroom.commands.hold_reviews import cancel, hold_reviews, reschedule, review_id
from services.warroom.commands.judge import judge
from services.warroom.commands.raise_issue import raise_issue
from services.warroom.commands.revise_milestone import forecast_milestone
from services.warroom.commands.set_agenda import change_agenda, make_agenda
from services.warroom.commands.take_minutes import (
    add_addendum,
    assign,
    attend,
    close,
    minute,
    open_review,
    strike,
)
from services.warroom.domain.reviews import in_order
from services.warroom.queries import review_views
from services.warroom.queries.reviews import meetings_at
from services.warroom.queries.states import NOW as MOMENT
from services.warroom.reference import city_days_off, city_reviews
from services.warroom.schemas import asking
from services.warroom.schemas import reviewing as schemas
from tests.support.databases import service_database
from tests.support.warroom import OTHER, OWNER, emptied
from tests.support.warroom_reviews import FIRST, SECOND, TAKER, ReviewRoom

ELECTRICAL = OWNER.of("officer:electrical-head", "officer")


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    with service_database(postgres, "warroom") as sessions:
        yield sessions


@pytest.fixture
def room(database: sessionmaker[Session], tmp_path: Path) -> ReviewRoom:
    return ReviewRoom(emptied(database), tmp_path / "store")


@pytest.fixture
def road(room: ReviewRoom) -> str:
    """A project with two milestones to come, in good order."""
    added = room.add()
    room.milestone(added.id, planned_on="2026-09-01")
    room.milestone(added.id, key="work", stage="execution", planned_on="2026-12-01")
    return str(added.id)


def follow(room: ReviewRoom) -> int:
    return follow_actions(room.sessions.begin, room.now)


# ---- the calendar


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
    for starts_at in ("2026-05-12T05:30:00Z", "2026-06-13T05:30:00Z", "2026-06-26T05:30:00Z"):
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


# ---- the agenda


def test_nothing_that_is_in_order_is_on_the_agenda(room, road):
    assert room.on(make_agenda, schemas.WritingReview).items == {}


def test_what_has_changed_since_the_last_review_is_on_the_agenda_and_says_why(room, road):
    room.at("2026-06-09", "05:30")
    room.promised()
    room.at("2026-06-22")
    room.do(
        forecast_milestone,
        asking.Forecasting,
        {
            "id": road,
            "milestone_id": room.key(room.state(road), "work"),
            "forecast_on": "2027-02-15",
            "reason": "rain",
        },
    )
    found = room.on(make_agenda, schemas.WritingReview, review=SECOND)
    (item,) = found.items.values()
    assert [each.code for each in item.why] == ["turned_red", "critical_slip"]
    assert "slipped by 76 days" in item.why[1].text.en
    assert item.weight == sum(each.weight for each in item.why)
    assert item.minutes == 15


def test_what_a_review_that_was_called_off_would_have_looked_at_the_next_does(room, road):
    room.at("2026-06-09", "05:30")
    action = room.promised(code="RD-01", due_on="2026-06-12")
    room.at("2026-06-15")
    milestone = room.key(room.state(road), "work")
    given = {"id": road, "milestone_id": milestone, "forecast_on": "2027-01-31", "reason": "rain"}
    room.do(forecast_milestone, asking.Forecasting, given)
    room.at("2026-06-22")
    room.on(cancel, schemas.Cancelling, review=SECOND, reason="floods")
    cancelled_at = room.now
    third = review_id("fortnightly", "2026-07-07")
    room.at("2026-07-06")
    made = room.on(make_agenda, schemas.WritingReview, review=third)
    assert made.meeting.since == room.review(FIRST).meeting.frozen_at
    (item,) = made.items.values()
    assert {each.code for each in item.why} >= {"critical_slip", "overdue_action"}
    assert any("overdue by 24 days" in each.text.en for each in item.why)
    # As of the day on which the second was called off, the third had looked at nothing yet.
    assert room.review(third, cancelled_at).items == {}
    assert room.review(SECOND, room.now).meeting.phase == "cancelled"
    assert str(next(iter(room.review(FIRST).actions))) == action


def test_a_silent_project_and_an_overdue_action_are_on_the_agenda(room, road):
    room.at("2026-06-09", "05:30")
    room.promised(code="RD-01", due_on="2026-06-12")
    room.at("2026-06-22")
    judge(room.sessions.begin, room.now)
    found = room.on(make_agenda, schemas.WritingReview, review=SECOND)
    (item,) = found.items.values()
    assert {"silent", "overdue_action"} <= {each.code for each in item.why}


def test_what_a_court_has_is_not_taken_up(room, road):
    issue = {"severity": "high", "post": "law", "raised_on": "2026-05-01", "due_on": "2026-05-20"}
    for title, sub_judice in (("Land is before the court", True), ("Trees are to be cut", False)):
        given = {"id": road, "title": title, "sub_judice": sub_judice, **issue}
        room.do(raise_issue, asking.RaisingIssue, given)
    (item,) = room.on(make_agenda, schemas.WritingReview).items.values()
    told = " ".join(each.text.en for each in item.why)
    assert "Trees" in told
    assert "Land" not in told
    assert [each.en for each in item.excluded] == [
        "before a court, not taken up: Land is before the court"
    ]


def test_the_chair_adds_drops_and_moves_and_the_agenda_made_anew_keeps_it(room, road):
    for number in (2, 3):
        room.add(code=f"RD-0{number}")
    made = room.on(make_agenda, schemas.WritingReview)
    assert [item.code for _, item in in_order(made.items)] == []
    for code in ("RD-01", "RD-02", "RD-03"):
        made = room.on(change_agenda, schemas.ChangingAgenda, what="add", code=code, reason="seen")
    keys = {each.code: str(key) for key, each in made.items.items()}
    room.on(
        change_agenda,
        schemas.ChangingAgenda,
        what="drop",
        item_id=keys["RD-02"],
        reason="the engineer is on leave",
    )
    room.on(
        change_agenda,
        schemas.ChangingAgenda,
        what="move",
        item_id=keys["RD-03"],
        place=1,
        reason="urgent",
    )
    again = room.on(make_agenda, schemas.WritingReview)
    assert [item.code for _, item in in_order(again.items)] == ["RD-03", "RD-01"]
    dropped = again.items[UUID(keys["RD-02"])]
    assert (dropped.dropped, dropped.reason, dropped.minutes) == (
        *(True, "the engineer is on leave"),
        0,
    )
    with pytest.raises(Forbidden):
        room.on(
            change_agenda,
            schemas.ChangingAgenda,
            TAKER,
            what="restore",
            item_id=keys["RD-02"],
            reason="x",
        )


# ---- minutes


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
        room.review(as_of=before - timedelta(days=1))


# ---- actions


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
    (shown,) = review_views.with_reached([item], notify)
    assert (shown["id"], shown["reached"]) == (action, said)


def test_evidence_is_a_photograph_of_the_project_or_none(room, road):
    action = room.promised(code="RD-01")
    done = {"action_id": action, "evidence": "see", "evidence_photo": str(uuid4())}
    with pytest.raises(Invalid) as caught:
        room.on(complete_action, schemas.CompletingAction, ELECTRICAL, **done)
    assert "evidence_photo" in caught.value.details
