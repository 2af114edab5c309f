"""Simple interest of 2 % for each month or part of one, from the entries alone."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.tax.domain.ledger.accounts import INTEREST, Account
from services.tax.domain.ledger.book import Book, Change
from services.tax.domain.ledger.dues import adjust, fee
from services.tax.domain.ledger.entries import Draft, Kind, negated
from services.tax.domain.ledger.interest import (
    Charge,
    InterestRate,
    MonthlyInterest,
    Stay,
    accrued,
    charge_interest,
    charges,
    explain,
    months_begun,
)
from services.tax.domain.ledger.payments import apply_payment
from tests.support.ledgers import BESIDE, ORDER, PAISA, RUPEE, TWO_PERCENT, billed, hy

H = hy("20251")
TWO = Fraction(2)


def _pay(entries, amount, on, order=ORDER):
    return apply_payment(Book.of(entries, on).open(), amount, on, order, Account.CASH)


@pytest.mark.parametrize(
    ("late_from", "day", "months"),
    [
        (date(2025, 7, 1), date(2025, 6, 30), 0),
        (date(2025, 7, 1), date(2025, 7, 1), 1),
        (date(2025, 7, 1), date(2025, 7, 31), 1),
        (date(2025, 7, 1), date(2025, 8, 1), 2),
        (date(2026, 1, 1), date(2026, 12, 31), 12),
        (date(2024, 1, 31), date(2024, 2, 28), 1),  # a leap year: the month begins on the 29th
        (date(2024, 1, 31), date(2024, 2, 29), 2),
        (date(2025, 1, 31), date(2025, 2, 28), 2),
        (date(2024, 2, 29), date(2025, 2, 27), 12),
        (date(2024, 2, 29), date(2025, 2, 28), 13),
        (date(2024, 2, 29), date(2024, 3, 28), 1),
        (date(2024, 2, 29), date(2024, 3, 29), 2),
        (date(2025, 8, 31), date(2025, 9, 30), 2),
    ],
)
def test_a_month_begins_on_the_day_of_the_first_or_on_the_last_of_a_shorter_one(
    late_from, day, months
):
    assert months_begun(late_from, day) == months


@given(st.dates(date(2019, 1, 1), date(2030, 1, 1)), st.integers(0, 1_500))
@settings(max_examples=100, deadline=None)
def test_months_only_ever_begin_one_at_a_time(late_from, days):
    day = late_from + timedelta(days=days)
    step = months_begun(late_from, day) - months_begun(late_from, day - timedelta(days=1))
    assert step in (0, 1)
    assert 28 * (months_begun(late_from, day) - 1) <= days


def test_each_month_or_part_of_one_is_charged_on_what_was_unpaid_before_it():
    entries = [billed("20251", general=10_000_00)]
    entries.append(_pay(entries, 4_000_00, date(2025, 8, 15)))
    book = Book.of(entries)
    assert explain(book, date(2025, 6, 30), TWO_PERCENT) == {}
    assert explain(book, date(2025, 10, 1), TWO_PERCENT) == {
        H: [
            Charge(H, date(2025, 7, 1), 2, 10_000_00, TWO, 400_00),
            Charge(H, date(2025, 9, 1), 2, 6_000_00, TWO, 240_00),
        ]
    }


@pytest.mark.parametrize(
    ("paid_on", "interest"),
    [(date(2025, 6, 30), 0), (date(2025, 7, 1), 20_00), (date(2025, 7, 31), 20_00)],
)
def test_the_last_day_before_is_in_time_and_the_first_late_one_costs_a_month(paid_on, interest):
    entries = [billed("20251", general=1_000_00)]
    entries.append(_pay(entries, 1_000_00, paid_on))
    assert accrued(Book.of(entries), date(2026, 3, 31), TWO_PERCENT) == (
        {H: interest} if interest else {}
    )


def test_no_interest_is_charged_on_interest_or_on_a_fee():
    entries = [billed("20251", general=1_000_00), fee("fee_warrant", 500_00, date(2025, 4, 1))]
    for month in range(7, 13):
        entries.append(charge_interest(Book.of(entries), date(2025, month, 20), TWO_PERCENT))
    assert Book.of(entries).charged[H, INTEREST] == 6 * 20_00
    assert accrued(Book.of(entries), date(2025, 12, 31), TWO_PERCENT) == {}


def test_a_payment_that_is_learnt_of_late_takes_back_the_interest_that_was_not_due():
    entries = [billed("20251", general=1_000_00)]
    entries.append(charge_interest(Book.of(entries), date(2025, 9, 1), TWO_PERCENT))
    entries.append(_pay(entries[:1], 1_000_00, date(2025, 7, 2)))
    correction = charge_interest(Book.of(entries), date(2025, 9, 10), TWO_PERCENT)
    assert [line.paise for line in correction.lines] == [-40_00, 40_00]
    assert Book.of([*entries, correction]).receivable == {(H, INTEREST): 20_00}


def test_a_demand_that_was_too_high_bears_no_interest_on_the_excess_from_its_start():
    entries = [billed("20251", general=1_000_00)]
    entries += adjust(Book.of(entries), H, {"general": 600_00}, back_to=date(2025, 4, 1))
    assert accrued(Book.of(entries), date(2025, 7, 1), TWO_PERCENT) == {H: 12_00}


def test_what_is_added_later_is_late_from_its_own_day():
    entries = [billed("20251", general=1_000_00)]
    entries += adjust(
        Book.of(entries), H, {"general": 1_500_00}, date(2025, 10, 10), date(2026, 1, 10)
    )
    book = Book.of(entries)
    assert explain(book, date(2026, 1, 10), TWO_PERCENT)[H] == [
        Charge(H, date(2025, 7, 1), 7, 1_000_00, TWO, 140_00),
        Charge(H, date(2026, 1, 10), 1, 500_00, TWO, 10_00),
    ]
    entries.append(_pay(entries, 1_200_00, date(2026, 1, 11)))
    assert explain(Book.of(entries), date(2026, 2, 10), TWO_PERCENT)[H][-1] == Charge(
        H, date(2026, 2, 10), 1, 300_00, TWO, 6_00
    )


def test_what_takes_a_raise_back_takes_its_interest_too():
    entries = [billed("20251", general=1_000_00)]
    (raised,) = adjust(
        Book.of(entries), H, {"general": 1_500_00}, date(2025, 10, 10), date(2026, 1, 10)
    )
    back = Draft(
        kind=Kind.REVERSAL,
        value_date=raised.value_date,
        lines=negated(raised.lines),
        late_from=raised.late_from,
        undoes="e2",
    )
    assert explain(Book.of([*entries, raised, back]), date(2026, 3, 1), TWO_PERCENT) == explain(
        Book.of(entries), date(2026, 3, 1), TWO_PERCENT
    )


def test_a_stay_of_a_court_stops_the_months_that_begin_in_it():
    book = Book.of([billed("20251", general=1_000_00), billed("20252", general=1_000_00)])
    on = date(2026, 3, 31)
    stay = Stay(date(2025, 9, 2), date(2025, 12, 1))
    assert accrued(book, on, TWO_PERCENT) == {H: 9 * 20_00, hy("20252"): 3 * 20_00}
    assert explain(book, on, TWO_PERCENT, [stay])[H] == [
        Charge(H, date(2025, 7, 1), 3, 1_000_00, TWO, 60_00),  # July, August, September
        Charge(H, date(2026, 1, 1), 3, 1_000_00, TWO, 60_00),
    ]
    for_good = Stay(date(2025, 7, 1), None, frozenset({H}))
    assert accrued(book, on, TWO_PERCENT, [for_good]) == {hy("20252"): 3 * 20_00}


@pytest.mark.parametrize(
    ("first_day", "last_day", "months"),
    [
        (date(2025, 9, 1), date(2025, 10, 1), 7),  # September and October begin in it
        (date(2025, 9, 2), date(2025, 9, 30), 9),  # no month begins in it
        (date(2025, 9, 2), date(2025, 10, 1), 8),
        (date(2025, 9, 1), date(2025, 9, 1), 8),
    ],
)
def test_the_first_and_the_last_day_of_a_stay_are_days_of_it(first_day, last_day, months):
    book = Book.of([billed("20251", general=1_000_00)])
    stays = [Stay(first_day, last_day)]
    assert accrued(book, date(2026, 3, 31), TWO_PERCENT, stays) == {H: months * 20_00}


def test_a_new_rate_is_of_the_months_that_begin_from_its_first_day_on():
    rule = MonthlyInterest(
        (InterestRate(date(2025, 8, 1), TWO), InterestRate(date(2025, 10, 15), Fraction(1))), PAISA
    )
    book = Book.of([billed("20251", general=1_000_00)])
    assert [(each.months, each.percent) for each in explain(book, date(2025, 12, 5), rule)[H]] == [
        (3, TWO),  # August to October; July was before the first rate
        (2, Fraction(1)),
    ]


def test_each_month_is_rounded_by_itself():
    rule = MonthlyInterest(TWO_PERCENT.rates, RUPEE)
    book = Book.of([billed("20251", general=1_030_00)])
    assert accrued(book, date(2025, 9, 30), rule) == {H: 3 * 21_00}


def test_rates_out_of_order_are_refused():
    with pytest.raises(ValueError, match="in the order of their first days"):
        MonthlyInterest((TWO_PERCENT.rates[0], TWO_PERCENT.rates[0]), PAISA)


PAYMENTS = st.lists(
    st.tuples(st.integers(1, 60_000_00), st.dates(date(2023, 4, 1), date(2026, 3, 31))), max_size=6
)


def _month_by_month(layers, payments, on):
    """The rule as a clerk would do it: one month after the other, one demand after the other."""
    total = 0
    for late_from, tax, before in layers:
        for months in range(60):
            year, month = divmod(late_from.year * 12 + late_from.month - 1 + months, 12)
            last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
            first = date(year, month + 1, min(late_from.day, last))
            if first > on:
                break
            settled = sum(paise for paise, day in payments if day < first)
            unpaid = min(tax, max(0, before + tax - settled))
            total += int(Fraction(unpaid * 2, 100) + Fraction(1, 2))
    return total


@given(
    PAYMENTS,
    st.dates(date(2023, 4, 1), date(2026, 3, 31)),
    st.sampled_from([date(2023, 7, 1), date(2023, 8, 31), date(2024, 2, 29), date(2024, 1, 30)]),
    st.booleans(),
)
@settings(max_examples=100, deadline=None)
def test_it_is_what_a_clerk_finds_month_by_month(payments, on, late_from, twice):
    layers = [(late_from, 50_000_33, 0)]
    if twice:
        layers.append((date(2024, 3, 31), 10_000_51, 50_000_33))
    changes = [Change(date(2023, 4, 1), late, tax) for late, tax, _ in layers]
    changes += [Change(day, None, -paise) for paise, day in payments if day <= on]
    found = charges(H, changes, on, TWO_PERCENT)
    assert sum(charge.paise for charge in found) == _month_by_month(layers, payments, on)
    assert all(
        charge.paise == PAISA.percent(TWO, charge.unpaid) * charge.months for charge in found
    )


@given(PAYMENTS, st.randoms(use_true_random=False), st.sampled_from([ORDER, BESIDE]))
@settings(max_examples=60, deadline=None)
def test_interest_of_a_day_is_the_same_however_often_it_was_charged_before(payments, random, order):
    """Charging it in steps, at whatever days, and once at the end come to the same."""
    on = date(2026, 3, 31)
    entries = [billed("20231", general=50_000_00), billed("20232", general=20_000_00)]
    for amount, day in sorted(payments, key=lambda each: each[1]):
        if random.random() < 0.7 and (
            step := charge_interest(Book.of(entries, day), day, TWO_PERCENT)
        ):
            entries.append(step)
        entries.append(_pay(entries, amount, day, order))
    before = Book.of(entries)
    whole = {
        half_year: sum(each.paise for each in lines)
        for half_year, lines in explain(before, on, TWO_PERCENT).items()
    }
    last = charge_interest(before, on, TWO_PERCENT)
    after = Book.of([*entries, last] if last else entries)
    assert {key[0]: paise for key, paise in after.charged.items() if key[1] == INTEREST} == whole
    assert charge_interest(after, on, TWO_PERCENT) is None
