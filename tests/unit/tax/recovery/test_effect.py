"""What a campaign has brought is known as well as the spread of what was paid lets it be."""

import random

import numpy as np
import pytest

from services.tax.domain.effect import Group, effect


def group(paid: list[int]) -> Group:
    return Group(len(paid), sum(paid), sum(each * each for each in paid))


def test_it_is_the_difference_of_the_means_with_its_interval():
    planned, alone = [100_00, 0, 300_00, 200_00], [0, 50_00, 10_00]
    found = effect(group(planned), group(alone))
    assert found is not None
    error = np.sqrt(np.var(planned, ddof=1) / 4 + np.var(alone, ddof=1) / 3)
    assert found.more == 130_00
    assert found.low == pytest.approx(130_00 - 1.96 * error, abs=1)
    assert found.high == pytest.approx(130_00 + 1.96 * error, abs=1)
    assert found.in_all == 4 * 130_00


def test_of_one_there_is_no_spread():
    assert effect(group([5]), group([1, 2])) is None
    assert effect(group([1, 2]), group([5])) is None
    assert effect(group([]), group([])) is None


def test_where_nothing_is_brought_the_interval_says_so():
    """Nineteen times of twenty, as it claims."""
    rng = random.Random(1)
    right = 0
    for _ in range(400):
        paid = [rng.choice([0, 0, 0, rng.randrange(1_000_00, 90_000_00)]) for _ in range(400)]
        found = effect(group(paid[:300]), group(paid[300:]))
        assert found is not None
        right += found.low <= 0 <= found.high
    assert 0.92 <= right / 400 <= 0.98
