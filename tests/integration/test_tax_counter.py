"""Counters, cheques and receipts on a real database."""

import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from palika.errors import Conflict, Forbidden, Invalid, NotFound
from palika.local import Postgres
from services.tax.commands import cheques, counter
from services.tax.commands.certify import certify
from services.tax.domain.ledger.accounts import Account
from services.tax.models import (
    Cheque,
    ChequeStep,
    CounterSession,
    DepositSlip,
    LedgerEntry,
    Payment,
    Property,
    Receipt,
)
from services.tax.queries import counter as counters
from services.tax.reference import collection
from services.tax.schemas.counter import Counting, TakingAtCounter
from tests.support.collecting import BOSS, CASHIER, OTHER, at_once
from tests.support.databases import service_database
from tests.support.razorpay import YEARLY, book, count, mark, rows
from tests.support.taxes import APRIL, bill, clear, register

CHEQUE = {
    "number": "123456",
    "micr": "411002003",
    "ifsc": "SBIN0000454",
    "bank": "State Bank of India",
    "dated": "2026-04-01",
}


@pytest.fixture(scope="module")
def database(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    """The service's own database, built by its migrations."""
    with service_database(postgres, "tax") as found:
        yield found


@pytest.fixture
def sessions(database: sessionmaker[Session]) -> sessionmaker[Session]:
    """The same, empty."""
    clear(database)
    return database


@pytest.fixture
def owed(sessions: sessionmaker[Session]) -> Property:
    """A property with its bill of 2026-27."""
    found = register(sessions)
    bill(sessions, found)
    return found


def opened(sessions: Any, who: Any = CASHIER, name: str = "1", now: Any = APRIL) -> CounterSession:
    with sessions.begin() as session:
        args = {"place": "BANER", "counter": name}
        return counter.open_session(session, who, args, now)


def took(
    sessions: Any,
    work: CounterSession,
    owed: Property,
    amount: Any = 1_000_00,
    reference: str = "c1",
    cheque: dict[str, Any] | None = None,
    who: Any = CASHIER,
    now: Any = APRIL,
) -> Payment:
    args = {
        "session_id": str(work.id),
        "property_id": str(owed.id),
        "amount_paise": amount,
        "mode": "cheque" if cheque else "cash",
        "reference": reference,
        "cheque": cheque,
    }
    with sessions.begin() as session:
        return counter.take_at_counter(session, who, TakingAtCounter().load(args), now)


def counted(sessions: Any, work: CounterSession, who: Any = CASHIER, **args: Any) -> CounterSession:
    given = {"session_id": str(work.id), "pieces": {}, "cheque_paise": 0} | args
    with sessions.begin() as session:
        return counter.count_session(session, who, Counting().load(given), APRIL)


def closed(sessions: Any, work: CounterSession, who: Any = BOSS) -> CounterSession:
    with sessions.begin() as session:
        return counter.close_session(session, who, {"session_id": work.id}, APRIL)


def does(sessions: Any, command: Any, who: Any = CASHIER, now: Any = APRIL, **args: Any) -> Any:
    with sessions.begin() as session:
        return command(session, who, args, now)


def deposited(sessions: Any, *payments: Payment, number: str = "S1") -> DepositSlip:
    ids = [each.id for each in payments]
    return does(
        sessions,
        cheques.deposit_cheques,
        payment_ids=ids,
        number=number,
        deposited_on=date(2026, 4, 1),
    )


# ---- sessions


def test_a_day_at_a_counter_from_its_opening_to_its_closing(sessions, owed):
    work = opened(sessions)
    cash = took(sessions, work, owed, 1_500_00, "c1")
    took(sessions, work, owed, 2_000_00, "c2", CHEQUE)
    assert cash.receipt_number == "RC/2026-27/BANER/000001"
    assert cash.taken_by == CASHIER.subject
    assert book(sessions).money == {Account.CASH: 1_500_00, Account.CHEQUES_IN_HAND: 2_000_00}
    done = counted(sessions, work, pieces={"50000": 3}, cheque_paise=2_000_00)
    assert [each["difference_paise"] for each in done.differences] == [0, 0]
    with pytest.raises(Conflict, match="nothing can be added"):
        took(sessions, work, owed, 1_00, "c3")
    with pytest.raises(Forbidden, match="a second person"):
        closed(sessions, work, CASHIER)
    assert closed(sessions, work).closed_by == BOSS.subject
    with pytest.raises(Conflict):
        closed(sessions, work)
    with sessions() as session:
        (shown,) = counters.sessions_of(session, date(2026, 4, 1), "BANER")
    assert shown["books"] == {
        "cash": {"count": 1, "paise": 1_500_00},
        "cheque": {"count": 1, "paise": 2_000_00},
    }


def test_a_difference_is_explained_or_the_count_is_refused(sessions, owed):
    work = opened(sessions)
    took(sessions, work, owed, 1_500_00)
    with pytest.raises(Invalid, match=r"cash by -₹500\.00"):
        counted(sessions, work, pieces={"50000": 2})
    done = counted(sessions, work, pieces={"50000": 2}, explanation="a note was false")
    assert done.differences[0]["difference_paise"] == -500_00
    assert (done.state, done.explanation) == ("counted", "a note was false")


def test_one_session_at_a_counter_and_of_a_cashier(sessions):
    first = opened(sessions)
    assert opened(sessions).id == first.id
    for who, name in ((OTHER, "1"), (CASHIER, "2")):
        with pytest.raises(Conflict, match="must be counted first"):
            opened(sessions, who, name)
    with pytest.raises(Conflict, match="must be counted first"):
        opened(sessions, now=APRIL + timedelta(days=1))
    assert opened(sessions, OTHER, "2").id != first.id
    with pytest.raises(Invalid, match="no such place"):
        does(sessions, counter.open_session, place="MOON", counter="1")


def test_a_session_is_its_cashiers_and_of_its_day(sessions, owed):
    work = opened(sessions)
    with pytest.raises(Forbidden):
        took(sessions, work, owed, who=OTHER)
    with pytest.raises(Forbidden):
        counted(sessions, work, who=OTHER)
    with pytest.raises(Conflict, match="must be closed first"):
        took(sessions, work, owed, now=APRIL + timedelta(days=1))
    with pytest.raises(NotFound):
        took(sessions, CounterSession(id=uuid.uuid4()), owed)
    mark(sessions, owed, "merged")
    with pytest.raises(Conflict, match="is merged"):
        took(sessions, work, owed)
    assert count(sessions, Payment) == 0
    # What it owes of its days stays owed.
    mark(sessions, owed, "demolished")
    assert took(sessions, work, owed).property_id == owed.id


@pytest.mark.parametrize("amount", [0, -1, 10**16])
def test_what_is_no_amount_takes_no_receipt(sessions, owed, amount):
    work = opened(sessions)
    with pytest.raises(Invalid):
        took(sessions, work, owed, amount)
    assert took(sessions, work, owed).receipt_number == "RC/2026-27/BANER/000001"


def test_the_same_reference_is_the_same_payment(sessions, owed):
    work = opened(sessions)
    calls = [lambda: took(sessions, work, owed, 1_000_00, "c1", CHEQUE) for _ in range(8)]
    assert len({each.id for each in at_once(calls)}) == 1
    assert count(sessions, Receipt) == count(sessions, Cheque) == 1
    with pytest.raises(Conflict, match="another amount"):
        took(sessions, work, owed, 1_000_01, "c1", CHEQUE)


def test_the_count_waits_for_what_is_being_taken_and_ends_it(sessions, owed):
    work = opened(sessions)
    calls = [lambda n=n: took(sessions, work, owed, 100_00, f"c{n}") for n in range(6)]
    count_it = lambda: counted(sessions, work, pieces={}, explanation="hurry")  # noqa: E731
    found = at_once([*calls, count_it])
    done = [each for each in found[:-1] if isinstance(each, Payment)]
    assert all(isinstance(each, Payment | Conflict) for each in found[:-1])
    assert found[-1].differences[0]["books_paise"] == 100_00 * len(done)


def test_a_payment_that_was_a_mistake_is_taken_back_by_a_second_person(sessions, owed):
    work = opened(sessions)
    wrong = took(sessions, work, owed, 1_000_00, "c1", CHEQUE)
    with pytest.raises(Forbidden):
        does(sessions, counter.cancel_at_counter, payment_id=wrong.id, reason="wrong property")
    does(sessions, counter.cancel_at_counter, BOSS, payment_id=wrong.id, reason="wrong property")
    with pytest.raises(Conflict, match="cannot be given back now"):
        does(sessions, counter.cancel_at_counter, BOSS, payment_id=wrong.id, reason="again")
    assert sum(book(sessions).money.values()) == 0
    assert book(sessions).net == YEARLY
    # The cheque may be taken for the right property, and the number of its receipt is not reused.
    right = took(sessions, work, owed, 1_000_00, "c2", CHEQUE)
    assert right.receipt_number == "RC/2026-27/BANER/000002"
    with sessions() as session:
        shown = counters.receipts(session, "2026-27", "BANER")
        assert counters.session_view(session, work)["books"]["cheque"]["count"] == 1
    assert (shown["last"], shown["missing"]) == (2, [])
    assert shown["cancelled"] == [{"number": "RC/2026-27/BANER/000001", "reason": "wrong property"}]


def test_nothing_is_certified_on_a_cheque_that_has_not_cleared(sessions, owed):
    work = opened(sessions)
    payment = took(sessions, work, owed, YEARLY, "c1", CHEQUE)
    with pytest.raises(Conflict, match=r"cheque 123456.* has not cleared yet"):
        does(sessions, certify, property_id=owed.id)
    deposited(sessions, payment)
    with pytest.raises(Conflict, match="has not cleared yet"):
        does(sessions, certify, property_id=owed.id)
    cleared = {"payment_ids": [payment.id], "cleared_on": date(2026, 4, 1)}
    does(sessions, cheques.clear_cheques, **cleared)
    assert does(sessions, certify, property_id=owed.id).paid_to == "2026-27/2"


# ---- cheques


def test_a_cheque_is_taken_once_and_with_its_mode(sessions, owed):
    work = opened(sessions)
    took(sessions, work, owed, 1_000_00, "c1", CHEQUE)
    with pytest.raises(Conflict, match="was taken already"):
        took(sessions, work, owed, 1_000_00, "c2", CHEQUE)
    took(sessions, work, owed, 1_000_00, "c3", CHEQUE | {"micr": "411002004"})
    with pytest.raises(Invalid, match="is stale"):
        took(sessions, work, owed, 1_000_00, "c4", CHEQUE | {"number": "1", "dated": "2025-12-01"})
    args = {"session_id": work.id, "property_id": owed.id, "amount_paise": 1, "reference": "x"}
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
    mistake = {"payment_id": wrong.id, "reason": "wrong property"}
    does(sessions, counter.cancel_at_counter, BOSS, **mistake)
    args = {"deposited_on": date(2026, 4, 1)}
    with pytest.raises(Conflict, match=r"only ₹1,500\.00 of cash are in hand"):
        does(sessions, cheques.deposit_cash, **args, number="S1", amount_paise=1_500_01)
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
    assert left == 500_00 == book(sessions).money[Account.CASH]


def test_cash_is_brought_to_the_bank_once(sessions, owed):
    work = opened(sessions)
    took(sessions, work, owed, 1_500_00)
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
