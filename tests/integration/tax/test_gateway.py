"""Payments through the gateway, on a real database, against a gateway on the loopback that fails,
repeats itself, and tells things in any order."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid, Unavailable
from services.tax.commands.settle import Outcome
from services.tax.commands.webhooks import take_webhook
from services.tax.domain.ledger.accounts import Account
from services.tax.gateway.loopback import Webhook
from services.tax.gateway.loopback_server import Fault, LoopbackServer
from services.tax.models import (
    GatewayNotice,
    Payment,
    PaymentOrder,
    Receipt,
)
from services.tax.queries import online
from tests.support.razorpay import SOON, book, forged, mark, ordered, rows, storm, told
from tests.support.taxes import APRIL, YEARLY, count

# ---- orders


def test_an_order_is_paid_and_posted_with_a_receipt(sessions, server, owed):
    order = ordered(sessions, server, owed)
    assert order.state == "open"
    assert re.fullmatch("PO-2026-27-[0-9]{6}", order.number)
    key = server.pay(order.gateway_id, "upi")
    assert told(sessions, server.webhook("payment.captured", key)) == "posted"
    (payment,) = rows(sessions, Payment)
    assert (payment.reference, payment.mode, payment.channel) == (key, "upi", "online")
    assert payment.receipt_number == "RC/2026-27/ONLINE/000001"
    assert book(sessions).money == {Account.GATEWAY: YEARLY}
    (order,) = rows(sessions, PaymentOrder)
    assert (order.state, order.payment_id, order.next_ask_at) == ("paid", payment.id, None)


def test_the_same_key_is_the_same_order(sessions, server, owed):
    first = ordered(sessions, server, owed)
    assert ordered(sessions, server, owed).id == first.id
    with pytest.raises(Conflict, match="another property or amount"):
        ordered(sessions, server, owed, YEARLY - 1)
    assert sum(1 for asked in server.requests if asked.method == "POST") == 1


def test_the_same_key_of_another_caller_is_another_order(sessions, server, owed):
    first = ordered(sessions, server, owed)
    other = ordered(sessions, server, owed, 200_00, by=Identity.of("citizen:7", "citizen"))
    assert other.id != first.id
    assert (first.amount_paise, other.amount_paise) == (YEARLY, 200_00)
    assert ordered(sessions, server, owed).id == first.id


@pytest.mark.parametrize("missing", ["key_id", "key_secret"])
def test_without_a_gateway_nothing_is_kept_of_an_order(sessions, server, owed, missing):
    with pytest.raises(Unavailable, match="no payment gateway is set up"):
        ordered(sessions, server, owed, **{missing: ""})
    assert count(sessions, PaymentOrder) == 0
    # The key is free: with another amount, too.
    assert ordered(sessions, server, owed, 200_00).state == "open"


@pytest.mark.parametrize("amount", [0, -1, 99, True, 100.0, "100", 10**16])
def test_what_is_no_amount_is_refused_before_the_gateway_is_asked(sessions, server, owed, amount):
    with pytest.raises(Invalid):
        ordered(sessions, server, owed, amount)
    assert server.requests == []
    assert count(sessions, PaymentOrder) == 0


@pytest.mark.parametrize("fault", [Fault.DROP_AFTER, Fault.CUT, Fault.DROP_BEFORE, Fault.ERROR_500])
def test_an_order_whose_answer_was_lost_is_found_again(sessions, server, owed, fault):
    server.faults.extend([None, fault])
    with pytest.raises(Unavailable):
        ordered(sessions, server, owed)
    (order,) = rows(sessions, PaymentOrder)
    assert (order.state, order.gateway_id) == ("new", None)
    assert ordered(sessions, server, owed).state == "open"
    assert len({each["id"] for each in orders_at(server, order.number)}) == 1


def orders_at(server: LoopbackServer, number: str) -> list[Any]:
    return [each for each in server._state.orders.values() if each["receipt"] == number]


def test_an_order_that_the_gateway_refuses_is_refused_for_good(sessions, server, owed):
    server.faults.extend([None, Fault.REFUSED_400])
    with pytest.raises(Conflict, match="the payment gateway refuses"):
        ordered(sessions, server, owed)
    assert ordered(sessions, server, owed).state == "refused"


def test_nothing_is_ordered_for_a_property_that_is_gone(sessions, server, owed):
    mark(sessions, owed, "merged")
    with pytest.raises(Conflict, match="is merged"):
        ordered(sessions, server, owed)


def test_what_a_demolished_property_owes_is_ordered_and_posted(sessions, server, owed):
    mark(sessions, owed, "demolished")
    key = server.pay(ordered(sessions, server, owed).gateway_id)
    assert told(sessions, server.webhook("payment.captured", key)) == "posted"
    assert rows(sessions, Payment)[0].property_id == owed.id


# ---- webhooks


@pytest.mark.parametrize("seed", range(4))
def test_fifty_times_in_parallel_and_in_any_order_a_payment_is_posted_once(
    sessions, server, owed, seed
):
    order = ordered(sessions, server, owed)
    server.auto_capture = False
    key = server.pay(order.gateway_id, "card")
    authorized = server.webhook("payment.authorized", key)
    server.capture(key)
    webhooks = [authorized, server.webhook("payment.captured", key)]
    webhooks.append(server.webhook("order.paid", key))
    with ThreadPoolExecutor(10) as pool:
        outcomes = list(pool.map(lambda each: told(sessions, each), storm(webhooks, 50, seed)))
    assert outcomes.count("posted") == 1
    assert set(outcomes) <= {"posted", "repeated", "noted"}
    assert [each.amount_paise for each in rows(sessions, Payment)] == [YEARLY]
    assert book(sessions).money == {Account.GATEWAY: YEARLY}
    assert sum(each.times for each in rows(sessions, GatewayNotice)) == 150
    assert [each.serial for each in rows(sessions, Receipt)] == [1]


def test_a_capture_that_is_told_before_its_authorization_is_posted(sessions, server, owed):
    order = ordered(sessions, server, owed)
    server.auto_capture = False
    key = server.pay(order.gateway_id)
    late = server.webhook("payment.authorized", key)
    server.capture(key)
    assert told(sessions, server.webhook("payment.captured", key)) == "posted"
    assert told(sessions, late) == "noted"
    assert rows(sessions, PaymentOrder)[0].state == "paid"


def test_a_payment_counts_from_its_own_day_however_late_it_is_told(sessions, server, owed):
    key = server.pay(ordered(sessions, server, owed).gateway_id)
    late = APRIL + timedelta(days=150)
    assert told(sessions, server.webhook("payment.captured", key), late) == "posted"
    (payment,) = rows(sessions, Payment)
    assert (payment.received_on, payment.balance_paise) == (APRIL.date(), 0)
    assert (payment.taken_by, payment.reason) == ("gateway", None)
    # The rebate for early payment is given, and no interest charged.
    assert sum(book(sessions).rebated.values()) > 0
    assert book(sessions).net < 0


def test_a_payment_that_failed_leaves_the_order_open_for_the_next_one(sessions, server, owed):
    order = ordered(sessions, server, owed)
    failed = server.pay(order.gateway_id, fails=True)
    assert told(sessions, server.webhook("payment.failed", failed)) == "noted"
    assert rows(sessions, PaymentOrder)[0].reason == f"{failed}: failed (BAD_REQUEST_ERROR)"
    key = server.pay(order.gateway_id)
    assert told(sessions, server.webhook("payment.captured", key)) == "posted"


def test_an_order_that_is_paid_twice_is_the_owners_credit(sessions, server, owed):
    order = ordered(sessions, server, owed)
    for _ in range(2):
        key = server.pay(order.gateway_id)
        assert told(sessions, server.webhook("payment.captured", key)) == "posted"
    assert book(sessions).money == {Account.GATEWAY: 2 * YEARLY}
    # The rebate for early payment is credit, too.
    assert book(sessions).advance >= YEARLY


def wrong(server: LoopbackServer, key: str) -> dict[str, Webhook]:
    return {
        "amount: must be": server.webhook("payment.captured", key, amount=YEARLY - 1),
        "currency: must be INR": server.webhook("payment.captured", key, currency="USD"),
        "is none of ours": server.webhook("payment.captured", key, order_id="order_Elsewhere"),
        "order: the payment has none": server.webhook("payment.captured", key, order_id=None),
    }


@pytest.mark.parametrize(
    "reason",
    ["amount: must be", "currency: must be INR", "is none of ours", "the payment has none"],
)
def test_what_does_not_fit_is_refused_with_its_reason_and_nothing_is_posted(
    sessions, server, owed, reason
):
    order = ordered(sessions, server, owed)
    key = server.pay(order.gateway_id)
    webhook = next(each for text, each in wrong(server, key).items() if reason in text)
    assert told(sessions, webhook) == "refused"
    assert count(sessions, Payment) == 0
    assert book(sessions).money == {}
    with sessions() as session:
        shown = online.held(session, 50, SOON)
    assert [reason in each["reason"] for each in shown["refused"]] == [True]
    held = reason.startswith(("amount", "currency"))
    assert len(shown["orders"]) == held
    # What is right is posted all the same.
    assert told(sessions, server.webhook("payment.captured", key)) == "posted"
    (kept,) = rows(sessions, PaymentOrder)
    assert kept.payment_id == rows(sessions, Payment)[0].id
    # What did not fit is not forgotten for it.
    assert kept.state == ("held" if held else "paid")
    assert (reason in (kept.reason or "")) == held


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 60_000, b"NaN"])
def test_what_is_no_webhook_is_refused_and_counted_though_it_is_signed(sessions, server, body):
    with pytest.raises(Invalid):
        told(sessions, server.signed(body))
    assert count(sessions, GatewayNotice) == 0
    with sessions() as session:
        shown = online.held(session, 50, SOON)
    assert shown["unsigned"] == [{"day": "2026-04-01", "rule": "form", "times": 1}]


def test_what_is_too_large_is_refused(sessions, server):
    with pytest.raises(Invalid, match="65536 bytes"):
        told(sessions, server.signed(b" " * 65_537))


def test_what_the_gateway_has_not_signed_is_refused_and_only_counted(sessions, server, owed):
    order = ordered(sessions, server, owed)
    key = server.pay(order.gateway_id)
    webhook = server.webhook("payment.captured", key)
    body, signature, event_id = webhook
    for each in (
        forged(webhook),
        (body, "", event_id),
        (body, signature.upper(), event_id),
        (body, "ख" * 64, event_id),
        (body + b" ", signature, event_id),
        (body.replace(str(YEARLY).encode(), str(YEARLY * 2).encode()), signature, event_id),
    ):
        with pytest.raises(Forbidden):
            told(sessions, each)
    assert count(sessions, Payment) == count(sessions, GatewayNotice) == 0
    with sessions() as session:
        assert online.held(session, 50, SOON)["unsigned"] == [
            {"day": "2026-04-01", "rule": "signature", "times": 6}
        ]
    # Nor does a forged one that has come first stand in the way of the true one.
    assert told(sessions, webhook) == "posted"


def test_without_a_secret_nothing_is_believed(sessions, server):
    body, _, event_id = server.signed(b"{}")
    for secrets in ((), ("",)):
        with pytest.raises(Forbidden):
            take_webhook(sessions.begin, body, "", event_id, secrets, SOON)


def test_both_secrets_hold_while_one_takes_the_others_place(sessions, server, owed):
    key = server.pay(ordered(sessions, server, owed).gateway_id)
    body, signature, event_id = server.webhook("payment.captured", key)
    secrets = ("the-new-one", server.webhook_secret)
    found = take_webhook(sessions.begin, body, signature, event_id, secrets, SOON)
    assert found.outcome is Outcome.POSTED


def test_money_for_a_property_that_was_merged_meanwhile_waits_in_suspense(sessions, server, owed):
    order = ordered(sessions, server, owed)
    mark(sessions, owed, "merged")
    key = server.pay(order.gateway_id)
    assert told(sessions, server.webhook("payment.captured", key)) == "suspense"
    assert told(sessions, server.webhook("order.paid", key)) == "repeated"
    (payment,) = rows(sessions, Payment)
    assert (payment.property_id, payment.receipt_number) == (None, None)
    assert book(sessions).suspense == YEARLY


def test_an_event_of_another_kind_is_noted(sessions, server):
    body = {"event": "settlement.processed", "created_at": 1775000000, "payload": {}}
    assert told(sessions, server.signed(json.dumps(body).encode())) == "noted"
