"""Rules about when it is paid: the rebate, interest, amnesty; and what is given back."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tax.domain.amnesty import waiver
from services.tax.domain.collection import late_from, ledger_rules
from services.tax.domain.half_year import HalfYear
from services.tax.domain.ledger.accounts import Account
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.dues import demand
from services.tax.domain.ledger.receiving import quote, receive
from services.tax.domain.property import Floor, Property
from services.tax.domain.rates_file import sheet
from services.tax.domain.reassessment import differences, instalments
from services.tax.domain.rebates import rebate
from services.tax.domain.rounding import Rounding
from services.tax.reference import collection, rates, rules
from tests.support.rate_sheet import raw_sheet

SHEET = sheet(raw_sheet())
RUPEE = Rounding(100)


def rebate_of(by_head, paid_on, year=2023, known_on=None, rules=None):
    paid = date.fromisoformat(paid_on)
    known = date.fromisoformat(known_on) if known_on else paid
    taxes = {(HalfYear(year, 1), head): paise for head, paise in by_head.items()}
    return rebate(rules or SHEET.early_payment, year, taxes, paid, known, RUPEE)


# -- early payment: 10 % if the year's tax is at most ₹25,000, else 5 % (Pune, 2023) --------------


@pytest.mark.parametrize(
    ("general", "water", "off"),
    [
        (20_000_00, 5_000_00, 2_000_00),
        (20_000_00, 5_001_00, 1_000_00),
        (25_000_00, 0, 2_500_00),
        (105_00, 0, 11_00),
    ],
)
def test_the_rebate_goes_by_the_whole_tax_and_is_given_on_its_heads(general, water, off):
    found = rebate_of({"general": general, "water": water}, "2023-05-31")
    assert found is not None
    assert found.lines == {(HalfYear(2023, 1), "general"): off}
    assert found.total_paise == off
    assert [each.amount_paise for each in found.steps] == [0, general + water, -off]


@pytest.mark.parametrize(
    ("paid_on", "there_is"),
    [("2023-03-31", False), ("2023-04-01", True), ("2023-05-31", True), ("2023-06-01", False)],
)
def test_the_first_and_the_last_day_of_the_window_count(paid_on, there_is):
    assert (rebate_of({"general": 100_00}, paid_on, known_on="2024-01-01") is not None) == there_is


def test_a_window_that_is_moved_holds_for_who_knows_of_it():
    raw = raw_sheet()
    moved = {
        "year": "2023-24",
        "from": date(2023, 5, 15),
        "to": date(2023, 7, 31),
        "decided_on": date(2023, 5, 10),
        "illustrative": True,
    }
    raw["early_payment"]["windows"].append(moved)
    rules = sheet(raw).early_payment
    tax = {"general": 100_00}
    assert rebate_of(tax, "2023-07-31", rules=rules) is not None
    assert rebate_of(tax, "2023-07-31", known_on="2023-05-09", rules=rules) is None
    assert rebate_of(tax, "2023-05-09", rules=rules) is not None
    assert rebate_of(tax, "2023-05-09", known_on="2023-05-10", rules=rules) is None


def test_in_a_year_without_a_window_there_is_none():
    raw = raw_sheet()
    raw["early_payment"]["windows"][10] = {"year": "2020-21", "none": True, "illustrative": True}
    rules = sheet(raw).early_payment
    assert rebate_of({"general": 100_00}, "2020-05-01", 2020, rules=rules) is None
    assert rebate_of({"general": 100_00}, "2040-05-01", 2040, rules=rules) is None


def test_punes_window_moved_in_2023_and_2025_with_its_bills():
    usual, later = [2022, 2024, 2026], [2020, 2023, 2025]
    last = {
        year: rates().early_payment.window(year, date(2026, 12, 31)).value.last_day
        for year in [*usual, *later]
    }
    assert all((last[year].month, last[year].day) == (5, 31) for year in usual)
    assert all(last[year] > date(year, 5, 31) for year in later)


# -- interest: rule 41 as amended in 2010 ---------------------------------------------------------


@pytest.mark.parametrize(
    ("half_year", "billed_on", "last_free_day"),
    [
        ("2024-25/1", date(2024, 4, 1), date(2024, 7, 1)),
        ("2023-24/1", date(2023, 5, 15), date(2023, 8, 15)),
        ("2024-25/1", date(2024, 11, 30), date(2025, 2, 28)),
        ("2023-24/1", date(2023, 11, 30), date(2024, 2, 29)),
        ("2024-25/2", date(2024, 4, 1), date(2024, 12, 31)),
        ("2024-25/2", date(2025, 1, 15), date(2025, 4, 15)),
    ],
)
def test_the_first_half_is_due_three_months_from_the_bill_and_the_second_by_31_december(
    half_year, billed_on, last_free_day
):
    half = HalfYear.parse(half_year)
    rule = rates().interest.at(half.first_day, date(2026, 1, 1)).value
    assert rule.percent == 2
    assert rule.last_free_day(half, billed_on) == last_free_day
    assert (rule.runs_from(half, billed_on) - last_free_day).days == 1


def test_a_day_of_january_to_march_is_of_the_next_calendar_year():
    raw = raw_sheet()
    raw["interest"]["rules"][0]["second_half"] = {"by": {"month": 3, "day": 31}}
    rule = sheet(raw).interest.rules[0].value
    assert rule.last_free_day(HalfYear(2024, 2), date(2024, 4, 1)) == date(2025, 3, 31)


# -- amnesty: 80, 75, 70 % in 2020; 75 % on a lump sum in 2025-26, extended -----------------------

ARREARS = {HalfYear(2019, 2): 1_000_00, HalfYear(2018, 1): 333_00, HalfYear(2025, 1): 50_00}


def waived(paid_on, known_on=None, *, lump_sum=True, interest=ARREARS):
    known = date.fromisoformat(known_on or paid_on)
    paid = date.fromisoformat(paid_on)
    return waiver(rates().amnesty, interest, paid, known, RUPEE, lump_sum=lump_sum)


@pytest.mark.parametrize(
    ("paid_on", "percent"), [("2020-11-30", 80), ("2020-12-01", 75), ("2021-01-26", 70)]
)
def test_the_amnesty_of_2020_waived_less_with_time(paid_on, percent):
    found = waived(paid_on)
    assert found.lines == {
        HalfYear(2018, 1): RUPEE.percent(Fraction(percent), 333_00),
        HalfYear(2019, 2): 10_00 * percent,
    }
    assert found.total_paise == -sum(each.amount_paise for each in found.steps)


@pytest.mark.parametrize(
    ("paid_on", "known_on", "scheme"),
    [
        ("2020-10-01", None, None),
        ("2021-01-27", None, None),
        ("2025-11-14", None, None),
        ("2025-11-15", None, "abhay_2025"),
        ("2026-01-15", None, "abhay_2025"),
        ("2026-01-16", "2026-01-13", None),  # before the extension was announced
        ("2026-01-16", "2026-01-14", "abhay_2025"),
        ("2026-02-15", None, "abhay_2025"),
        ("2026-02-16", None, None),
    ],
)
def test_an_amnesty_is_open_from_its_first_to_its_last_day_as_far_as_it_is_announced(
    paid_on, known_on, scheme
):
    found = waived(paid_on, known_on)
    assert (found.scheme.code if found else None) == scheme


def test_it_is_for_a_lump_sum_and_for_old_arrears_only():
    assert waived("2025-12-01", lump_sum=False) is None
    assert HalfYear(2025, 1) not in waived("2025-12-01").lines
    assert waived("2025-12-01", interest={HalfYear(2025, 1): 50_00}) is None
    assert waived("2025-12-01", interest={HalfYear(2018, 1): 0}) is None


@given(
    st.dictionaries(st.builds(HalfYear, st.integers(2010, 2024), st.just(1)), st.integers(0, 10**9))
)
def test_never_more_than_the_interest_is_waived(interest):
    found = waived("2020-11-01", interest=interest)
    if found is not None:
        assert all(0 < paise <= interest[half] for half, paise in found.lines.items())
    else:
        assert all(
            RUPEE.percent(Fraction(80), paise) == 0 or half > HalfYear(2019, 2)
            for half, paise in interest.items()
        )


# -- the 40 % of 2019, restored in 2023, with the excess given back over four years ---------------

HOME = Property(
    "P-1",
    "a",
    (Floor("Flat", 100_00, "residential", "rcc", 2005, "self"),),
    frozenset({"self_occupied"}),
)


def test_what_was_billed_too_much_from_2019_to_2023_is_found_half_year_by_half_year():
    halves = list(HalfYear(2018, 1).to(HalfYear(2023, 2)))
    found = differences(
        lambda _: HOME, SHEET, halves, lambda half: half.first_day, date(2023, 4, 19)
    )
    assert [str(each.now.half_year) for each in found] == [
        str(half) for half in HalfYear(2019, 1).to(HalfYear(2023, 1))
    ]
    # 9,180 less 5,508 a year, of 20 % and of 5 %: 918 - 551 and 230 - 138.
    assert found[0].lines == {"general": -367_00, "water": -92_00}
    assert found[0].total_paise == -459_00
    assert {each.refund_years for each in found} == {4}
    assert sum(each.total_paise for each in found[:8]) == -8 * 459_00


def test_what_was_known_when_it_was_billed_is_no_difference():
    halves = HalfYear(2010, 1).to(HalfYear(2025, 2))
    today = date(2026, 1, 1)
    assert differences(lambda _: HOME, SHEET, halves, lambda _: today, today) == []


def test_a_refund_in_four_years_by_hand():
    assert instalments(3_672_00, 4, 2023, RUPEE) == dict.fromkeys(range(2023, 2027), 918_00)
    assert list(instalments(1_001_50, 4, 2023, RUPEE).values()) == [250_00, 250_00, 250_00, 251_50]
    assert instalments(5_00, 1, 2023, RUPEE) == {2023: 5_00}


@given(st.integers(0, 10**12), st.integers(1, 20), st.sampled_from([1, 100]))
def test_no_instalment_loses_a_paisa_or_is_below_nothing(paise, years, unit):
    parts = instalments(paise, years, 2023, Rounding(unit))
    assert sum(parts.values()) == paise
    assert list(parts) == list(range(2023, 2023 + years))
    assert all(part >= 0 for part in parts.values())


# -- the ledger's rules out of the sheet ----------------------------------------------------------


def owing(paise):
    """A property that was demanded so much tax in April 2018 and has paid nothing."""
    return [demand(HalfYear(2018, 1), {"general": paise}, date(2018, 4, 1), date(2018, 7, 2))]


@pytest.mark.parametrize(
    ("paid_on", "percent"),
    [
        ("2020-10-01", 0),
        ("2020-10-02", 80),
        ("2020-11-30", 80),
        ("2020-12-01", 75),
        ("2020-12-31", 75),
        ("2021-01-26", 70),
        ("2021-01-27", 0),
        ("2025-11-14", 0),
        ("2025-11-15", 75),
        ("2026-02-15", 75),
        ("2026-02-16", 0),
    ],
)
def test_punes_amnesties_hold_in_the_ledger_for_who_pays_all(paid_on, percent):
    day = date.fromisoformat(paid_on)
    found = quote(Book.of(owing(10_000_00)), day, rules(day))
    interest = found.dues[HalfYear(2018, 1), "interest"]
    assert found.forgone_paise == RUPEE.percent(Fraction(percent), interest)


@pytest.mark.parametrize(
    ("paid_on", "percent"),
    [
        ("2025-11-15", 80),
        ("2025-12-31", 80),
        ("2026-01-01", 50),
        ("2026-02-28", 50),
        ("2026-03-01", 80),
        ("2026-03-31", 80),
        ("2026-04-01", 0),
    ],
)
def test_of_steps_of_an_amnesty_that_overlap_the_one_decided_last_holds(paid_on, percent):
    raw = raw_sheet()
    first = {
        "from": date(2025, 11, 15),
        "to": date(2026, 3, 31),
        "percent": 80,
        "illustrative": True,
    }
    less = {**first, "from": date(2026, 1, 1), "to": date(2026, 2, 28), "percent": 50}
    less["decided_on"] = date(2025, 12, 20)
    scheme = {"mr": "अभय", "en": "Amnesty", "arrears_to": "2024-25/2", "lump_sum": True}
    raw["amnesty"] = {"abhay": {**scheme, "steps": [first, less]}}
    found = sheet(raw)
    day = date.fromisoformat(paid_on)
    by = ledger_rules(found, collection(), day)
    quoted = quote(Book.of(owing(10_000_00), day), day, by)
    interest = quoted.dues[HalfYear(2018, 1), "interest"]
    assert quoted.forgone_paise == found.rounding.percent(Fraction(percent), interest)
    offer = found.amnesty["abhay"].offer(day, day)
    assert (offer.percent if offer else 0) == percent


@pytest.mark.parametrize(("rupees", "given_"), [(25_00_000, True), (40_00_000, False)])
def test_the_amnesty_of_2020_was_for_dues_below_50_lakh(rupees, given_):
    day = date(2020, 10, 15)
    found = quote(Book.of(owing(rupees * 100)), day, rules(day))
    assert (sum(found.dues.values()) < 50_00_000_00) == given_
    assert (found.forgone_paise > 0) == given_


@given(st.integers(1, 10**9), st.dates(date(2018, 4, 1), date(2026, 3, 31)))
def test_who_pays_what_was_quoted_owes_nothing(paise, day):
    entries = owing(paise)
    amount = quote(Book.of(entries, day), day, rules(day)).payable_paise
    paid = receive(entries, amount, day, Account.GATEWAY, day, rules(day))
    assert Book.of([*entries, *paid]).net == 0


def test_a_rebate_was_on_the_general_tax_and_until_30_june_in_2020():
    offer = next(each for each in rules(date(2020, 6, 1)).offers if each.until.year == 2020)
    assert (offer.heads, offer.last_day) == ({"general"}, date(2020, 6, 30))
    before = next(each for each in rules(date(2020, 5, 18)).offers if each.until.year == 2020)
    assert before.last_day == date(2020, 5, 31)


def test_interest_began_on_2_july_and_on_1_january_for_the_bills_of_1_april():
    halves = [HalfYear(2024, 1), HalfYear(2024, 2)]
    days = [late_from(rates(), half, date(2024, 4, 1)) for half in halves]
    assert days == [date(2024, 7, 2), date(2025, 1, 1)]
