"""Working time, beside an oracle that looks at every single minute."""

import copy
import time
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palika.india import INDIA, day_of
from services.grievance.domain.calendar import (
    ROUND_THE_CLOCK,
    Calendar,
    WorkingTime,
)
from services.grievance.domain.calendar_file import calendar
from services.grievance.reference import read_data
from tests.support.grievance_time import is_open

RAW = read_data("calendar.yaml")
OFFICE = calendar(RAW)
DAY = 510
MINUTE = 60_000_000
MONDAY = date(2026, 1, 5)


def at(text: str) -> datetime:
    """A moment of India's time."""
    return datetime.fromisoformat(text).replace(tzinfo=INDIA)


def minutes_of(spans: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    return tuple((a * MINUTE, b * MINUTE) for a, b in spans)


@st.composite
def hours(draw: st.DrawFn) -> tuple[tuple[int, int], ...]:
    """Up to two spans of a day."""
    edges = sorted(draw(st.sets(st.integers(0, 1440), min_size=4, max_size=4)))
    spans = draw(st.integers(0, 2))
    return minutes_of([(edges[0], edges[1]), (edges[2], edges[3])][:spans])


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """An office somewhere, which opens on Wednesdays at least."""
    days = st.dates(MONDAY, MONDAY + timedelta(days=20))
    week = [draw(hours()) for _ in range(7)]
    week[2] = week[2] or minutes_of([(600, 601)])
    holidays = draw(st.sets(days, max_size=4))
    worked = draw(st.dictionaries(days, hours().filter(bool), max_size=3))
    return Calendar(
        tuple(week),
        weeks_off=draw(st.frozensets(st.tuples(st.integers(0, 6), st.integers(2, 3)), max_size=4)),
        holidays=dict.fromkeys(holidays - worked.keys()),
        working_days=worked,
    )


moments = st.integers(0, 20 * 1440).map(
    lambda minute: at(f"{MONDAY}T00:00:00") + timedelta(minutes=minute)
)
seconds = st.integers(0, 20 * 86_400_000).map(
    lambda ms: at(f"{MONDAY}T00:00:00") + timedelta(milliseconds=ms)
)


def open_minutes(office: Calendar, a: datetime, b: datetime) -> int:
    """How many minutes of the wall clock are office hours, looked at one by one."""
    return sum(
        is_open(office, a + timedelta(minutes=minute))
        for minute in range((b - a) // timedelta(minutes=1))
    )


@settings(max_examples=25, deadline=None)
@given(calendars(), moments, moments)
def test_minutes_between_are_those_that_are_counted_one_by_one(office, a, b):
    a, b = sorted((a, b))
    assert office.between(a, b) == open_minutes(office, a, b)
    assert office.between(b, a) == -office.between(a, b)


@settings(max_examples=25, deadline=None)
@given(calendars(), moments, st.integers(1, 2_000))
def test_the_moment_reached_is_the_first_at_which_so_much_has_passed(office, start, minutes):
    reached = office.add(start, minutes)
    assert office.between(start, reached) == minutes
    assert office.between(start, reached - timedelta(minutes=1)) == minutes - 1
    assert is_open(office, reached - timedelta(microseconds=1))


@settings(max_examples=25, deadline=None)
@given(calendars(), moments, st.integers(1, 2_000))
def test_the_moment_counted_back_to_is_the_last_from_which_so_much_remains(office, end, minutes):
    begun = office.before(end, minutes)
    assert office.between(begun, end) == minutes
    assert office.between(begun + timedelta(minutes=1), end) == minutes - 1
    assert is_open(office, begun)


@settings(max_examples=40, deadline=None)
@given(calendars(), seconds, seconds)
def test_adding_what_lies_between_comes_to_the_same_working_instant(office, t, u):
    t, u = sorted((t, u))
    reached = office.add(t, office.between(t, u))
    assert reached <= max(t, u)
    assert office.between(reached, u) == 0


@settings(max_examples=40, deadline=None)
@given(calendars(), seconds, seconds, st.integers(0, 1_000), st.integers(0, 1_000))
def test_adding_keeps_order_and_adds_up(office, t, u, few, more):
    assert office.add(office.add(t, few), more) == office.add(t, few + more)
    t, u = sorted((t, u))
    assert office.add(t, more) <= office.add(u, more)
    assert office.add(t, few) <= office.add(t, few + more)


@settings(max_examples=40, deadline=None)
@given(calendars(), seconds, st.integers(1, 3_000))
def test_a_holiday_is_never_worked(office, t, minutes):
    reached = office.add(t, minutes)
    last_worked = reached - timedelta(microseconds=1)
    assert day_of(last_worked) not in office.holidays
    for day in office.holidays:
        assert not office.works_on(day)
        midnight = at(f"{day}T00:00:00")
        assert office.between(midnight, midnight + timedelta(days=1)) == 0
        assert day_of(office.add(midnight, 1)) > day


@settings(max_examples=25, deadline=None)
@given(calendars(), moments, st.permutations([-9_000, -400, 0, 300, 8_000]))
def test_what_a_calendar_was_asked_before_changes_no_answer(office, t, days):
    fresh = Calendar(
        office.week,
        weeks_off=office.weeks_off,
        holidays=office.holidays,
        working_days=office.working_days,
    )
    expected = fresh.add(t, 700)
    for each in days:
        office.add(t + timedelta(days=each), 500)
    assert office.add(t, 700) == expected


def test_office_hours_are_those_of_the_five_day_week():
    assert OFFICE.add(at("2026-01-05T09:00:00"), 1) == at("2026-01-05T09:46:00")
    assert OFFICE.between(at("2026-01-05T18:15:00"), at("2026-01-06T09:45:00")) == 0
    assert not OFFICE.works_on(date(2026, 1, 10)), "a Saturday"
    assert OFFICE.between(at("2026-01-05T00:00:00"), at("2026-01-12T00:00:00")) == 5 * DAY
    assert OFFICE.add(at("2026-01-09T18:15:00"), 1) == at("2026-01-12T09:46:00")


def test_a_days_work_from_the_opening_ends_at_closing_time():
    assert OFFICE.add(at("2026-01-05T09:45:00"), DAY) == at("2026-01-05T18:15:00")
    assert OFFICE.before(at("2026-01-06T18:15:00"), DAY) == at("2026-01-06T09:45:00")


def test_the_midday_break_of_an_office_that_has_one_belongs_to_neither_half():
    halves = ["10:00-13:00", "14:00-18:00"]
    office = calendar({**RAW, "hours": {**RAW["hours"], "monday": halves}})
    assert office.add(at("2026-01-05T10:00:00"), 180) == at("2026-01-05T13:00:00")
    assert office.add(at("2026-01-05T10:00:00"), 181) == at("2026-01-05T14:01:00")
    assert office.before(at("2026-01-05T18:00:00"), 240) == at("2026-01-05T14:00:00")
    assert office.before(at("2026-01-05T18:00:00"), 241) == at("2026-01-05T12:59:00")
    assert office.between(at("2026-01-05T13:00:00"), at("2026-01-05T14:00:00")) == 0


def test_what_is_filed_on_friday_evening_counts_from_monday():
    assert OFFICE.add(at("2026-01-09T21:00:00"), 60) == at("2026-01-12T10:45:00")


def test_seconds_are_kept():
    assert OFFICE.add(at("2026-01-05T10:00:30.5"), 600) == at("2026-01-06T11:30:30.5")


def test_no_minutes_leave_a_moment_where_it_is_and_fewer_than_none_are_refused():
    closed = at("2026-01-10T12:00:00")
    for clock in (OFFICE, ROUND_THE_CLOCK):
        assert clock.add(closed, 0) == closed == clock.before(closed, 0)
        for count in (clock.add, clock.before):
            with pytest.raises(ValueError, match="from 0"):
                count(closed, -1)


@pytest.mark.parametrize("clock", [OFFICE, ROUND_THE_CLOCK])
def test_moments_come_out_in_utc_and_naive_ones_are_refused(clock: WorkingTime):
    t = at("2026-01-05T12:00:00")
    for moment in (clock.add(t, 5), clock.add(t, 0), clock.before(t, 5)):
        assert moment.tzinfo is UTC
    with pytest.raises(TypeError):
        clock.add(t.replace(tzinfo=None), 5)


def test_a_second_and_fourth_saturday_are_free_where_the_city_says_so():
    office = calendar(
        {
            **RAW,
            "hours": {**RAW["hours"], "saturday": ["10:00-14:00"]},
            "weeks_off": {"saturday": [2, 4]},
        }
    )
    saturdays = [date(2026, 8, day) for day in (1, 8, 22, 29)]
    assert [office.works_on(day) for day in saturdays] == [True, False, False, True]


def test_a_day_of_work_by_exception_has_its_own_hours():
    extra = {"date": date(2026, 1, 10), "hours": ["10:00-12:00"], "mr": "करभरणा", "en": "Tax"}
    office = calendar({**RAW, "working_days": [extra]})
    assert office.add(at("2026-01-09T18:00:00"), 15 + 120 + 1) == at("2026-01-12T09:46:00")


def test_the_clock_that_never_stops_counts_every_minute():
    t = at("2026-01-26T23:00:00")
    assert ROUND_THE_CLOCK.add(t, 120) == at("2026-01-27T01:00:00")
    assert ROUND_THE_CLOCK.before(t, 60) == at("2026-01-26T22:00:00")
    assert ROUND_THE_CLOCK.between(t, t - timedelta(seconds=90)) == -1
    assert ROUND_THE_CLOCK.covers(2050)


def test_a_year_whose_holidays_are_not_listed_is_told_apart():
    assert [OFFICE.covers(year) for year in range(2024, 2029)] == [False, True, True, True, False]
    assert OFFICE.add(at("2030-01-25T17:15:00"), 61) == at("2030-01-28T09:46:00")


@pytest.mark.parametrize("year", [2025, 2026, 2027])
def test_the_days_that_never_move_are_holidays_of_every_listed_year(year):
    for month, day in ((1, 26), (2, 19), (4, 14), (5, 1), (8, 15), (10, 2), (12, 25)):
        assert date(year, month, day) in OFFICE.holidays
    for name in OFFICE.holidays.values():
        assert name.mr != name.en


def test_a_question_over_ten_years_costs_about_as_much_as_one_over_a_day():
    start, day, long = at("2026-01-05T11:00:00"), timedelta(days=1), timedelta(days=3_650)
    OFFICE.between(start, start + long)

    def cost(work):
        runs = []
        for _ in range(7):
            began = time.perf_counter()
            for _ in range(300):
                work()
            runs.append(time.perf_counter() - began)
        return min(runs)

    assert cost(lambda: OFFICE.between(start, start + long)) < 8 * cost(
        lambda: OFFICE.between(start, start + day)
    )
    assert cost(lambda: OFFICE.add(start, 2_500 * DAY)) < 8 * cost(lambda: OFFICE.add(start, DAY))


REPUBLIC_DAY = {"date": date(2026, 1, 26), "mr": "क", "en": "k"}
WORK_ON_IT = {**REPUBLIC_DAY, "hours": ["10:00-12:00"]}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"hours": {"monday": []}}, "hours: tuesday"),
        ({"hours": {**RAW["hours"], "monday": ["9:45-18:15"]}}, "hours, monday: must be as"),
        ({"hours": {**RAW["hours"], "monday": ["18:15-09:45"]}}, "must end after it begins"),
        ({"hours": {**RAW["hours"], "monday": ["10:00-24:30"]}}, "by 24:00"),
        ({"hours": {**RAW["hours"], "friday": ["10:00-14:00", "13:00-15:00"]}}, "one before"),
        ({"hours": {day: [] for day in RAW["hours"]}}, "open on at least one day"),
        ({"holidays": {2026: [{**REPUBLIC_DAY, "mr": ""}]}}, "holidays 2026, 1: needs a name"),
        ({"holidays": {2027: [REPUBLIC_DAY]}}, "holidays 2027, 1: 2026-01-26 is not in 2027"),
        ({"holidays": {2026: [REPUBLIC_DAY, REPUBLIC_DAY]}}, "holidays 2026, 2: .* twice"),
        ({"holidays": {2026: [{**REPUBLIC_DAY, "date": "26 Jan"}]}}, "date must be as"),
        ({"holidays": [REPUBLIC_DAY]}, "holidays: must be a mapping"),
        ({"holidays": {"2026": []}}, "holidays, a year: must be a whole number"),
        ({"holidays": {2026: {"x": 1}}}, "holidays 2026: must be a list"),
        ({"working_days": [WORK_ON_IT]}, "2026-01-26: is a holiday too"),
        ({"working_days": [{**WORK_ON_IT, "hours": []}]}, "needs hours"),
        ({"weeks_off": {"saturday": [6]}}, "weeks_off, saturday: .* from 1 to 5"),
        ({"weeks_off": {"sabbath": [1]}}, "weeks_off: must be one of monday"),
        ({"weekend": []}, "calendar: weekend not known"),
    ],
)
def test_a_mistake_in_the_file_is_named_with_its_place(change, says):
    with pytest.raises(ValueError, match=says):
        calendar({**copy.deepcopy(RAW), **change})
