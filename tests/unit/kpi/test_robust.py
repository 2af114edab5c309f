"""Medians and deviations that a few wild values do not carry away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kpi.domain.robust import NORMAL, slope, spread, within

numbers = st.integers(-1_000, 1_000).map(float)


def test_the_spread_is_that_of_the_middle_values_by_hand():
    # Middle 5; off by 4, 2, 0, 2, 995: the middle of these is 2.
    found = spread([1, 3, 5, 7, 1000])
    assert (found.middle, found.mad, found.deviation) == (5, 2, NORMAL * 2)


def test_where_most_values_are_equal_the_mean_deviation_counts():
    found = spread([5, 5, 5, 5, 9])
    assert (found.mad, found.deviation) == (0, pytest.approx(1.2533 * 4 / 5))
    assert spread([5, 5, 5]).deviation == 0


def test_the_slope_is_the_middle_of_all_pairs_and_leaves_gaps_out():
    assert slope([0, 2, 4, 600, 8]) == 2
    assert slope([0, None, 4, None, 8]) == 2
    assert slope([3]) == slope([]) == 0


def test_how_far_off_counts_the_next_error_too():
    errors = [1, -2, 3, -4, 5, 6, 7, 8, 9, 10]
    assert within(errors, 0.8) == 9
    assert within([1, 2, 3], 0.8) is None
    # Neighbours that are four periods ahead say less.
    assert within(errors, 0.8, overlap=4) == 10


@given(st.lists(numbers, min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_values_does_not_matter_to_their_spread(values, random):
    shuffled = list(values)
    random.shuffle(shuffled)
    assert spread(shuffled) == spread(values)


@given(st.lists(numbers, min_size=1, max_size=12), st.sampled_from([0.5, 2.0, 64.0]))
def test_a_spread_and_a_slope_grow_with_the_unit(values, factor):
    scaled = [factor * each for each in values]
    assert spread(scaled).deviation == pytest.approx(factor * spread(values).deviation)
    assert slope(scaled) == pytest.approx(factor * slope(values))
