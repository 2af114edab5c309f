"""Money, bills and what a payment does."""

from contextlib import nullcontext
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palika.errors import Conflict, Forbidden, Invalid
from services.tax.domain.billing import (
    BillingRules,
    ask,
    bill_number,
    check_begun,
    half_years_of,
    period_of,
)
from services.tax.domain.ledger.book import Book
from services.tax.domain.money import LARGEST, paise
from services.tax.domain.payment import check_back_dated, check_same
from services.tax.domain.wards import wards
from services.tax.reference import rates, rules

RAW = {"bill_prefix": "PT"}
NAMED = {"mr": "कोथरूड", "en": "Kothrud", "seed_weight": 9}


@pytest.mark.parametrize("value", [True, False, 1.0, 100.5, "100", None, [100], 0, -1, LARGEST + 1])
def test_what_is_no_whole_number_of_paise_is_no_amount(value):
    with pytest.raises(Invalid) as refused:
        paise(value)
    assert list(refused.value.fields) == ["amount_paise"]


def test_a_reference_stands_for_one_payment():
    check_same("UPI-1", property=True, amount=True)
    with pytest.raises(Conflict, match="another property and another amount"):
        check_same("UPI-1", property=False, amount=False)
    with pytest.raises(Conflict) as refused:
        check_same("UPI-1", property=True, amount=False)
    assert refused.value.details["differs"] == ["amount"]


@pytest.mark.parametrize(
    ("period", "half_years"),
    [
        ("2026-27", ["2026-27/1", "2026-27/2"]),
        ("1999-00", ["1999-00/1", "1999-00/2"]),
        ("2026-27/2", ["2026-27/2"]),
    ],
)
def test_a_period_is_a_financial_year_or_a_half_of_one(period, half_years):
    assert [str(each) for each in half_years_of(period)] == half_years


@pytest.mark.parametrize(
    "period",
    ["2026", "2026-28", "2026-2027", "26-27", "", "2026-27 ", "2026-27/3", "20261", "2026-27/"],
)
def test_what_is_neither_is_no_period(period):
    with pytest.raises(Invalid):
        half_years_of(period)


def test_the_financial_year_begins_on_1_april():
    assert period_of(date(2026, 3, 31)) == "2025-26"
    assert period_of(date(2026, 4, 1)) == "2026-27"
    assert period_of(date(1999, 4, 1)) == "1999-00"


@given(st.dates(date(1900, 4, 1), date(2099, 3, 31)))
def test_every_day_lies_in_its_period(day):
    first, second = half_years_of(period_of(day))
    assert first.first_day <= day <= second.last_day


@pytest.mark.parametrize("period", ["2027-28", "2027-28/1", "2027-28/2"])
def test_no_bill_asks_for_a_year_that_has_not_begun(period):
    half_years = half_years_of(period)
    first = date(2027, 4, 1)
    check_begun(half_years, first)
    with pytest.raises(Invalid, match="2027-28 begins on 2027-04-01"):
        check_begun(half_years, first - timedelta(days=1))
    with pytest.raises(Invalid, match="too early"):
        ask(dict.fromkeys(half_years), Book.of([]), rates(), rules(KNOWN), KNOWN)


KNOWN = date(2026, 4, 1)


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"bill_prefix": None}, ["bill_prefix"]),
        ({"bill_prefix": "P T"}, ["bill_prefix"]),
        ({"discount": 5}, ["discount"]),
    ],
)
def test_a_mistake_in_the_rules_of_billing_is_named(change, fields):
    with pytest.raises(ValueError, match=fields[0]) as refused:
        BillingRules.load(RAW | change)
    assert [each.partition(":")[0] for each in str(refused.value).split("; ")] == fields


@pytest.mark.parametrize("raw", [None, [], "PT"])
def test_rules_of_billing_that_are_no_table_are_refused(raw):
    with pytest.raises(ValueError, match="must be a table"):
        BillingRules.load(raw)


@pytest.mark.parametrize(
    ("listed", "complaint"),
    [
        ({"kothrud": {}}, r"^wards\.kothrud: must have a name .*wards\.kothrud\.seed_weight: "),
        ({"kothrud": None}, r"^wards\.kothrud: must have a name"),
        ({"kothrud": NAMED | {"mr": " "}}, r"^wards\.kothrud: must have a name"),
        ({"kothrud": NAMED | {"seed_weight": -1}}, r"^wards\.kothrud\.seed_weight: "),
        ({"kothrud": NAMED | {"seed_weight": "9"}}, r"^wards\.kothrud\.seed_weight: "),
        ({"kothrud": NAMED | {"seed_weight": 0}}, "^wards: one seed_weight at least"),
        ({12: NAMED}, r"^wards\.12: "),
        ({"a": {}, "b": {}}, r"wards\.a\.seed_weight: .*wards\.b\.seed_weight: "),
        ({}, "^wards: must list"),
        (None, "^wards: must list"),
    ],
)
def test_a_mistake_in_the_wards_is_named(listed, complaint):
    with pytest.raises(ValueError, match=complaint):
        wards({"wards": listed})


def test_a_ward_may_have_no_share_of_the_demo():
    found = wards({"wards": {"kothrud": NAMED, "hadapsar": NAMED | {"seed_weight": 0}}})
    assert {code: each.seed_weight for code, each in found.items()} == {"kothrud": 9, "hadapsar": 0}
    assert found["kothrud"].name.in_("mr") == "कोथरूड"


def test_a_bills_number_tells_its_year():
    assert bill_number("PT", 2026, 45) == "PT-2026-27-000045"


TODAY = date(2026, 6, 20)


@pytest.mark.parametrize(
    ("ago", "supervisor", "reason", "error"),
    [
        (0, False, None, None),
        (7, False, None, None),
        (8, False, "it was found", Forbidden),
        (8, True, None, Invalid),
        (300, True, "it was found", None),
        # A day to come is refused by the ledger.
        (-1, False, None, None),
    ],
)
def test_what_came_long_ago_takes_a_supervisor_with_a_reason(ago, supervisor, reason, error):
    came = TODAY - timedelta(days=ago)
    with pytest.raises(error) if error else nullcontext():
        check_back_dated(came, TODAY, 7, supervisor=supervisor, reason=reason)
