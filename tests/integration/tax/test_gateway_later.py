"""What comes after a payment's webhook, or instead of it: the poll, the payer's browser, refunds,
disputes; on a real database, against the gateway on the loopback."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from palika.auth import Identity
from palika.errors import Conflict, Forbidden
from services.tax.commands.orders import confirm_order
from services.tax.commands.refund_online import refund_payment
from services.tax.commands.settle import Outcome
from services.tax.domain.ledger.accounts import Account
from services.tax.gateway.loopback_server import Fault
from services.tax.models import (
    GatewayRefund,
    Payment,
    PaymentOrder,
    Receipt,
)
from services.tax.queries import online
from tests.support.razorpay import (
    SOON,
    book,
    client_of,
    forged,
    mark,
    ordered,
    polled,
    rows,
    storm,
    told,
)
from tests.support.taxes import APRIL, YEARLY, bill, clear, count, paid, register

BOSS = Identity.of("supervisor:tax-head", "supervisor")


# ---- the poll, and the browser


def test_the_poll_finds_what_no_webhook_has_told(sessions, server, owed):
    order = ordered(sessions, server, owed)
    server.pay(order.gateway_id, "netbanking")
    assert polled(sessions, server, APRIL + timedelta(minutes=4)).orders == 0
    assert polled(sessions, server, SOON).posted == 1
    assert [each.mode for each in rows(sessions, Payment)] == ["netbanking"]
    assert polled(sessions, server, SOON + timedelta(days=2)).orders == 0


def test_the_poll_takes_what_is_only_authorized(sessions, server, owed):
    server.auto_capture = False
    order = ordered(sessions, server, owed)
    key = server.pay(order.gateway_id)
    assert told(sessions, server.webhook("payment.authorized", key), APRIL) == "noted"
    server.faults.extend([None, Fault.DROP_AFTER])
    assert polled(sessions, server, APRIL).posted == 1
    assert client_of(server).payment(key).captured


def test_a_capture_that_is_refused_does_not_hide_the_orders_other_payments(sessions, server, owed):
    server.auto_capture = False
    order = ordered(sessions, server, owed)
    server.pay(order.gateway_id)
    server.auto_capture = True
    good = server.pay(order.gateway_id)
    # The list, the capture, and the look at what became of it.
    server.faults.extend([None, Fault.REFUSED_400, None])
    assert polled(sessions, server, SOON).posted == 1
    assert [each.reference for each in rows(sessions, Payment)] == [good]


def test_an_order_expires_after_it_was_asked_for_once_more(sessions, server, owed):
    order = ordered(sessions, server, owed)
    late = order.expires_at + timedelta(seconds=1)
    assert polled(sessions, server, late).expired == 1
    assert rows(sessions, PaymentOrder)[0].state == "expired"
    # Money that comes later than that is not lost.
    key = server.pay(order.gateway_id)
    assert told(sessions, server.webhook("payment.captured", key), late) == "posted"


def test_paid_in_the_last_moment_is_paid(sessions, server, owed):
    order = ordered(sessions, server, owed)
    server.pay(order.gateway_id)
    asked = polled(sessions, server, order.expires_at + timedelta(hours=5))
    assert (asked.posted, asked.expired) == (1, 0)


def test_an_outage_of_the_gateway_expires_nothing(sessions, server, owed):
    order = ordered(sessions, server, owed)
    server.pay(order.gateway_id)
    late = order.expires_at + timedelta(seconds=1)
    server.faults.extend([Fault.ERROR_500] * 3)
    assert polled(sessions, server, late).posted == 0
    assert rows(sessions, PaymentOrder)[0].state == "open"
    assert polled(sessions, server, late + timedelta(hours=3)).posted == 1


def test_two_polls_and_a_storm_of_webhooks_at_once_post_once(sessions, server, owed):
    order = ordered(sessions, server, owed)
    key = server.pay(order.gateway_id)
    webhooks = storm([server.webhook("payment.captured", key)], 20, 1)
    with ThreadPoolExecutor(8) as pool:
        polls = [pool.submit(polled, sessions, server, SOON) for _ in range(4)]
        outcomes = list(pool.map(lambda each: told(sessions, each), webhooks))
    posted = sum(each.result().posted for each in polls) + outcomes.count("posted")
    assert posted == 1
    assert count(sessions, Payment) == 1


def confirmed(sessions, server, order: PaymentOrder, key: str, **changes: Any) -> Any:
    said = server.checkout(key)
    args = {
        "order_id": order.id,
        "gateway_order_id": said["razorpay_order_id"],
        "gateway_payment_id": said["razorpay_payment_id"],
        "signature": said["razorpay_signature"],
    }
    return confirm_order(sessions.begin, client_of(server), args | changes, SOON)


def test_the_browser_brings_the_payment_and_the_webhook_repeats_it(sessions, server, owed):
    order = ordered(sessions, server, owed)
    key = server.pay(order.gateway_id)
    found, posted = confirmed(sessions, server, order, key)
    assert (found.state, posted.outcome) == ("paid", Outcome.POSTED)
    assert told(sessions, server.webhook("payment.captured", key)) == "repeated"


def test_what_a_browser_makes_up_is_refused(sessions, server, owed):
    order = ordered(sessions, server, owed)
    other = ordered(sessions, server, owed, 100, key="k2")
    key = server.pay(other.gateway_id)
    for changes in ({"signature": "0" * 64}, {"gateway_payment_id": "pay_Other"}):
        with pytest.raises(Forbidden):
            confirmed(sessions, server, order, key, **changes)
    with pytest.raises(Forbidden, match="another order"):
        confirmed(sessions, server, order, key)
    assert count(sessions, Payment) == 0


def test_a_browser_is_told_to_wait_while_the_gateway_is_away(sessions, server, owed):
    order = ordered(sessions, server, owed)
    key = server.pay(order.gateway_id)
    server.faults.extend([Fault.ERROR_500] * 3)
    found, posted = confirmed(sessions, server, order, key)
    assert (found.state, posted) == ("open", None)


# ---- refunds and disputes


def twice_paid(sessions, server, owed) -> tuple[PaymentOrder, str]:
    order = ordered(sessions, server, owed)
    for _ in range(2):
        key = server.pay(order.gateway_id)
        told(sessions, server.webhook("payment.captured", key))
    return order, key


def refunded(sessions, server, key: str, amount: int = YEARLY, name: str = "r1") -> GatewayRefund:
    with sessions() as session:
        payment = session.scalars(select(Payment).where(Payment.reference == key)).one()
    args = {"payment_id": payment.id, "amount_paise": amount, "reason": "paid twice", "key": name}
    return refund_payment(sessions.begin, client_of(server, timeout_s=0.5), BOSS, args, SOON)


def test_a_refund_leaves_the_credit_at_once_and_the_ledger_when_the_bank_has_it(
    sessions, server, owed
):
    _, key = twice_paid(sessions, server, owed)
    credit = book(sessions).advance
    refund = refunded(sessions, server, key)
    assert refund.state == "sent"
    assert (book(sessions).advance, book(sessions).refund_payable) == (credit - YEARLY, YEARLY)
    assert refunded(sessions, server, key).id == refund.id
    server.settle_refund(refund.gateway_id)
    webhook = server.webhook("refund.processed", refund.gateway_id)
    assert [told(sessions, webhook) for _ in range(3)] == ["posted", "repeated", "repeated"]
    after = book(sessions)
    assert (after.refund_payable, after.money) == (0, {Account.GATEWAY: YEARLY})
    late = server.webhook("refund.created", refund.gateway_id)
    assert told(sessions, late) == "repeated"


def test_a_refund_that_fails_is_credit_again(sessions, server, owed):
    _, key = twice_paid(sessions, server, owed)
    credit = book(sessions).advance
    refund = refunded(sessions, server, key)
    server.settle_refund(refund.gateway_id, "failed")
    assert told(sessions, server.webhook("refund.failed", refund.gateway_id)) == "posted"
    assert (book(sessions).advance, book(sessions).refund_payable) == (credit, 0)


def test_a_refund_whose_answer_is_lost_is_asked_for_again_by_the_poll_and_made_once(
    sessions, server, owed
):
    _, key = twice_paid(sessions, server, owed)
    server.faults.extend([Fault.DROP_AFTER, Fault.ERROR_500, Fault.ERROR_500])
    refund = refunded(sessions, server, key)
    assert (refund.state, refund.gateway_id) == ("asked", None)
    assert polled(sessions, server, SOON + timedelta(minutes=11)).refunds == 1
    (refund,) = rows(sessions, GatewayRefund)
    assert refund.state == "sent"
    assert len(client_of(server).refunds(key)) == 1
    server.settle_refund(refund.gateway_id)
    polled(sessions, server, SOON + timedelta(hours=1))
    assert rows(sessions, GatewayRefund)[0].state == "processed"
    assert book(sessions).refund_payable == 0


def test_no_more_is_refunded_than_was_paid_or_is_in_credit(sessions, server, owed):
    _, key = twice_paid(sessions, server, owed)
    with pytest.raises(Conflict, match="more than is left"):
        refunded(sessions, server, key, YEARLY + 1)
    refunded(sessions, server, key, 1_000_00)
    with pytest.raises(Conflict, match="more than is left"):
        refunded(sessions, server, key, YEARLY - 1_000_00 + 1, "r2")
    with pytest.raises(Conflict, match="another one"):
        refunded(sessions, server, key, 1_000_01)
    first = next(each.reference for each in rows(sessions, Payment) if each.reference != key)
    refunded(sessions, server, key, YEARLY - 1_000_00, "r3")
    with pytest.raises(Conflict, match="the advance"):
        refunded(sessions, server, first, YEARLY, "r4")


def test_a_refund_that_is_told_before_the_capture_posts_both(sessions, server, owed):
    order = ordered(sessions, server, owed)
    key = server.pay(order.gateway_id)
    captured = server.webhook("payment.captured", key)
    made = server.refund(key, 500_00)
    server.settle_refund(made)
    assert told(sessions, server.webhook("refund.processed", made)) == "noted"
    assert told(sessions, captured) == "repeated"
    assert count(sessions, Payment) == 1
    with sessions() as session:
        (shown,) = online.held(session, 50, SOON)["refunds"]
    assert (shown["gateway_id"], shown["amount_paise"], shown["state"]) == (made, 500_00, "foreign")


def test_money_in_suspense_goes_back_through_the_gateway(sessions, server, owed):
    order = ordered(sessions, server, owed)
    mark(sessions, owed, "split")
    key = server.pay(order.gateway_id)
    told(sessions, server.webhook("payment.captured", key))
    refund = refunded(sessions, server, key)
    assert book(sessions).suspense == YEARLY
    with pytest.raises(Conflict):
        refunded(sessions, server, key, 1, "r2")
    server.settle_refund(refund.gateway_id)
    assert told(sessions, server.webhook("refund.processed", refund.gateway_id)) == "posted"
    assert (book(sessions).suspense, sum(book(sessions).money.values())) == (0, 0)


def test_a_disputed_payment_is_not_refunded_until_the_dispute_is_won(sessions, server, owed):
    _, key = twice_paid(sessions, server, owed)
    opened = server.webhook("payment.dispute.created", key)
    assert told(sessions, opened) == "noted"
    with pytest.raises(Conflict, match="is disputed"):
        refunded(sessions, server, key)
    with sessions() as session:
        (shown,) = online.held(session, 50, SOON)["disputes"]
    assert (shown["payment_ref"], shown["status"]) == (key, "open")
    assert told(sessions, server.webhook("payment.dispute.won", key)) == "noted"
    assert refunded(sessions, server, key).state == "sent"


def test_a_refund_that_the_gateway_refuses_to_tell_of_hides_no_other(sessions, server, owed):
    _, key = twice_paid(sessions, server, owed)
    unknown = refunded(sessions, server, key, 1_000_00)
    known = refunded(sessions, server, key, 2_000_00, "r2")
    server.settle_refund(known.gateway_id)
    server.faults.append(Fault.REFUSED_400)
    assert polled(sessions, server, SOON + timedelta(minutes=11)).refunds == 2
    states = {each.id: each.state for each in rows(sessions, GatewayRefund)}
    assert states == {unknown.id: "sent", known.id: "processed"}


def test_an_id_that_was_written_down_for_another_payment_holds_the_order(sessions, server, owed):
    order = ordered(sessions, server, owed)
    key = server.pay(order.gateway_id)
    other = register(sessions, number="P/1/0002", owners=[{"name": "Vijay Patil"}])
    bill(sessions, other)
    paid(sessions, other, YEARLY, key, now=SOON)
    assert told(sessions, server.webhook("payment.captured", key)) == "refused"
    (kept,) = rows(sessions, PaymentOrder)
    assert (kept.state, kept.reason) == ("held", f"{key}: stands for another payment here")


# ---- no order of what is told loses or makes money

STEPS = st.lists(
    st.sampled_from(["authorized", "captured", "paid", "failed", "refund", "poll", "forged"]),
    max_size=12,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS, payments=st.integers(1, 3))
def test_whatever_is_told_in_whatever_order_the_books_have_what_was_captured(
    database, server, steps, payments
):
    clear(database)
    server.auto_capture = True
    server.faults.clear()
    owed = register(database)
    bill(database, owed)
    order = ordered(database, server, owed)
    keys = [server.pay(order.gateway_id) for _ in range(payments)]
    failed = server.pay(order.gateway_id, fails=True)
    now = SOON
    for number, step in enumerate(steps):
        key = keys[number % payments]
        now += timedelta(minutes=number)
        if step == "poll":
            polled(database, server, now)
        elif step == "forged":
            with pytest.raises(Forbidden):
                told(database, forged(server.webhook("payment.captured", key)), now)
        elif step == "failed":
            told(database, server.webhook("payment.failed", failed), now)
        elif step == "refund":
            made = server.refund(key, 1_00)
            told(database, server.webhook("refund.created", made), now)
        else:
            event = {"paid": "order.paid"}.get(step, f"payment.{step}")
            told(database, server.webhook(event, key), now)
    # In the end each capture has been told once more, as the gateway does.
    for key in keys:
        told(database, server.webhook("payment.captured", key), now)
    found = book(database)
    assert found.money == {Account.GATEWAY: payments * YEARLY}
    assert sorted(each.reference for each in rows(database, Payment)) == sorted(keys)
    assert sorted(each.serial for each in rows(database, Receipt)) == [*range(1, payments + 1)]
