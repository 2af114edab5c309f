"""Money, bills and what a payment does."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palika.errors import Conflict, Invalid
from services.tax.domain.billing import BillingRules, bill_number, first_year, period_of
from services.tax.domain.money import LARGEST, paise
from services.tax.domain.payment import Account, check_same

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
