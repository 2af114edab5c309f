"""A project's end by its own pace, and when that cannot be told."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palika.text import Name
from services.warroom.domain.facts import Milestone
from services.warroom.domain.forecast import NO_PLAN, TOO_FEW, TOO_SCATTERED, WHY, by_pace

START = date(2026, 1, 1)


def day(number: int) -> date:
    return START + timedelta(days=number)


def milestones(
    planned: list[int], took: list[int], weights: list[int] | None = None
) -> dict[UUID, Milestone]:
    """Milestones planned after these days, the first of which were reached after those."""
    done = [*took, *[None] * (len(planned) - len(took))]
    return {
        UUID(int=number): Milestone(
            key=f"m{number}",
            name=Name("अ", "a"),
            stage="execution",
            weight=weights[number] if weights else 1,
            planned_on=day(plan),
            done_on=None if reached is None else day(reached),
        )
        for number, (plan, reached) in enumerate(zip(planned, done, strict=True))
    }


def test_a_project_that_takes_twice_as_long_goes_on_so():
    found = by_pace(milestones([10, 20, 30, 40, 50], [20, 40, 60]), START, day(60), 730)
    assert found.finish_on == found.low_on == found.high_on == day(100)
    assert found.milestones == {UUID(int=3): day(80), UUID(int=4): day(100)}


def test_an_irregular_pace_has_an_interval_around_the_forecast():
    found = by_pace(milestones([10, 20, 30, 40, 50], [10, 30, 45]), START, day(45), 730)
    assert found.finish_on == day(75)
    assert found.low_on < found.finish_on < found.high_on


def test_a_project_that_stands_still_does_not_keep_its_old_forecast():
    planned, took = [10, 20, 30, 40, 50], [10, 20, 30]
    assert by_pace(milestones(planned, took), START, day(35), 730).finish_on == day(50)
    later = by_pace(milestones(planned, took), START, day(90), 7_300)
    assert later.finish_on > day(100)


@pytest.mark.parametrize(
    ("given_", "why"),
    [
        (({}), NO_PLAN),
        (milestones([0, 0], []), NO_PLAN),
        (milestones([10, 20], [], [0, 0]), NO_PLAN),
        (milestones([10, 20, 30, 40], [10, 20]), TOO_FEW),
        (milestones([10, 20, 30, 400], [1, 2, 300]), TOO_SCATTERED),
    ],
)
def test_what_cannot_be_told_is_not_told_and_says_why(given_, why):
    found = by_pace(given_, START, day(300), 200)
    assert (found.finish_on, found.cannot) == (None, why)
    assert WHY[why].mr
    assert WHY[why].en


def test_what_is_done_was_done_on_its_day():
    found = by_pace(milestones([10, 20], [15, 35]), START, day(300), 730)
    assert found.finish_on == day(35)


@given(
    st.lists(st.integers(1, 60), min_size=4, max_size=9),
    st.lists(st.integers(1, 200), min_size=3, max_size=8),
    st.integers(0, 400),
)
def test_a_forecast_is_never_past_and_lies_in_its_interval(gaps, took, waited):
    planned = [sum(gaps[: number + 1]) for number in range(len(gaps))]
    reached = [sum(took[: number + 1]) for number in range(min(len(took), len(gaps) - 1))]
    today = day(reached[-1] + waited)
    found = by_pace(milestones(planned, reached), START, today, 100_000)
    if found.finish_on is None:
        assert found.cannot in WHY
        return
    assert today <= found.low_on <= found.finish_on <= found.high_on
    assert max(found.milestones.values()) <= found.finish_on
