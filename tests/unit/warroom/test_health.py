"""A threshold belongs to the worse side, exactly."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from palika.text import Name
from services.warroom.domain.facts import Milestone, Money, MoneyKind, Project, State
from services.warroom.domain.health import health
from services.warroom.domain.policy import Threshold, policy
from services.warroom.reference import read_data

TODAY = date(2026, 6, 1)
MOMENT = datetime(2026, 6, 1, 4, 30, tzinfo=UTC)
POLICY = replace(policy(read_data("policy.yaml")), schedule_percent=Threshold(95, 80))
ROAD = Project("RD-01", Name("रस्ता", "A road"), "roads", "roads-ce", date(2026, 1, 1))


def milestone(weight: int, planned: str, done: str | None = None) -> Milestone:
    return Milestone(
        uuid4().hex[:8],
        Name("काम", "Work"),
        "execution",
        weight,
        date.fromisoformat(planned),
        done_on=done and date.fromisoformat(done),
    )


def state_of(*milestones: Milestone, money: tuple[Money, ...] = ()) -> State:
    facts: dict[UUID, Milestone] = {uuid4(): each for each in milestones}
    return State(
        *(uuid4(), 1, MOMENT, MOMENT, ROAD, facts, {uuid4(): each for each in money}),
        *({}, {}, {}, {}, {}, {}, {}, None),
    )


def judged(*milestones: Milestone, money: tuple[Money, ...] = ()) -> dict[str, Any]:
    state = state_of(*milestones, money=money)
    return {each.code: each for each in health(state, POLICY, TODAY, TODAY).reasons}


@pytest.mark.parametrize(("done", "light"), [(4, "red"), (5, "green")])
def test_four_fifths_of_the_plan_are_red_where_red_begins_at_80_per_cent(done, light):
    """(4 / 61) / (5 / 61) × 100 is 80.00000000000001 as floating point has it."""
    stones = [milestone(1, "2026-03-01", "2026-03-01" if at < done else None) for at in range(5)]
    found = judged(*stones, milestone(56, "2026-12-01"))
    assert found["schedule"].light == light


def test_spending_is_red_exactly_where_it_is_30_points_ahead():
    budget = Money(MoneyKind.SANCTIONED, 700, date(2026, 1, 1))
    stones = [milestone(1, "2026-03-01", "2026-03-01"), milestone(6, "2026-12-01")]
    for spent, light in ((309, "amber"), (310, "red")):
        found = judged(*stones, money=(budget, Money(MoneyKind.SPENT, spent, TODAY)))
        assert found["spend"].light == light


def test_what_is_nearly_done_is_not_said_to_be_done():
    found = judged(milestone(996, "2026-03-01", "2026-03-01"), milestone(4, "2026-03-01"))
    assert found["schedule"].text.en == "100% was planned by now, 99% is done"


@pytest.mark.parametrize(
    ("planned", "done", "light", "words"),
    [
        ("2026-06-01", None, "green", "60% was planned by now, 60% is done"),
        ("2026-06-01", "2026-06-01", "green", "75% was planned by now, 75% is done"),
        ("2026-05-31", None, "red", "75% was planned by now, 60% is done"),
    ],
)
def test_a_milestone_is_behind_once_its_day_is_over(planned, done, light, words):
    stones = [milestone(60, "2026-03-01", "2026-03-01"), milestone(15, planned, done)]
    found = judged(*stones, milestone(25, "2026-12-01"))["schedule"]
    assert (found.light, found.text.en) == (light, words)


def test_what_is_finished_is_not_silent_nor_late_any_more():
    stones = [milestone(1, "2025-02-01", "2026-03-01"), milestone(1, "2025-03-01", "2026-04-01")]
    found = health(state_of(*stones), POLICY, TODAY, date(2026, 1, 1))
    assert found.light == "green"
    told = {each.code: each.text.en for each in found.reasons}
    assert "silence" not in told
    assert told["slip"] == "all of it was reached on 01-04-2026: 396 days late"
