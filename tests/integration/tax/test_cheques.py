"""Cheques from the counter to the bank, and cash on its way there, on a real database."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from palika.errors import Conflict, Invalid
from services.tax.commands import cheques, counter
from services.tax.domain.ledger.accounts import Account
from services.tax.models import (
    ChequeStep,
    DepositSlip,
    LedgerEntry,
    Payment,
    Receipt,
)
from services.tax.reference import collection
from tests.support.collecting import BOSS, at_once
from tests.support.counters import CHEQUE, counted, deposited, does, opened, took
from tests.support.razorpay import book, rows
from tests.support.taxes import APRIL, YEARLY, count


def test_a_cheque_is_taken_once_and_with_its_mode(sessions, owed):
    work = opened(sessions)
    took(sessions, work, owed, 1_000_00, "c1", CHEQUE)
    with pytest.raises(Conflict, match="was taken already"):
        took(sessions, work, owed, 1_000_00, "c2", CHEQUE)
    took(sessions, work, owed, 1_000_00, "c3", CHEQUE | {"micr": "411002004"})
    with pytest.raises(Invalid, match="is stale"):
        took(sessions, work, owed, 1_000_00, "c4", CHEQUE | {"number": "1", "dated": "2025-12-01"})
    args = {"session_id": work.id, "property_id": owed.id, "amount_paise": 1, "reference": "x"}
    args["reason"] = None
    with pytest.raises(Invalid, match="only then"):
        does(sessions, counter.take_at_counter, **args, mode="cheque", cheque=None)
    assert count(sessions, Payment) == count(sessions, Receipt) == 2


def test_a_cheque_clears_and_its_money_is_at_the_bank(sessions, owed):
    work = opened(sessions)
    payment = took(sessions, work, owed, YEARLY, "c1", CHEQUE)
    slip = deposited(sessions, payment)
    assert deposited(sessions, payment).id == slip.id
    assert book(sessions).money == {Account.CHEQUES_IN_HAND: YEARLY}
    for _ in range(2):
        does(
            sessions,
            cheques.clear_cheques,
            payment_ids=[payment.id],
            cleared_on=date(2026, 4, 1),
        )
    assert book(sessions).money == {Account.CHEQUES_IN_HAND: 0, Account.BANK: YEARLY}
    steps = [each.state for each in rows(sessions, ChequeStep)]
    assert steps == ["in_hand", "deposited", "cleared"]


@pytest.mark.parametrize("cleared", [False, True])
def test_a_cheque_that_bounced_was_no_payment_and_costs_a_fee(sessions, owed, cleared):
    work = opened(sessions)
    before = book(sessions)
    payment = took(sessions, work, owed, YEARLY, "c1", CHEQUE)
    deposited(sessions, payment)
    if cleared:
        does(
            sessions,
            cheques.clear_cheques,
            payment_ids=[payment.id],
            cleared_on=date(2026, 4, 1),
        )
    args = {"payment_id": payment.id, "reason": "01", "returned_on": date(2026, 4, 1)}
    bounces = [lambda: does(sessions, cheques.bounce_cheque, **args) for _ in range(4)]
    assert {each.state for each in at_once(bounces)} == {"bounced"}
    after = book(sessions)
    assert set(after.money.values()) == {0}
    assert after.net == before.net + collection().bounce_fee
    # The rebate for early payment was given for nothing, and is gone.
    assert sum(after.rebated.values()) == 0
    (row,) = rows(sessions, Receipt)
    assert row.cancelled_for == "cheque returned: Funds insufficient"
    assert rows(sessions, Payment)[0].state == "bounced"
    # Brought again it is a new payment.
    again = took(sessions, work, owed, YEARLY, "c2", CHEQUE)
    assert again.receipt_number == "RC/2026-27/BANER/000002"


def test_no_fee_where_the_reason_is_not_the_drawers(sessions, owed):
    work = opened(sessions)
    payment = took(sessions, work, owed, YEARLY, "c1", CHEQUE)
    deposited(sessions, payment)
    args = {"payment_id": payment.id, "returned_on": date(2026, 4, 1)}
    with pytest.raises(Invalid, match="no such reason"):
        does(sessions, cheques.bounce_cheque, **args, reason="99")
    with pytest.raises(Invalid, match="a day to come") as refused:
        does(
            sessions,
            cheques.bounce_cheque,
            payment_id=payment.id,
            reason="03",
            returned_on=date(2026, 4, 2),
        )
    assert list(refused.value.details) == ["returned_on"]
    does(sessions, cheques.bounce_cheque, **args, reason="03")
    assert book(sessions).net == YEARLY


def test_a_cheque_in_hand_neither_clears_nor_bounces(sessions, owed):
    work = opened(sessions)
    payment = took(sessions, work, owed, YEARLY, "c1", CHEQUE)
    with pytest.raises(Conflict, match="is in_hand"):
        does(
            sessions,
            cheques.clear_cheques,
            payment_ids=[payment.id],
            cleared_on=date(2026, 4, 1),
        )
    with pytest.raises(Conflict, match="is in_hand"):
        does(
            sessions,
            cheques.bounce_cheque,
            payment_id=payment.id,
            reason="01",
            returned_on=date(2026, 4, 1),
        )
    deposited(sessions, payment)
    other = took(sessions, work, owed, 1_00, "c2", CHEQUE | {"number": "123457"})
    with pytest.raises(Conflict, match="used already"):
        deposited(sessions, other)
    with pytest.raises(Conflict, match="is deposited"):
        deposited(sessions, payment, other, number="S2")


def test_no_cheque_clears_or_comes_back_before_it_was_deposited(sessions, owed):
    payment = took(sessions, opened(sessions), owed, YEARLY, "c1", CHEQUE)
    later = APRIL + timedelta(days=3)
    ids, on = [payment.id], date(2026, 4, 3)
    brought = {"payment_ids": ids, "number": "S1", "deposited_on": on}
    does(sessions, cheques.deposit_cheques, now=later, **brought)
    early = on - timedelta(days=1)
    with pytest.raises(Invalid, match="before the deposit") as refused:
        does(sessions, cheques.clear_cheques, now=later, payment_ids=ids, cleared_on=early)
    assert list(refused.value.fields) == ["cleared_on"]
    args = {"payment_id": payment.id, "reason": "01"}
    with pytest.raises(Invalid, match="before the deposit") as refused:
        does(sessions, cheques.bounce_cheque, now=later, **args, returned_on=early)
    assert list(refused.value.fields) == ["returned_on"]
    does(sessions, cheques.clear_cheques, now=later, payment_ids=ids, cleared_on=on)
    does(sessions, cheques.bounce_cheque, now=later, **args, returned_on=on)


def test_no_more_cash_is_brought_to_the_bank_than_is_in_hand(sessions, owed):
    work = opened(sessions)
    took(sessions, work, owed, 1_500_00)
    wrong = took(sessions, work, owed, 300_00, "c2")
    mistake = {"payment_id": wrong.id, "session_id": None, "reason": "wrong property"}
    does(sessions, counter.cancel_at_counter, BOSS, **mistake)
    args = {"deposited_on": date(2026, 4, 1)}
    with pytest.raises(Conflict, match=r"only ₹0\.00 of cash are counted"):
        does(sessions, cheques.deposit_cash, **args, number="S1", amount_paise=1)
    short = {"pieces": {"10000": 14}, "explanations": {"cash": "a note was false"}}
    counted(sessions, work, **short)
    with pytest.raises(Conflict, match=r"only ₹1,400\.00 of cash are counted"):
        does(sessions, cheques.deposit_cash, **args, number="S1", amount_paise=1_400_01)
    deposits = [
        lambda name=name: does(
            sessions, cheques.deposit_cash, **args, number=name, amount_paise=1_000_00
        )
        for name in ("S1", "S2", "S3")
    ]
    done = at_once(deposits)
    assert sum(isinstance(each, DepositSlip) for each in done) == 1
    with sessions() as session:
        left = cheques.cash_in_hand(session)
    assert left == 400_00
    # The books keep what is missing.
    assert book(sessions).money[Account.CASH] == 500_00


def test_cash_is_brought_to_the_bank_once(sessions, owed):
    work = opened(sessions)
    took(sessions, work, owed, 1_500_00)
    counted(sessions, work, pieces={"50000": 3})
    args = {"number": "S1", "deposited_on": date(2026, 4, 1), "amount_paise": 1_500_00}
    first = does(sessions, cheques.deposit_cash, **args)
    assert does(sessions, cheques.deposit_cash, **args).id == first.id
    with pytest.raises(Conflict):
        does(sessions, cheques.deposit_cash, **args | {"amount_paise": 1})
    assert book(sessions).money == {Account.CASH: 0, Account.BANK: 1_500_00}


def test_what_became_of_a_cheque_is_not_changed(sessions, owed):
    took(sessions, opened(sessions), owed, 1_00, "c1", CHEQUE)
    with pytest.raises(DBAPIError, match="append-only"), sessions.begin() as session:
        session.scalars(select(ChequeStep)).one().reason = "01"


def test_every_entry_of_a_day_at_the_counter_sums_to_nothing(sessions, owed):
    work = opened(sessions)
    one = took(sessions, work, owed, YEARLY, "c1", CHEQUE)
    took(sessions, work, owed, 700_00, "c2")
    deposited(sessions, one)
    does(
        sessions,
        cheques.bounce_cheque,
        payment_id=one.id,
        reason="20",
        returned_on=date(2026, 4, 1),
    )
    assert all(sum(each.paise) == 0 for each in rows(sessions, LedgerEntry))
    assert book(sessions).money[Account.CASH] == 700_00
