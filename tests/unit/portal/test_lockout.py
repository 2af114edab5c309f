"""How long who fails is kept waiting."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from services.portal.domain.lockout import (
    PATIENCE,
    Scope,
    Tried,
    after_failure,
    after_success,
    has_begun_to_wait,
    waits,
)

NOW = datetime(2026, 4, 1, 6, 0, tzinfo=UTC)


def failed(scope: Scope, times: int, now: datetime = NOW) -> list[Tried]:
    """The counts after each of some failures, made as soon as they may be."""
    found: list[Tried] = []
    tried = None
    for _ in range(times):
        now += waits(tried, now)
        tried = after_failure(scope, tried, now)
        found.append(tried)
    return found


@pytest.mark.parametrize("scope", Scope)
def test_the_first_ones_cost_nothing_and_then_the_wait_doubles_to_its_longest(scope: Scope) -> None:
    patience = PATIENCE[scope]
    costs = [waits(each, each.last_at) for each in failed(scope, patience.free + 12)]
    assert costs[: patience.free] == [timedelta()] * patience.free
    assert costs[patience.free] == patience.first
    assert all(
        after in (2 * before, patience.longest)
        for before, after in pairwise(costs[patience.free :])
    )
    assert costs[-1] == patience.longest


@pytest.mark.parametrize("scope", Scope)
def test_nothing_that_an_attacker_does_shuts_anybody_out_for_good(scope: Scope) -> None:
    tried = Tried(10**9, NOW, NOW)
    after = after_failure(scope, tried, NOW)
    assert waits(after, NOW) == PATIENCE[scope].longest <= timedelta(minutes=15)
    assert waits(after, NOW + PATIENCE[scope].longest) == timedelta()


def test_what_was_long_ago_is_forgotten() -> None:
    patience = PATIENCE[Scope.STRANGERS]
    tried = failed(Scope.STRANGERS, patience.free + 3)[-1]
    later = tried.last_at + patience.forget
    assert after_failure(Scope.STRANGERS, tried, later).count == 1
    assert after_failure(Scope.STRANGERS, tried, later - timedelta(seconds=1)).count > 1


@pytest.mark.parametrize("scope", Scope)
def test_a_count_wears_off_bit_by_bit_once_it_may_be_tried_again(scope: Scope) -> None:
    patience = PATIENCE[scope]
    tried = failed(scope, patience.free + 12)[-1]
    assert tried.count == patience.most
    each = patience.forget / patience.free
    assert after_failure(scope, tried, tried.free_at).count == patience.most
    later = tried.free_at + 2 * each
    assert after_failure(scope, tried, later).count == patience.most - 2 + 1
    assert after_failure(scope, tried, later - timedelta(seconds=1)).count == patience.most


def test_what_was_right_costs_nothing_but_what_others_failed_meanwhile_does() -> None:
    before = failed(Scope.CLIENT, PATIENCE[Scope.CLIENT].free)[-1]
    counted = after_failure(Scope.CLIENT, before, NOW)
    assert waits(counted, NOW)
    assert after_success(counted, counted) == Tried(before.count, NOW, NOW)
    other = after_failure(Scope.CLIENT, counted, counted.free_at)
    left = after_success(counted, other)
    assert (left.count, left.free_at) == (counted.count, other.free_at)


def test_others_are_told_once_when_the_waiting_begins() -> None:
    told = [has_begun_to_wait(Scope.STRANGERS, each) for each in failed(Scope.STRANGERS, 12)]
    assert told.count(True) == 1
    assert told.index(True) == PATIENCE[Scope.STRANGERS].free
