"""Two who come to the same money at once take their locks in one order: none waits in a circle."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.auth import SYSTEM
from palika.errors import Conflict
from services.tax.commands import cheques, counter, refund_online
from services.tax.commands.pay import Money, suspend_payment, take_payment
from services.tax.commands.receipts import give_receipt
from services.tax.commands.reconcile import Taken, take_statement
from services.tax.commands.refund_online import refund_payment
from services.tax.commands.suspense import identify_payment
from services.tax.domain.channels import BANK
from services.tax.gateway.loopback_server import LoopbackServer
from services.tax.ledger_store import lock
from services.tax.models import Cheque, GatewayDispute, GatewayRefund, Payment, Property
from tests.support.collecting import BOSS, CASHIER, meanwhile
from tests.support.razorpay import SOON, client_of, gateway_running, ordered, rows, told
from tests.support.statements import Row, Sheet
from tests.support.taxes import APRIL, YEARLY, bill, register

CHEQUE = {
    "number": "123456",
    "micr": "411002003",
    "ifsc": None,
    "bank": "State Bank of India",
    "dated": date(2026, 4, 1),
}


@pytest.fixture(scope="module")
def server() -> Iterator[LoopbackServer]:
    """A gateway on the loopback."""
    with gateway_running(now=APRIL.timestamp) as found:
        yield found


def twice_paid(sessions, server: LoopbackServer, owed: Property) -> str:
    """The gateway's id of a payment that is all credit: the second of an order."""
    order = ordered(sessions, server, owed)
    for _ in range(2):
        key = server.pay(order.gateway_id)
        told(sessions, server.webhook("payment.captured", key))
    return key


def test_a_refund_that_is_told_while_the_poll_settles_it_waits_and_is_posted(
    sessions, server, owed
):
    key = twice_paid(sessions, server, owed)
    payment = next(each for each in rows(sessions, Payment) if each.reference == key)
    args = {"payment_id": payment.id, "amount_paise": YEARLY, "reason": "twice", "key": "r1"}
    refund = refund_payment(sessions.begin, client_of(server), BOSS, args, SOON)
    server.settle_refund(refund.gateway_id)
    webhook = server.webhook("refund.processed", refund.gateway_id)
    with sessions.begin() as session:
        session.scalars(select(GatewayRefund).with_for_update()).one()
        with meanwhile(sessions, lambda: told(sessions, webhook)) as telling:
            # What the webhook waits with is not what the poll takes next.
            lock(session, owed.id)
            session.commit()
            assert telling.result(timeout=10) == "posted"


def test_a_dispute_that_is_told_while_it_is_charged_back_waits(sessions, server, owed):
    key = twice_paid(sessions, server, owed)
    told(sessions, server.webhook("payment.dispute.created", key))
    webhook = server.webhook("payment.dispute.lost", key)
    with sessions.begin() as session:
        session.scalars(select(GatewayDispute).with_for_update()).one()
        with meanwhile(sessions, lambda: told(sessions, webhook)) as telling:
            lock(session, owed.id)
            session.commit()
            assert telling.result(timeout=10) == "noted"


def test_a_cheque_that_is_being_brought_to_the_bank_is_not_given_back(sessions, owed):
    with sessions.begin() as session:
        place = {"place": "BANER", "counter": "1"}
        work = counter.open_session(session, CASHIER, place, APRIL)
        args = {
            "session_id": work.id,
            "property_id": owed.id,
            "amount_paise": 1_000_00,
            "mode": "cheque",
            "reference": "c1",
            "cheque": CHEQUE,
            "reason": None,
        }
        wrong = counter.take_at_counter(session, CASHIER, args, APRIL)

    def give_back() -> None:
        with sessions.begin() as session:
            mistake = {"payment_id": wrong.id, "session_id": None, "reason": "wrong property"}
            counter.cancel_at_counter(session, BOSS, mistake, APRIL)

    brought = {"payment_ids": [wrong.id], "number": "S1", "deposited_on": date(2026, 4, 1)}
    with sessions.begin() as session:
        cheques.deposit_cheques(session, CASHIER, brought, APRIL)
        session.flush()
        with meanwhile(sessions, give_back) as giving:
            session.commit()
            with pytest.raises(Conflict, match="is deposited"):
                giving.result(timeout=10)
    assert [each.state for each in rows(sessions, Cheque)] == ["deposited"]
    assert [each.state for each in rows(sessions, Payment)] == ["received"]


