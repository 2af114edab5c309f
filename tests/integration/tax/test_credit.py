"""Credit that goes back to its owner by bank."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session, sessionmaker

from palika.errors import Conflict, Invalid, NotFound
from services.tax.commands import counter
from services.tax.commands.refund_credit import refund_credit
from services.tax.domain.ledger.accounts import Account
from services.tax.models import CreditRefund, Property
from services.tax.schemas.bank import RefundingCredit
from services.tax.schemas.counter import Opening, TakingAtCounter
from tests.support.collecting import BOSS, CASHIER, at_once
from tests.support.razorpay import rows
from tests.support.registers import book, done
from tests.support.tax_calls import NOBODY
from tests.support.taxes import APRIL, PROPERTY, YEARLY, bill, paid, register

JULY = APRIL + timedelta(days=90)
MORE = 500_00


@pytest.fixture
def owed(sessions: sessionmaker[Session]) -> Property:
    """A property whose owner has paid some rupees too much, by NEFT at an office."""
    found = register(sessions)
    bill(sessions, found)
    paid(sessions, found, YEARLY + MORE, "N-1", "neft", now=APRIL + timedelta(days=70))
    return found


def refunded(sessions: Any, owed: Property, amount: Any = MORE, **args: Any) -> CreditRefund:
    given = {"property_id": str(owed.id), "amount_paise": amount, "reference": "B-1"}
    args = given | {"reason": "paid twice"} | args
    return done(sessions, refund_credit, RefundingCredit, args, JULY, BOSS)


def of(sessions: Any) -> Any:
    return book(sessions, PROPERTY["number"])


def test_credit_goes_back_by_bank_once(sessions, owed):
    assert of(sessions).advance == MORE
    made = at_once([lambda: refunded(sessions, owed) for _ in range(4)])
    assert [each.amount_paise for each in made] == [MORE] * 4
    after = of(sessions)
    assert (after.advance, after.refund_payable, after.net) == (0, 0, 0)
    assert after.money == {Account.BANK: YEARLY}
    (kept,) = rows(sessions, CreditRefund)
    assert (kept.by, kept.reason, kept.at) == (BOSS.subject, "paid twice", JULY)


def test_no_more_goes_back_than_there_is(sessions, owed):
    refunded(sessions, owed, 200_00)
    for amount, reference in ((MORE, "B-2"), (200_01, "B-1")):
        with pytest.raises(Conflict):
            refunded(sessions, owed, amount, reference=reference)
    with pytest.raises(Invalid):
        refunded(sessions, owed, 0, reference="B-3")
    with pytest.raises(NotFound):
        refunded(sessions, owed, property_id=NOBODY, reference="B-4")
    assert of(sessions).advance == MORE - 200_00
    refunded(sessions, owed, MORE - 200_00, reference="B-2")
    assert of(sessions).advance == 0


def test_nothing_goes_back_of_a_cheque_that_has_not_cleared(sessions, owed):
    work = done(
        sessions, counter.open_session, Opening, {"place": "BANER", "counter": "1"}, JULY, CASHIER
    )
    taking = {
        "session_id": str(work.id),
        "property_id": str(owed.id),
        "amount_paise": 100_00,
        "mode": "cheque",
        "reference": "q1",
        "cheque": {"number": "123456", "micr": "411002003", "bank": "SBI", "dated": "2026-06-30"},
    }
    done(sessions, counter.take_at_counter, TakingAtCounter, taking, JULY, CASHIER)
    with pytest.raises(Conflict, match="has not cleared"):
        refunded(sessions, owed)
    assert rows(sessions, CreditRefund) == []
