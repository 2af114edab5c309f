"""Who may appeal, until which day, and by when it is decided."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palika.errors import Conflict, Invalid
from palika.india import INDIA, day_of
from services.grievance.domain.appeals import (
    Appealed,
    Case,
    Ground,
    appeal_rules,
    decide_by,
    may_appeal,
)
from services.grievance.domain.calendar_file import calendar
from services.grievance.domain.lifecycle import State
from services.grievance.domain.policy import policy
from services.grievance.reference import read_data

NUMBER = "PMC-2026-000123"

OFFICE = calendar(read_data("calendar.yaml"))
RUNGS = ("junior-engineer", "deputy-engineer", "ward-officer", "department-head")
RAW = read_data("policy.yaml")["appeals"]
RULES = policy(read_data("policy.yaml"), RUNGS).appeals


def at(text: str) -> datetime:
    """A moment of India's time."""
    return datetime.fromisoformat(text).replace(tzinfo=INDIA)


REJECTED = Case(
    NUMBER, State.REJECTED, at("2026-06-05T12:00:00"), ended_at=at("2026-06-01T12:00:00")
)  # its last day is Wednesday, 1 July
OPEN = Case(NUMBER, State.IN_PROGRESS, at("2026-06-01T12:00:00"))


def appeal(case=REJECTED, earlier=(), now="2026-06-10T12:00:00", reason=None):
    return may_appeal(case, earlier, at(now), OFFICE, RULES, reason=reason)


@pytest.mark.parametrize(
    ("case", "ground"),
    [
        (REJECTED, Ground.REJECTED),
        (OPEN, Ground.OVERDUE),
        (replace(OPEN, state=State.RESOLVED, resolved_at=OPEN.due_at), Ground.NOT_PUT_RIGHT),
        (replace(OPEN, state=State.CLOSED, resolved_at=OPEN.due_at), Ground.NOT_PUT_RIGHT),
    ],
)
def test_what_was_rejected_is_late_or_not_put_right_may_be_appealed_against(case, ground):
    admitted = appeal(case)
    assert (admitted.level, admitted.ground) == (1, ground)
    assert admitted.last_day == date(2026, 7, 1)


def test_what_is_in_time_may_not_be_and_the_day_it_is_due_is_told():
    with pytest.raises(Conflict, match=f"{NUMBER} is not due before 2026-06-01"):
        appeal(OPEN, now="2026-06-01T12:00:00")


def test_what_waits_for_the_citizen_is_not_late():
    waiting = replace(OPEN, state=State.WAITING, paused_at=OPEN.due_at - timedelta(hours=1))
    with pytest.raises(Conflict, match=f"{NUMBER} is not due before"):
        appeal(waiting)
    late = replace(waiting, paused_at=OPEN.due_at + timedelta(hours=1))
    assert appeal(late).ground is Ground.OVERDUE


def test_against_what_was_withdrawn_there_is_no_appeal():
    with pytest.raises(Conflict, match=f"{NUMBER} is withdrawn"):
        appeal(replace(OPEN, state=State.WITHDRAWN))


def test_against_a_merging_there_is_one_from_the_day_of_it_or_of_its_originals_end():
    merged = replace(OPEN, state=State.MERGED, ended_at=OPEN.due_at)
    admitted = appeal(merged)
    assert (admitted.level, admitted.ground, admitted.last_day) == (
        1, Ground.MERGED, date(2026, 7, 1),
    )  # fmt: skip


def test_the_last_day_is_a_whole_day_and_after_it_a_reason_is_needed():
    appeal(now="2026-07-01T23:59:59.999999")
    with pytest.raises(Invalid) as late:
        appeal(now="2026-07-02T00:00:00")
    assert "2026-07-01" in late.value.fields["reason"][0]
    assert "2026-08-31" in late.value.fields["reason"][0], "30 August is a Sunday"
    with pytest.raises(Invalid):
        appeal(now="2026-07-02T00:00:00", reason=" ")
    assert appeal(now="2026-08-31T23:00:00", reason="ill").last_day == date(2026, 7, 1)


def test_when_even_a_reason_comes_too_late_the_last_days_are_told():
    with pytest.raises(Conflict, match="was 2026-07-01, and 2026-08-31 with a reason") as refused:
        appeal(now="2026-09-01T00:00:00", reason="ill")
    assert refused.value.details["last_day"] == "2026-07-01"


