"""Money, bills and what a payment does."""

import calendar
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palika.errors import Conflict, Invalid
from services.tax.domain.billing import BillingRules, bill_number, first_year, period_of
from services.tax.domain.money import LARGEST, paise
from services.tax.domain.payment import Account, check_same
from services.tax.domain.wards import wards

RAW = {"bill_prefix": "PT", "due": {"month": 5, "day": 31}, "least_days": 30}
AMOUNTS = st.integers(1, LARGEST)


@pytest.mark.parametrize("value", [True, False, 1.0, 100.5, "100", None, [100], 0, -1, LARGEST + 1])
def test_what_is_no_whole_number_of_paise_is_no_amount(value):
    with pytest.raises(Invalid) as refused:
        paise(value)
    assert list(refused.value.fields) == ["amount_paise"]


@given(AMOUNTS, st.lists(AMOUNTS, max_size=20))
def test_no_sequence_of_payments_loses_or_makes_money(amount, payments):
    account = Account(amount)
    taken = 0
    for payment in payments:
        before = account
        try:
            account = account.pay(payment)
            taken += payment
        except Conflict:
            assert payment > before.balance_paise
            assert account == before
        assert account.paid_paise == taken
        assert account.balance_paise == amount - taken >= 0
        assert (account.status == "paid") == (account.balance_paise == 0)


@given(AMOUNTS)
def test_the_balance_itself_can_always_be_paid_and_nothing_after_it(amount):
    account = Account(amount).pay(amount)
    assert account.status == "paid"
    with pytest.raises(Conflict):
        account.pay(1)


def test_an_overpayment_names_the_balance():
    with pytest.raises(Conflict, match=r"more than the balance of ₹1,15,000\.00") as refused:
        Account(1_15_000_00).pay(1_15_000_01)
    assert refused.value.details["balance_paise"] == 1_15_000_00


def test_a_status_says_how_much_is_paid():
    assert Account(100).status == "unpaid"
    assert Account(100).pay(99).status == "part_paid"


def test_a_reference_stands_for_one_payment():
    check_same("UPI-1", bill=True, amount=True)
    with pytest.raises(Conflict, match="another bill and another amount"):
        check_same("UPI-1", bill=False, amount=False)
    with pytest.raises(Conflict) as refused:
        check_same("UPI-1", bill=True, amount=False)
    assert refused.value.details["differs"] == ["amount"]


@pytest.mark.parametrize(("period", "year"), [("2026-27", 2026), ("1999-00", 1999)])
def test_a_period_is_a_financial_year(period, year):
    assert first_year(period) == year


@pytest.mark.parametrize("period", ["2026", "2026-28", "2026-2027", "26-27", "", "2026-27 "])
def test_what_is_no_financial_year_is_no_period(period):
    with pytest.raises(Invalid):
        first_year(period)


def test_the_financial_year_begins_on_1_april():
    assert period_of(date(2026, 3, 31)) == "2025-26"
    assert period_of(date(2026, 4, 1)) == "2026-27"
    assert period_of(date(1999, 4, 1)) == "1999-00"


@given(st.dates(date(1900, 4, 1), date(2099, 3, 31)))
def test_every_day_lies_in_its_period(day):
    year = first_year(period_of(day))
    assert date(year, 4, 1) <= day <= date(year + 1, 3, 31)


@pytest.mark.parametrize("month", range(4, 13))
def test_the_last_day_of_a_month_is_one_of_it_and_the_next_is_not(month):
    last = calendar.monthrange(2026, month)[1]
    rules = BillingRules.load(RAW | {"due": {"month": month, "day": last}})
    assert rules.due_on("2026-27", datetime(2026, 1, 1, tzinfo=UTC)) == date(2026, month, last)
    with pytest.raises(ValueError, match=rf"due\.day: .* 1 to {last}"):
        BillingRules.load(RAW | {"due": {"month": month, "day": last + 1}})


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"due": {"month": 2, "day": 30}}, ["due.month"]),
        ({"due": {"month": 13, "day": 1}}, ["due.month"]),
        ({"due": {"month": 5, "day": 0}}, ["due.day"]),
        ({"due": {"month": 5, "day": "31"}}, ["due.day"]),
        ({"due": {"month": True, "day": 31}}, ["due.month"]),
        ({"due": {"month": 5}}, ["due"]),
        ({"due": "31 May"}, ["due"]),
        ({"due": None, "least_days": None}, ["due", "least_days"]),
        ({"least_days": -1}, ["least_days"]),
        ({"least_days": 10**9}, ["least_days"]),
        ({"least_days": 30.5}, ["least_days"]),
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
        ({"kothrud": {}}, r"^wards\.kothrud\.seed_weight: "),
        ({"kothrud": None}, r"^wards\.kothrud\.seed_weight: "),
        ({"kothrud": {"seed_weight": -1}}, r"^wards\.kothrud\.seed_weight: "),
        ({"kothrud": {"seed_weight": "9"}}, r"^wards\.kothrud\.seed_weight: "),
        ({"kothrud": {"seed_weight": 0}}, "^wards: one seed_weight at least"),
        ({12: {"seed_weight": 9}}, r"^wards\.12: "),
        ({"a": {}, "b": {}}, r"wards\.a\.seed_weight: .*; wards\.b\.seed_weight: "),
        ({}, "^wards: must list"),
        (None, "^wards: must list"),
    ],
)
def test_a_mistake_in_the_wards_is_named(listed, complaint):
    with pytest.raises(ValueError, match=complaint):
        wards({"wards": listed})


def test_a_ward_may_have_no_share_of_the_demo():
    listed = {"kothrud": {"seed_weight": 9}, "hadapsar": {"seed_weight": 0}}
    assert wards({"wards": listed}) == {"kothrud": 9, "hadapsar": 0}


def test_a_bill_is_due_by_the_usual_day_but_not_too_soon():
    rules = BillingRules("PT", 5, 31, 30)
    assert rules.due_on("2026-27", datetime(2026, 4, 1, tzinfo=UTC)) == date(2026, 5, 31)
    assert rules.due_on("2026-27", datetime(2026, 5, 20, tzinfo=UTC)) == date(2026, 6, 19)


def test_a_bill_may_say_itself_when_it_is_due_but_not_in_the_past():
    rules = BillingRules("PT", 5, 31, 30)
    # Half past midnight of 2 April in India.
    billed_at = datetime(2026, 4, 1, 19, 0, tzinfo=UTC)
    assert rules.due_on("2026-27", billed_at, date(2026, 4, 2)) == date(2026, 4, 2)
    with pytest.raises(Invalid):
        rules.due_on("2026-27", billed_at, date(2026, 4, 1))


def test_a_bills_number_tells_its_period():
    assert bill_number("PT", "2026-27", 45) == "PT-2026-27-000045"
