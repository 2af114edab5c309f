"""A clock moved over a year: each mark comes once and in order, whoever looks and whenever."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palika.india import INDIA
from services.grievance.domain.calendar import ROUND_THE_CLOCK, WorkingTime
from services.grievance.domain.calendar_file import calendar
from services.grievance.domain.escalation import (
    PRIORITIES,
    ClockState,
    Due,
    Mark,
    matrix,
    next_moment,
    what_is_due,
)
from services.grievance.domain.lifecycle import ENDED, OPEN, State
from services.grievance.domain.policy import policy
from services.grievance.domain.promise import resume
from services.grievance.reference import city, read_data
from tests.support.grievance_time import is_open, marked

OFFICE = calendar(read_data("calendar.yaml"))
RAW = read_data("escalation.yaml")
DEPARTMENTS = city().departments
MATRIX = matrix(RAW, DEPARTMENTS)
POLICY = policy(read_data("policy.yaml"), ["ward-officer", "department-head"])
YEAR = timedelta(days=365)
RUNNING = [state for state in OPEN if state is not State.WAITING]
ALL = [Mark.DUE_SOON, Mark.BREACHED, Mark.ESCALATE, Mark.ESCALATE, Mark.ESCALATE]


def at(text: str) -> datetime:
    """A moment of India's time."""
    return datetime.fromisoformat(text).replace(tzinfo=INDIA)


START = at("2026-01-05T12:00:00")
CLOSING = START + timedelta(days=POLICY.close_after_days)


def filed(
    minutes: int = 510, *, time: WorkingTime = OFFICE, department="roads", priority="normal"
) -> ClockState:
    due_at = time.add(START, minutes)
    return ClockState(State.ASSIGNED, department, priority, minutes, due_at)


def look(clock: ClockState, now: datetime, time: WorkingTime) -> tuple[ClockState, list[Due]]:
    """What a scheduler does that comes by."""
    done = what_is_due(clock, now, time, MATRIX, POLICY)
    for due in done:
        clock = marked(clock, due)
    assert not what_is_due(clock, now, time, MATRIX, POLICY), "each is due once"
    return clock, done


def watch(clock: ClockState, moments: Iterable[datetime], time: WorkingTime) -> list[Due]:
    """All the marks that somebody finds who looks at these moments."""
    found = []
    for now in moments:
        clock, done = look(clock, now, time)
        found += done
    return found


def every(step: timedelta, length: timedelta) -> Iterator[datetime]:
    return (START + n * step for n in range(length // step + 1))


lives = st.builds(
    lambda minutes, time, department, priority: (
        filed(minutes, time=time, department=department, priority=priority),
        time,
    ),
    st.integers(1, 60_000),
    st.sampled_from([OFFICE, ROUND_THE_CLOCK]),
    st.sampled_from(["roads", "water-supply"]),
    st.sampled_from(PRIORITIES),
)


@settings(deadline=None)
@given(lives, st.lists(st.integers(1, 60 * 1440), min_size=1, max_size=40))
def test_whatever_the_steps_of_the_clock_each_mark_comes_once_and_in_order(life, steps):
    clock, time = life
    moments, now = [], START
    for step in steps:
        now += timedelta(minutes=step)
        moments.append(now)
    found = watch(clock, [*moments, now + YEAR], time)
    assert [due.mark for due in found] == ALL
    assert [due.level for due in found] == [0, 0, 1, 2, 3]
    assert [due.at for due in found] == sorted(due.at for due in found)
    assert found == watch(clock, [START + 3 * YEAR], time), "as for one who comes at the very end"


@settings(max_examples=20, deadline=None)
@given(lives)
def test_who_comes_only_when_something_is_due_finds_the_same(life):
    clock, time = life
    found, first = [], clock
    while (now := next_moment(clock, time, MATRIX, POLICY)) is not None:
        assert not what_is_due(clock, now - timedelta(microseconds=1), time, MATRIX, POLICY)
        clock, done = look(clock, now, time)
        assert done, "nobody is called for nothing"
        found += done
    assert found == watch(first, [START + 3 * YEAR], time)


@pytest.mark.parametrize("time", [OFFICE, ROUND_THE_CLOCK])
@pytest.mark.parametrize(("department", "priority"), [("roads", "normal"), ("roads", "emergency")])
def test_marks_come_in_the_minute_in_which_an_oracle_that_counts_minutes_has_them(
    time, department, priority
):
    clock = filed(700, time=time, department=department, priority=priority)
    waits = [MATRIX.after(level, department, priority) for level in (1, 2, 3)]
    limits = [560, 700, 700 + waits[0], 700 + sum(waits[:2]), 700 + sum(waits)]
    expected, used = [], 0
    minutes = list(every(timedelta(minutes=1), timedelta(days=12)))
    for now in minutes:
        used += time is ROUND_THE_CLOCK or is_open(OFFICE, now)
        while len(expected) < len(limits) and used > limits[len(expected)]:
            expected.append(now + timedelta(minutes=1))
    found: list[datetime] = []
    for now in minutes:
        clock, done = look(clock, now, time)
        found += [now] * len(done)
    assert found == expected
    assert len(found) == len(ALL)


@settings(deadline=None)
@given(
    lives,
    st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 20_000)), max_size=5),
    st.lists(st.integers(1, 30 * 1440), max_size=20),
)
def test_waits_move_the_marks_and_lose_none(life, waits, looks):
    clock, time = life
    steps = {START + timedelta(minutes=sum(looks[: n + 1])) for n in range(len(looks))}
    found, now = [], START
    for worked, waited in waits:
        paused_at = now + timedelta(minutes=worked)
        for moment in sorted(each for each in steps if now < each < paused_at):
            clock, done = look(clock, moment, time)
            found += done
        clock, done = look(clock, paused_at, time)
        found += done
        now = paused_at + timedelta(minutes=waited)
        waiting = replace(clock, state=State.WAITING)
        assert what_is_due(waiting, now + YEAR, time, MATRIX, POLICY) == []
        assert next_moment(waiting, time, MATRIX, POLICY) is None
        clock = replace(clock, due_at=resume(clock.due_at, paused_at, now, time))
    clock, done = look(clock, now + 3 * YEAR, time)
    found += done
    assert [due.mark for due in found] == ALL
    assert [due.level for due in found] == [0, 0, 1, 2, 3]
    assert [due.at for due in found] == sorted(due.at for due in found)


