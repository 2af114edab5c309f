"""Periods: their codes and days, those before, and which of them the public may ask about."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palika.errors import Invalid
from services.kpi.domain.formula import Shift
from services.kpi.domain.period import (
    FREQUENCIES,
    Window,
    check_public,
    containing,
    financial_year,
    last_public,
    of_days,
    period,
)

TODAY = date(2026, 7, 10)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 6, 1), date(2026, 6, 30)),
        (date(2026, 2, 1), date(2026, 2, 28)),
        (date(2025, 4, 1), date(2026, 3, 31)),
    ],
)
def test_whole_months_that_are_over_are_public(first, last):
    check_public(first, last, TODAY)


@pytest.mark.parametrize(
    ("first", "last", "wrong"),
    [
        (date(2026, 6, 10), date(2026, 6, 10), {"from_day", "to_day"}),
        (date(2026, 6, 2), date(2026, 6, 30), {"from_day"}),
        (date(2026, 6, 1), date(2026, 6, 29), {"to_day"}),
        (date(2024, 2, 1), date(2024, 2, 28), {"to_day"}),
        (date(2026, 7, 1), date(2026, 7, 10), {"to_day"}),
        (date(2026, 7, 1), date(2026, 7, 31), {"to_day"}),
        (date(2026, 8, 1), date(2026, 8, 31), {"to_day"}),
        (date(9999, 12, 1), date(9999, 12, 31), {"to_day"}),
    ],
)
def test_no_two_public_answers_differ_by_a_day(first, last, wrong):
    with pytest.raises(Invalid) as refused:
        check_public(first, last, TODAY)
    assert set(refused.value.fields) == wrong


DAYS = st.dates(date(1950, 1, 1), date(2150, 12, 31))


@pytest.mark.parametrize(
    ("code", "frequency", "first", "last", "year"),
    [
        ("2026-11-28", "day", date(2026, 11, 28), date(2026, 11, 28), 2026),
        ("2026-W48", "week", date(2026, 11, 23), date(2026, 11, 29), 2026),
        ("2026-W01", "week", date(2025, 12, 29), date(2026, 1, 4), 2025),
        ("2020-W53", "week", date(2020, 12, 28), date(2021, 1, 3), 2020),
        ("2026-11", "month", date(2026, 11, 1), date(2026, 11, 30), 2026),
        ("2024-02", "month", date(2024, 2, 1), date(2024, 2, 29), 2023),
        ("2026-Q1", "quarter", date(2026, 4, 1), date(2026, 6, 30), 2026),
        ("2026-Q3", "quarter", date(2026, 10, 1), date(2026, 12, 31), 2026),
        ("2026-Q4", "quarter", date(2027, 1, 1), date(2027, 3, 31), 2026),
        ("2026-H1", "half_year", date(2026, 4, 1), date(2026, 9, 30), 2026),
        ("2026-H2", "half_year", date(2026, 10, 1), date(2027, 3, 31), 2026),
        ("2026", "year", date(2026, 4, 1), date(2027, 3, 31), 2026),
    ],
)
def test_a_code_names_its_days(code, frequency, first, last, year):
    found = period(code)
    assert (found.frequency, found.first, found.last, found.year) == (frequency, first, last, year)
    assert found.code == str(found) == code


@pytest.mark.parametrize(
    "code",
    ["", "26", "2026-13", "2026-00", "2026-Q5", "2026-H3", "2026-W54", "2025-W53", "2026-W00",
     "2026-02-29", "26-11", " 2026", "2026-11 ", "२०२६", "1899", "2201", "2026-Q3-1", 2026,
     None],
)  # fmt: skip
def test_what_is_no_period_is_refused(code):
    with pytest.raises(Invalid) as refused:
        period(code)
    assert set(refused.value.fields) == {"period"}


@given(DAYS, st.sampled_from(FREQUENCIES))
def test_every_day_is_in_one_period_of_each_frequency(day, frequency):
    found = containing(day, frequency)
    assert found.first <= day <= found.last
    assert period(found.code) == found
    assert found.next().previous() == found.previous().next() == found
    assert (found.next().first - found.last).days == 1
    assert of_days(found.first, found.last) == found
    assert financial_year(found.last) == found.year


@given(DAYS, st.sampled_from(["month", "quarter", "half_year", "year"]))
def test_a_year_before_is_the_same_period_of_that_year(day, frequency):
    found = containing(day, frequency)
    before = found.last_year()
    assert (before.first.year, before.first.month) == (found.first.year - 1, found.first.month)
    assert before.code[4:] == found.code[4:]


def test_a_year_before_of_what_is_not_in_every_year_is_the_nearest():
    assert period("2020-W53").last_year() == period("2019-W52")
    assert period("2026-W48").last_year() == period("2025-W48")
    assert period("2024-02-29").last_year() == period("2023-02-28")


@pytest.mark.parametrize(
    ("code", "shift", "first", "last"),
    [
        ("2026-11", Shift(), date(2026, 11, 1), date(2026, 11, 30)),
        ("2026-04", Shift(("previous",)), date(2026, 3, 1), date(2026, 3, 31)),
        ("2026-Q1", Shift(("previous",)), date(2026, 1, 1), date(2026, 3, 31)),
        ("2026-Q3", Shift(("last_year",)), date(2025, 10, 1), date(2025, 12, 31)),
        ("2026-11", Shift((), "year_to_date"), date(2026, 4, 1), date(2026, 11, 30)),
        ("2027-01", Shift((), "year_to_date"), date(2026, 4, 1), date(2027, 1, 31)),
        ("2026-11", Shift(("last_year",), "year_to_date"), date(2025, 4, 1), date(2025, 11, 30)),
        ("2026-04", Shift(("previous",), "year_to_date"), date(2025, 4, 1), date(2026, 3, 31)),
        ("2026-11", Shift((), "stock"), None, date(2026, 11, 30)),
        ("2026-11", Shift(("previous",), "stock"), None, date(2026, 10, 31)),
        ("2026-11", Shift(("previous", "last_year")), date(2025, 10, 1), date(2025, 10, 31)),
    ],
)
def test_the_days_of_a_shift(code, shift, first, last):
    assert period(code).window(shift) == Window(first, last)


def test_days_that_are_no_period_are_none():
    assert of_days(date(2026, 4, 1), date(2026, 4, 29)) is None
    assert of_days(date(2026, 4, 1), date(2027, 3, 31)) == period("2026")


@pytest.mark.parametrize(
    ("today", "frequency", "code"),
    [
        (date(2026, 11, 15), "month", "2026-10"),
        (date(2026, 11, 15), "quarter", "2026-Q2"),
        (date(2026, 11, 15), "half_year", "2026-H1"),
        (date(2026, 11, 15), "year", "2025"),
        (date(2026, 11, 15), "week", "2026-10"),
        (date(2026, 4, 1), "year", "2025"),
        (date(2026, 3, 31), "year", "2024"),
    ],
)
def test_the_last_public_period_is_over_and_of_whole_months(today, frequency, code):
    found = last_public(today, frequency)
    assert found.code == code
    check_public(found.first, found.last, today)


@pytest.mark.parametrize(
    ("code", "day", "per_cent"),
    [
        ("2026-11", date(2026, 10, 5), 0),
        ("2026-11", date(2026, 11, 1), 0),
        ("2026-11", date(2026, 11, 15), 46),
        ("2026-11", date(2026, 11, 16), 50),
        ("2026-11", date(2026, 11, 30), 96),
        ("2026-11", date(2026, 12, 1), 100),
        ("2026-11", date(2027, 12, 1), 100),
        ("2026", date(2026, 4, 2), 0),
        ("2026", date(2027, 3, 31), 99),
    ],
)
def test_how_much_of_a_period_is_over_when_a_day_begins(code, day, per_cent):
    assert period(code).over(day) == per_cent


@pytest.mark.parametrize(
    ("of", "day", "other", "same"),
    [
        ("2026", date(2026, 11, 30), "2025", date(2025, 11, 30)),
        ("2027-02", date(2027, 2, 28), "2028-02", date(2028, 2, 29)),
        ("2028-02", date(2028, 2, 29), "2027-02", date(2027, 2, 28)),
        ("2026-03", date(2026, 3, 30), "2026-02", date(2026, 2, 28)),
        ("2026-Q3", date(2026, 11, 30), "2026-Q2", date(2026, 8, 31)),
        ("2026-H2", date(2027, 1, 10), "2026-H1", date(2026, 7, 10)),
        ("2026-W48", date(2026, 11, 25), "2026-W47", date(2026, 11, 18)),
        ("2026-11-28", date(2026, 11, 28), "2026-11-27", date(2026, 11, 27)),
    ],
)
def test_the_same_day_of_another_period_is_as_far_from_its_beginning(of, day, other, same):
    assert period(of).same_day(day, period(other)) == same


@given(st.dates(date(1999, 1, 1), date(2100, 1, 1)), st.sampled_from(FREQUENCIES))
def test_the_same_day_is_one_of_the_other_period_and_the_last_of_the_last(day, frequency):
    here = containing(day, frequency)
    for there in (here.previous(), here.last_year()):
        assert there.first <= here.same_day(day, there) <= there.last
        assert here.same_day(here.last, there) == there.last
