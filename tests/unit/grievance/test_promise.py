"""What is promised, what is left of it, and what a wait does to it."""

from datetime import datetime, timedelta
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from palika.india import INDIA
from services.grievance.domain.calendar import ROUND_THE_CLOCK
from services.grievance.domain.calendar_file import calendar
from services.grievance.domain.promise import (
    Clock,
    Promise,
    due_soon_at,
    resume,
)
from services.grievance.reference import read_data

OFFICE = calendar(read_data("calendar.yaml"))
SHARE = Fraction(4, 5)
MOMENT = timedelta(microseconds=1)
kinds = st.sampled_from(Clock)


def at(text: str) -> datetime:
    """A moment of India's time."""
    return datetime.fromisoformat(text).replace(tzinfo=INDIA)


moments = st.integers(0, 1_000 * 86_400_000).map(
    lambda ms: at("2025-01-01T00:00:00") + timedelta(milliseconds=ms)
)


def test_working_hours_are_promised_in_working_time_and_an_emergency_by_the_clock():
    filed = at("2026-01-09T17:15:00")
    assert Promise(120, Clock.WORKING).due_at(filed, OFFICE) == at("2026-01-12T10:45:00")
    assert Promise(120, Clock.ROUND_THE_CLOCK).due_at(filed, OFFICE) == at("2026-01-09T19:15:00")


def test_a_wait_over_the_week_end_costs_only_its_working_minutes():
    due = at("2026-01-09T18:15:00")
    waited = at("2026-01-09T17:15:00"), at("2026-01-12T10:45:00")
    assert resume(due, *waited, OFFICE) == at("2026-01-12T11:45:00")
    assert resume(due, *waited, ROUND_THE_CLOCK) == due + timedelta(minutes=2 * 1440 + 17.5 * 60)


def test_a_clock_that_was_set_back_takes_nothing_from_a_promise():
    due = at("2026-01-09T18:15:00")
    assert resume(due, at("2026-01-08T12:00:00"), at("2026-01-08T11:00:00"), OFFICE) == due


@settings(deadline=None)
@given(kinds, moments, st.integers(1, 20_000), st.lists(st.integers(0, 9_000), max_size=8))
def test_waits_one_by_one_come_to_what_they_are_together(kind, filed, minutes, gaps):
    promise = Promise(minutes, kind)
    time = promise.time(OFFICE)
    due, now, paused = promise.due_at(filed, OFFICE), filed, 0
    for worked, waited in zip(gaps[::2], gaps[1::2], strict=False):
        paused_at = now + timedelta(minutes=worked)
        now = paused_at + timedelta(minutes=waited)
        left = time.between(paused_at, due)
        due = resume(due, paused_at, now, time)
        paused += time.between(paused_at, now)
        assert abs(time.between(now, due) - left) <= 1, "what was left is left still"
    assert due == promise.due_at(filed, OFFICE, paused=paused)


@settings(deadline=None)
@given(kinds, moments, st.integers(5, 20_000), st.integers(0, 200))
def test_it_is_due_soon_when_more_than_its_share_is_used(kind, filed, minutes, percent):
    promise = Promise(minutes, kind)
    time, due = promise.time(OFFICE), promise.due_at(filed, OFFICE)
    now = time.add(filed, minutes * percent // 100) + MOMENT
    used = time.between(filed, now)
    assert (now > due_soon_at(due, minutes, SHARE, time)) is (
        used >= minutes - int(minutes * (1 - SHARE))
    )


def test_the_share_is_one_of_working_time():
    filed, minutes = at("2026-01-05T09:45:00"), 2 * 510
    due = Promise(minutes, Clock.WORKING).due_at(filed, OFFICE)
    assert due_soon_at(due, minutes, SHARE, OFFICE) == at("2026-01-06T14:51:00")