def test_a_statement_and_who_gives_receipts_for_one_of_its_properties_do_not_wait_in_a_circle(
    sessions, owed
):
    other = register(sessions, number="P/1/0002", owners=[{"name": "Vijay Patil"}])
    bill(sessions, other)
    sheet = Sheet(
        (
            Row(100_00, "NEFT CR-ASHA KULKARNI-P/1/0001", "SBIN226100000001"),
            Row(100_00, "NEFT CR-VIJAY PATIL-P/1/0002", "SBIN226100000002"),
        )
    )
    now = APRIL + timedelta(days=35)

    def take_it() -> Taken:
        with sessions.begin() as session:
            return take_statement(session, SYSTEM("tax"), sheet.style, sheet.content(), now)

    with sessions.begin() as session:
        money = Money(50_00, "bank:1", "neft", "bank", date(2026, 4, 2), "test")
        payment = take_payment(session, other.id, money, now)
        with meanwhile(sessions, take_it) as taking:
            # The statement has posted to the first one, and waits for this one.
            give_receipt(session, payment, BANK, now)
            session.commit()
            assert taking.result(timeout=10).posted == 2
    numbers = {each.reference: each.receipt_number for each in rows(sessions, Payment)}
    assert numbers == {
        "bank:1": "RC/2026-27/BANK/000001",
        "bank:SBIN226100000001": "RC/2026-27/BANK/000002",
        "bank:SBIN226100000002": "RC/2026-27/BANK/000003",
    }


def test_a_statement_locks_its_properties_in_the_order_of_all_others(sessions, owed):
    other = register(sessions, number="P/1/0002", owners=[{"name": "Vijay Patil"}])
    bill(sessions, other)
    # Its first line is of the property that comes second.
    sheet = Sheet(
        (
            Row(100_00, "NEFT CR-VIJAY PATIL-P/1/0002", "SBIN226100000001"),
            Row(100_00, "NEFT CR-ASHA KULKARNI-P/1/0001", "SBIN226100000002"),
        )
    )
    now = APRIL + timedelta(days=35)

    def take_it() -> Taken:
        with sessions.begin() as session:
            return take_statement(session, SYSTEM("tax"), sheet.style, sheet.content(), now)

    assert owed.id < other.id
    with sessions.begin() as session:
        lock(session, owed.id)
        with meanwhile(sessions, take_it) as taking:
            # The statement waits for the first one, and holds nothing meanwhile.
            lock(session, other.id)
            session.commit()
            assert taking.result(timeout=10).posted == 2


def test_one_key_for_refunds_of_two_payments_at_once_is_a_conflict(sessions, server, owed):
    twice_paid(sessions, server, owed)
    one, two = [each.id for each in rows(sessions, Payment)]
    args = {"amount_paise": 100_00, "reason": "twice", "key": "r1"}

    def ask(payment_id: object) -> GatewayRefund:
        given = args | {"payment_id": payment_id}
        return refund_payment(sessions.begin, client_of(server), BOSS, given, SOON)

    with sessions.begin() as session:
        first = refund_online._ask(session, BOSS, args | {"payment_id": one}, SOON)
        session.flush()
        with meanwhile(sessions, lambda: ask(two)) as asking:
            session.commit()
            with pytest.raises(Conflict, match="used already"):
                asking.result(timeout=10)
    assert [each.payment_id for each in rows(sessions, GatewayRefund)] == [first.payment_id]


def test_one_key_for_two_payments_in_suspense_at_once_is_a_conflict(sessions, owed):
    with sessions.begin() as session:
        for name in ("bank:1", "bank:2"):
            money = Money(50_00, name, "neft", "bank", date(2026, 4, 1), "test")
            suspend_payment(session, money, APRIL)
    one, two = [each.id for each in rows(sessions, Payment)]
    args = {"property_id": owed.id, "amount_paise": 50_00, "key": "k1", "note": "x"}

    def identified(session: Session, payment_id: object) -> Payment:
        return identify_payment(session, CASHIER, args | {"payment_id": payment_id}, APRIL)

    def again() -> Payment:
        with sessions.begin() as session:
            return identified(session, two)

    with sessions.begin() as session:
        identified(session, one)
        with meanwhile(sessions, again) as identifying:
            session.commit()
            with pytest.raises(Conflict, match="used already"):
                identifying.result(timeout=10)
