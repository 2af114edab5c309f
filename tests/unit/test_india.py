"""India's time and its way of writing numbers."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palika.india import day_of, grouped, rupees


def test_the_day_turns_at_midnight_in_india():
    assert day_of(datetime(2026, 3, 31, 18, 29, 59, tzinfo=UTC)) == date(2026, 3, 31)
    assert day_of(datetime(2026, 3, 31, 18, 30, tzinfo=UTC)) == date(2026, 4, 1)


@given(st.integers(-(10**15), 10**15))
def test_grouping_loses_no_digit_and_groups_by_three_then_twos(value):
    shown = grouped(value)
    assert int(shown.replace(",", "")) == value
    *head, tail = shown.lstrip("-").split(",")
    assert len(tail) == 3 if head else len(tail) <= 3
    assert all(len(part) == 2 for part in head[1:])


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (0, "₹0.00"),
        (5, "₹0.05"),
        (99_999, "₹999.99"),
        (1_00_000, "₹1,000.00"),
        (1_15_000_50, "₹1,15,000.50"),
        (12_34_56_789_00, "₹12,34,56,789.00"),
        (-1_00_000_00, "-₹1,00,000.00"),
    ],
)
def test_rupees_are_grouped_the_indian_way(amount, shown):
    assert rupees(amount) == shown
