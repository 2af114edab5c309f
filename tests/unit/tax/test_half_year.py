"""The halves of the financial year."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palika.errors import Invalid
from services.tax.domain.billing import period_of
from services.tax.domain.half_year import HalfYear

HALVES = st.builds(HalfYear, st.integers(1900, 2099), st.sampled_from([1, 2]))
DAYS = st.dates(date(1900, 4, 1), date(2100, 3, 31))


@pytest.mark.parametrize(
    ("day", "half"),
    [
        (date(2026, 3, 31), "2025-26/2"),
        (date(2026, 4, 1), "2026-27/1"),
        (date(2026, 9, 30), "2026-27/1"),
        (date(2026, 10, 1), "2026-27/2"),
        (date(2026, 12, 31), "2026-27/2"),
        (date(2027, 1, 1), "2026-27/2"),
        (date(2024, 2, 29), "2023-24/2"),
        (date(1999, 10, 1), "1999-00/2"),
    ],
)
def test_a_half_begins_in_april_and_in_october(day, half):
    assert str(HalfYear.of(day)) == half


@given(DAYS)
def test_every_day_lies_in_its_half_and_in_no_other(day):
    half = HalfYear.of(day)
    assert half.first_day <= day <= half.last_day
    assert day in half
    assert half.financial_year == period_of(day)
    for halves in (-1, 1):
        if HalfYear(1900, 1) < half < HalfYear(2099, 2):
            assert day not in half.plus(halves)


@given(HALVES)
def test_it_is_read_as_it_is_written(half):
    assert HalfYear.parse(str(half)) == half
    assert HalfYear.parse(half.code) == half


@given(HALVES.filter(lambda half: half < HalfYear(2099, 2)))
def test_the_next_begins_when_one_has_ended(half):
    assert half.plus(1).first_day == half.last_day + timedelta(days=1)
    assert half.plus(1) > half
    assert half.plus(1).plus(-1) == half


@given(HALVES, HALVES)
def test_the_halves_from_one_to_another_are_all_of_them_in_order(first, last):
    between = list(first.to(last))
    assert between == sorted(between)
    assert len(between) == max(0, last.since(first) + 1)
    if first <= last:
        assert (between[0], between[-1]) == (first, last)
        assert first.plus(last.since(first)) == last
        assert sum(half.days for half in between) == (last.last_day - first.first_day).days + 1
    assert (first < last) == (first.first_day < last.first_day)


def test_punes_bills_write_year_and_half_as_one_number():
    assert HalfYear.parse("20231") == HalfYear(2023, 1)
    assert str(HalfYear.parse("20232")) == "2023-24/2"
    assert HalfYear(2026, 1).code == "20261"


@pytest.mark.parametrize(
    ("half", "days"),
    [("2023-24/1", 183), ("2023-24/2", 183), ("2022-23/2", 182), ("1999-00/2", 183)],
)
def test_a_leap_year_makes_its_second_half_a_day_longer(half, days):
    assert HalfYear.parse(half).days == days


@pytest.mark.parametrize(
    "text",
    ["2026-27", "2026-27/3", "2026-27/0", "2026-28/1", "20263", "2026", "18991", "21001", ""],
)
def test_what_is_wrong_in_figures_is_refused(text):
    with pytest.raises(Invalid) as refused:
        HalfYear.parse(text)
    assert list(refused.value.fields) == ["half_year"]


@pytest.mark.parametrize(
    "text", [" 20261", "20261\n", "2026-27/1 ", "२०२६१", 20261, None, ["20261"]]
)
def test_what_is_no_half_year_is_refused(text):
    with pytest.raises(Invalid) as refused:
        HalfYear.parse(text)
    assert list(refused.value.fields) == ["half_year"]


@pytest.mark.parametrize(
    ("year", "half"), [(1899, 2), (2100, 1), (2026, 0), (2026, 3), (2026, True), (2026.0, 1)]
)
def test_nothing_else_can_be_made(year, half):
    with pytest.raises(Invalid):
        HalfYear(year, half)


@pytest.mark.parametrize("day", [date(1900, 3, 31), date(2100, 4, 1)])
def test_a_day_of_another_age_has_no_half(day):
    with pytest.raises(Invalid):
        HalfYear.of(day)
