"""India's time, its telephone numbers and its way of writing numbers."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palika.errors import Invalid
from palika.india import day_of, end_of, grouped, normal_phone, rupees, start_of


def test_the_day_turns_at_midnight_in_india():
    assert day_of(datetime(2026, 3, 31, 18, 29, 59, tzinfo=UTC)) == date(2026, 3, 31)
    assert day_of(datetime(2026, 3, 31, 18, 30, tzinfo=UTC)) == date(2026, 4, 1)


def test_a_day_goes_from_its_first_moment_up_to_the_first_of_the_next():
    first = date(2026, 4, 1)
    assert start_of(first) == datetime(2026, 3, 31, 18, 30, tzinfo=UTC)
    assert end_of(first) == start_of(date(2026, 4, 2))


@given(st.integers(-631_152_000, 4_102_444_800))
def test_every_moment_is_in_one_day_only(seconds):
    at = datetime.fromtimestamp(seconds, UTC)
    day = day_of(at)
    near = (day - timedelta(1), day, day + timedelta(1))
    assert [each for each in near if start_of(each) <= at < end_of(each)] == [day]


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


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("98220 12345", "+919822012345"),
        ("९८२२० १२३४५", "+919822012345"),
        ("+९१-९८२२०-१२३४५", "+919822012345"),
        ("098220-12345", "+919822012345"),
        ("+91 (98220) 12345", "+919822012345"),
        ("919822012345", "+919822012345"),
        ("+1 314 622 4800", "+13146224800"),
        ("+911000000001", "+911000000001"),
    ],
)
def test_a_telephone_number_is_kept_in_one_form(written, kept):
    assert normal_phone(written) == kept


@pytest.mark.parametrize(
    "written", ["", "12345", "9822012345678901", "abc", "+0123456789", "1234567890"]
)
def test_what_is_no_telephone_number_is_refused(written):
    with pytest.raises(Invalid):
        normal_phone(written)