def test_a_last_day_on_which_the_office_is_closed_moves_to_the_next_that_it_opens():
    rejected = replace(REJECTED, ended_at=at("2026-08-15T12:00:00"))
    assert appeal(rejected, now="2026-08-20T12:00:00").last_day == date(2026, 9, 15), "Ganesh"
    by = decide_by(at("2026-10-09T12:00:00"), 1, OFFICE, RULES)
    assert by == at("2026-11-09T23:59:59"), "8 November is a Sunday"


@settings(deadline=None)
@given(
    st.integers(0, 970 * 1440).map(
        lambda minutes: at("2025-01-01T00:00:00") + timedelta(minutes=minutes)
    )
)
def test_nobody_has_less_time_than_the_days_written_down(ended_at):
    admitted = may_appeal(replace(REJECTED, ended_at=ended_at), (), ended_at, OFFICE, RULES)
    days = (admitted.last_day - day_of(ended_at)).days
    assert RULES[0].within_days <= days <= RULES[0].within_days + 5
    assert OFFICE.works_on(admitted.last_day)


FIRST = Appealed(at("2026-06-10T12:00:00"), at("2026-07-10T23:59:59"))


def test_an_order_opens_the_next_level_from_its_own_day():
    ordered = replace(FIRST, decided_at=at("2026-07-06T12:00:00"))
    admitted = appeal(earlier=[ordered], now="2026-07-07T12:00:00")
    assert (admitted.level, admitted.ground) == (2, Ground.ORDER)
    assert admitted.last_day == date(2026, 8, 5)


def test_while_the_first_may_still_be_decided_the_second_waits():
    with pytest.raises(Conflict, match="decided by 2026-07-10"):
        appeal(earlier=[FIRST], now="2026-07-10T23:59:59")


def test_without_an_order_the_second_is_open_until_45_days_after_the_first():
    admitted = appeal(earlier=[FIRST], now="2026-07-11T00:00:00")
    assert (admitted.level, admitted.ground) == (2, Ground.NO_ORDER)
    assert admitted.last_day == date(2026, 7, 27), "the 45th day, 25 July, is a Saturday"


def test_the_third_goes_to_the_commission_and_there_is_no_fourth():
    first = replace(FIRST, decided_at=at("2026-07-06T12:00:00"))
    second = Appealed(
        at("2026-07-07T12:00:00"), at("2026-08-21T23:59:59"), at("2026-08-03T12:00:00")
    )
    admitted = appeal(earlier=[first, second], now="2026-08-04T12:00:00")
    assert admitted.level == 3
    assert "Commission" in RULES[admitted.level - 1].name.en
    with pytest.raises(Conflict, match="every level"):
        appeal(earlier=[first, second, second], now="2026-08-05T12:00:00")


def test_the_statutory_clocks_are_those_of_the_act():
    assert [(level.within_days, level.decide_days) for level in RULES[:2]] == [(30, 30), (30, 45)]
    assert RULES[1].without_order_days == 45
    appealed_at = at("2026-06-10T12:00:00")
    assert day_of(decide_by(appealed_at, 1, OFFICE, RULES)) == date(2026, 7, 10)
    assert day_of(decide_by(appealed_at, 2, OFFICE, RULES)) == date(2026, 7, 27)


@pytest.mark.parametrize(
    ("level", "change", "says"),
    [
        (0, {"within_days": 0}, "appeals, 1, within_days: must be a whole number from 1"),
        (0, {"late_days": 20}, "appeals, 1: late_days .* not be less"),
        (0, {"without_order_days": 45}, "appeals, 1: without_order_days not known"),
        (1, {"without_order_days": 30}, "appeals, 2: without_order_days .* more than the 30 days"),
        (1, {"decide_days": None}, "appeals, 2, decide_days: must be"),
        (2, {"mr": ""}, "appeals, 3: needs a name"),
    ],
)
def test_a_mistake_in_the_file_is_named_with_its_place(level, change, says):
    raw = [dict(each) for each in RAW]
    raw[level].update(change)
    with pytest.raises(ValueError, match=says):
        appeal_rules(raw, RUNGS)