@pytest.mark.parametrize("state", RUNNING)
def test_the_ladder_is_climbed_in_working_days(state):
    clock = replace(filed(510), state=state)
    assert [(due.mark, due.level, due.at) for due in watch(clock, [START + YEAR], OFFICE)] == [
        (Mark.DUE_SOON, 0, at("2026-01-06T10:18:00")),
        (Mark.BREACHED, 0, at("2026-01-06T12:00:00")),
        (Mark.ESCALATE, 1, at("2026-01-06T12:00:00")),
        (Mark.ESCALATE, 2, at("2026-01-07T12:00:00")),
        (Mark.ESCALATE, 3, at("2026-01-09T12:00:00")),
    ]


def test_the_last_moment_of_a_promise_is_in_time():
    clock = replace(filed(), due_soon_at=START)
    assert what_is_due(clock, clock.due_at, OFFICE, MATRIX, POLICY) == []
    assert next_moment(clock, OFFICE, MATRIX, POLICY) > clock.due_at


def test_a_resolution_without_a_word_is_closed_once_and_nothing_else_happens_to_it():
    clock = replace(filed(), state=State.RESOLVED, closes_at=CLOSING)
    assert watch(clock, every(timedelta(hours=5), YEAR), OFFICE) == [Due(Mark.CLOSE, CLOSING)]
    assert what_is_due(clock, CLOSING, OFFICE, MATRIX, POLICY) == []


@pytest.mark.parametrize("state", [State.WAITING, *ENDED])
def test_nothing_is_due_while_the_city_waits_or_after_the_end(state):
    clock = replace(filed(), state=state, closes_at=CLOSING if state is State.CLOSED else None)
    assert what_is_due(clock, START + YEAR, OFFICE, MATRIX, POLICY) == []
    assert next_moment(clock, OFFICE, MATRIX, POLICY) is None


def test_a_promise_of_unknown_length_is_never_due_soon_but_is_breached():
    clock = replace(filed(), minutes=None)
    assert [due.mark for due in watch(clock, [START + YEAR], OFFICE)] == ALL[1:]


def test_a_new_promise_begins_without_marks_and_goes_on_up_the_ladder():
    clock, _ = look(filed(), at("2026-01-07T13:00:00"), OFFICE)
    assert clock.level == 2
    due_at = OFFICE.add(clock.due_at, 5_100)
    anew = replace(clock, due_at=due_at, due_soon_at=None, breached_at=None)
    found = watch(anew, [START + YEAR], OFFICE)
    assert [due.mark for due in found] == [Mark.DUE_SOON, Mark.BREACHED, Mark.ESCALATE]
    assert found[-1].level == 3


def test_a_priority_wins_over_a_department_and_a_department_over_the_city():
    assert MATRIX.after(3, "roads", "normal") == MATRIX.levels[3].after
    assert MATRIX.after(3, "water-supply", "normal") == RAW["departments"]["water-supply"][3]
    assert MATRIX.after(3, "water-supply", "emergency") == RAW["priorities"]["emergency"][3]


def test_the_shipped_ladder_has_three_steps_above_the_officer_in_charge():
    assert MATRIX.top == 3
    assert MATRIX.levels[0].post == "junior-engineer"


LEVELS = RAW["levels"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"levels": LEVELS[:1]}, "levels: at least"),
        ({"levels": [*LEVELS[:1], LEVELS[0]]}, "levels, 1: after missing"),
        ({"levels": [LEVELS[1], *LEVELS[1:]]}, "levels, 0: after not known"),
        ({"levels": [LEVELS[0], {**LEVELS[1], "after": -1}]}, "levels, 1, minutes: must be"),
        ({"levels": [{**LEVELS[0], "post": 7}, *LEVELS[1:]]}, "levels, 0: post must be"),
        ({"levels": [{**LEVELS[0], "en": None}, *LEVELS[1:]]}, "levels, 0: needs a name"),
        ({"priorities": {"urgent": {1: 0}}}, "priorities, urgent: must be one of low"),
        ({"priorities": {"high": {4: 0}}}, "priorities, high, a level: .* from 1 to 3"),
        ({"departments": {"roads": {2: "60"}}}, "departments, roads, 2, minutes: must be a whole"),
        ({"departments": {"roads": [60]}}, "departments, roads: must be a mapping"),
        (
            {"departments": {"water-suply": {2: 60}}},
            "departments, water-suply: must be one of roads",
        ),
        ({"wards": {}}, "escalation: wards not known"),
    ],
)
def test_a_mistake_in_the_file_is_named_with_its_place(change, says):
    with pytest.raises(ValueError, match=says):
        matrix({**RAW, **change}, DEPARTMENTS)


def test_moments_are_in_utc():
    assert all(due.at.tzinfo is UTC for due in watch(filed(), [START + YEAR], OFFICE))