def test_what_is_done_after_an_order_is_appealed_against_at_the_next_level_with_its_own_days():
    ordered = replace(FIRST, decided_at=at("2026-06-15T12:00:00"))
    again = replace(OPEN, state=State.RESOLVED, resolved_at=at("2026-08-03T12:00:00"))
    admitted = appeal(again, [ordered], "2026-09-01T12:00:00")
    assert (admitted.level, admitted.ground) == (2, Ground.NOT_PUT_RIGHT)
    assert admitted.last_day == date(2026, 9, 2)
    with pytest.raises(Conflict, match="the last day to appeal was 2026-07-15"):
        appeal(OPEN, [ordered], "2026-10-01T12:00:00", reason="ill")


def test_who_has_won_appeals_again_when_it_is_late_after_the_order_and_not_before():
    won = replace(FIRST, decided_at=at("2026-06-15T12:00:00"), upheld=True)
    again = replace(OPEN, due_at=at("2026-06-25T12:00:00"))
    with pytest.raises(Conflict, match="to level 1 was upheld on 2026-06-15; the next is possible"):
        appeal(again, [won], "2026-06-20T12:00:00")
    late = appeal(again, [won], "2026-06-26T12:00:00")
    assert (late.level, late.ground, late.last_day) == (2, Ground.OVERDUE, date(2026, 7, 27))
    # It was late before, and the order is not followed.
    still = appeal(OPEN, [won], "2026-06-26T12:00:00")
    assert (still.ground, still.last_day) == (Ground.OVERDUE, date(2026, 7, 15))


def test_what_has_lapsed_is_no_order_and_the_next_is_against_what_comes_after_it():
    lapsed = replace(FIRST, decided_at=at("2026-06-15T12:00:00"), lapsed=True)
    closed = Case(NUMBER, State.CLOSED, OPEN.due_at, resolved_at=at("2026-06-12T12:00:00"))
    with pytest.raises(Conflict, match="to level 1 lapsed on 2026-06-15, as its citizen was"):
        appeal(closed, [lapsed], "2026-06-20T12:00:00")
    again = appeal(OPEN, [lapsed], "2026-06-20T12:00:00")
    assert (again.level, again.ground) == (2, Ground.OVERDUE)
    done = replace(closed, resolved_at=at("2026-06-18T12:00:00"))
    assert appeal(done, [lapsed], "2026-06-20T12:00:00").ground is Ground.NOT_PUT_RIGHT


def test_a_promise_that_runs_out_after_an_order_against_the_citizen_is_a_ground_of_its_own():
    lost = replace(FIRST, decided_at=at("2026-06-15T12:00:00"))
    again = replace(OPEN, due_at=at("2026-09-01T12:00:00"))
    assert appeal(again, [lost], "2026-06-20T12:00:00").ground is Ground.ORDER
    late = appeal(again, [lost], "2026-09-02T12:00:00")
    assert (late.level, late.ground, late.last_day) == (2, Ground.OVERDUE, date(2026, 10, 1))


@settings(deadline=None)
@given(
    st.integers(0, 800 * 1440).map(
        lambda minutes: at("2025-01-01T00:00:00") + timedelta(minutes=minutes)
    ),
    st.integers(0, 120 * 1440).map(lambda minutes: timedelta(minutes=minutes)),
)
def test_at_every_moment_either_the_first_may_be_decided_or_the_second_is_open(appealed_at, after):
    by = decide_by(appealed_at, 1, OFFICE, RULES)
    assert RULES[0].decide_days <= (day_of(by) - day_of(appealed_at)).days <= 35
    assert OFFICE.works_on(day_of(by))
    first, now = Appealed(appealed_at, by), appealed_at + after
    late = (day_of(now) - day_of(appealed_at)).days > RULES[1].late_days
    try:
        admitted = may_appeal(REJECTED, [first], now, OFFICE, RULES, reason="ill")
    except Conflict:
        assert now <= by or late
    else:
        assert now > by
        assert (admitted.level, admitted.ground) == (2, Ground.NO_ORDER)


def test_no_more_levels_than_are_kept():
    with pytest.raises(ValueError, match="at most 3"):
        appeal_rules([*RAW, RAW[-1] | {"without_order_days": 200}], RUNGS)
