"""Dues that are paid by a link, on a real database, against a gateway on the loopback."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from palika.auth import ANONYMOUS, Identity
from palika.errors import Conflict, Invalid, NotFound, Unavailable
from services.tax.commands.pay_link import MOST_OPEN, pay_link
from services.tax.domain.ledger.accounts import Account
from services.tax.gateway.loopback_server import Fault, LoopbackServer
from services.tax.models import GatewayNotice, Payment, PaymentOrder, Receipt
from services.tax.queries import online
from services.tax.reference import channels
from tests.support.razorpay import PORTAL, SOON, book, client_of, mark, polled, rows, storm, told
from tests.support.taxes import APRIL, YEARLY, count, paid, recorded

PAID = ("payment.authorized", "payment.captured", "order.paid", "payment_link.paid")
EXPIRES = APRIL + timedelta(hours=24)


def linked(
    sessions, server, owed, amount=YEARLY, now=APRIL, by=PORTAL, **changes: Any
) -> PaymentOrder:
    args = {"id": owed.id, "number": None, "amount_paise": amount}
    return pay_link(sessions.begin, client_of(server, **changes), by, args, now)


def made(server: LoopbackServer) -> int:
    """How many links the gateway has been asked to make."""
    return sum(1 for each in server.requests if each[:2] == ("POST", "/v1/payment_links"))


def one(sessions) -> PaymentOrder:
    (order,) = rows(sessions, PaymentOrder)
    return order


def posted_once(sessions, amount=YEARLY) -> Payment:
    (payment,) = rows(sessions, Payment)
    assert (payment.amount_paise, payment.channel) == (amount, "online")
    assert book(sessions).money == {Account.GATEWAY: amount}
    assert count(sessions, Receipt) == 1
    assert len(recorded(sessions, "tax.paid.v1")) == 1
    return payment


# ---- making


def test_a_link_is_paid_and_posted_with_a_receipt(sessions, server, owed):
    order = linked(sessions, server, owed)
    assert order.state == "open"
    assert order.link_url == f"{server.url}/l/{order.link_id}"
    assert order.expires_at == EXPIRES
    key = server.pay_link(order.link_id, "card")
    assert told(sessions, server.webhook("payment_link.paid", key)) == "posted"
    payment = posted_once(sessions)
    assert (payment.reference, payment.mode, payment.receipt_number) == (
        key,
        "card",
        "RC/2026-27/ONLINE/000001",
    )
    order = one(sessions)
    assert (order.state, order.payment_id, order.next_ask_at) == ("paid", payment.id, None)


def test_without_an_amount_it_is_what_settles_all_of_it_today(sessions, server, owed):
    order = linked(sessions, server, owed, None)
    assert 0 < order.amount_paise < YEARLY, "with the rebate of April"
    told(sessions, server.webhook("payment_link.paid", server.pay_link(order.link_id)))
    posted_once(sessions, order.amount_paise)
    with pytest.raises(Conflict, match="nothing is owed"):
        linked(sessions, server, owed, None, SOON)


def test_so_much_more_than_is_owed_is_taken_in_advance_and_no_more(sessions, server, owed):
    most = YEARLY + channels().advance_at_most
    assert linked(sessions, server, owed, most).amount_paise == most
    with pytest.raises(Invalid, match="more than is taken online") as refused:
        linked(sessions, server, owed, most + 1)
    assert "may be in advance" in refused.value.details["amount_paise"][0]
    assert made(server) == 1
    assert count(sessions, PaymentOrder) == 1


def test_nothing_of_the_owner_goes_to_the_gateway_and_it_tells_nobody(sessions, server, owed):
    linked(sessions, server, owed)
    (asked,) = [each for each in server.requests if each.method == "POST"]
    text = asked.body.decode("unicode_escape")
    assert "Asha" not in text
    assert "98220" not in text
    assert '"notify": {"sms": false, "email": false}' in text
    assert '"accept_partial": false' in text


def test_while_a_link_is_open_it_is_given_again(sessions, server, owed):
    first = linked(sessions, server, owed, by=ANONYMOUS)
    assert linked(sessions, server, owed, now=SOON).link_url == first.link_url
    assert made(server) == 1
    other = linked(sessions, server, owed, 200_00)
    assert other.link_url != first.link_url


def test_a_citizens_or_a_programs_link_is_given_to_nobody_else(sessions, server, owed):
    citizen, other = (Identity.of(f"citizen:{each}", "citizen") for each in (9, 10))
    program = Identity.of("api:shop", "citizen")
    callers = (citizen, other, program, ANONYMOUS)
    first = [linked(sessions, server, owed, by=each).link_url for each in callers]
    assert len(set(first)) == len(callers)
    assert [linked(sessions, server, owed, by=each).link_url for each in callers] == first
    assert linked(sessions, server, owed).link_url == first[-1]


def test_so_many_links_of_ones_own_amounts_are_open_and_what_is_owed_gets_one(
    sessions, server, owed
):
    for rupees in range(MOST_OPEN):
        linked(sessions, server, owed, 100_00 + rupees * 100)
    with pytest.raises(Conflict, match="are open already") as refused:
        linked(sessions, server, owed, 99_00)
    assert refused.value.details == {"number": owed.number, "open": MOST_OPEN, "most": MOST_OPEN}
    assert made(server) == MOST_OPEN
    assert linked(sessions, server, owed, 100_00).state == "open", "one that is open is given again"
    assert linked(sessions, server, owed, None).state == "open"


def test_asked_for_by_many_at_once_it_is_one(sessions, server, owed):
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: linked(sessions, server, owed).link_url, range(16)))
    assert len(set(found)) == 1
    assert count(sessions, PaymentOrder) == 1


@pytest.mark.parametrize("how", ["paid", "expired", "cancelled", "nearly over"])
def test_when_it_is_over_there_is_another_one(sessions, server, owed, how, monkeypatch):
    first = linked(sessions, server, owed)
    now = SOON
    if how == "paid":
        told(sessions, server.webhook("payment_link.paid", server.pay_link(first.link_id)))
    elif how == "cancelled":
        server.links.cancel(first.link_id)
        assert told(sessions, server.webhook("payment_link.cancelled", first.link_id)) == "noted"
        assert polled(sessions, server, SOON).expired == 1
    else:
        now = EXPIRES - timedelta(minutes=29 if how == "nearly over" else -1)
        monkeypatch.setattr(server.links, "_now", now.timestamp)
    assert linked(sessions, server, owed, now=now).link_url != first.link_url


@pytest.mark.parametrize("fault", [Fault.DROP_AFTER, Fault.CUT, Fault.DROP_BEFORE, Fault.ERROR_500])
def test_a_link_whose_answer_was_lost_is_found_again(sessions, server, owed, fault):
    server.faults.extend([None, fault])
    with pytest.raises(Unavailable):
        linked(sessions, server, owed)
    order = one(sessions)
    assert (order.state, order.link_id) == ("new", None)
    again = linked(sessions, server, owed, now=SOON)
    assert (again.id, again.state) == (order.id, "open")
    assert len(server.links.listed(order.number)[1]["payment_links"]) == 1


def test_a_link_that_the_gateway_refuses_is_refused(sessions, server, owed):
    server.faults.extend([None, Fault.REFUSED_400])
    with pytest.raises(Conflict, match="the payment gateway refuses"):
        linked(sessions, server, owed)
    assert one(sessions).state == "refused"
    assert linked(sessions, server, owed).state == "open"


@pytest.mark.parametrize("amount", [0, -1, 99, True, 100.0, "100", 10**16])
def test_what_is_no_amount_is_refused_before_the_gateway_is_asked(sessions, server, owed, amount):
    with pytest.raises(Invalid):
        linked(sessions, server, owed, amount)
    assert (server.requests, count(sessions, PaymentOrder)) == ([], 0)


def test_nothing_is_made_where_nothing_can_be_paid(sessions, server, owed):
    with pytest.raises(Unavailable, match="no payment gateway is set up"):
        linked(sessions, server, owed, key_id="")
    mark(sessions, owed, "merged")
    with pytest.raises(Conflict, match="is merged"):
        linked(sessions, server, owed)
    args = {"id": None, "number": "P/9/9999", "amount_paise": None}
    with pytest.raises(NotFound):
        pay_link(sessions.begin, client_of(server), PORTAL, args, APRIL)
    assert count(sessions, PaymentOrder) == 0


# ---- paying


@pytest.mark.parametrize("seed", range(4))
def test_in_any_order_and_however_often_a_payment_is_posted_once(sessions, server, owed, seed):
    order = linked(sessions, server, owed)
    key = server.pay_link(order.link_id)
    webhooks = storm([server.webhook(each, key) for each in PAID], 6, seed)
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda each: told(sessions, each), webhooks))
    assert outcomes.count("posted") == 1
    posted_once(sessions)
    # What came before the link's order was known is no work for a person.
    with sessions() as session:
        assert online.held(session, 50, SOON)["refused"] == []


@pytest.mark.parametrize("seed", range(3))
def test_whoever_brings_it_first_webhooks_and_polls_together_post_it_once(
    sessions, server, owed, seed
):
    order = linked(sessions, server, owed)
    key = server.pay_link(order.link_id)
    webhooks = storm([server.webhook(each, key) for each in PAID], 2, seed)

    def poll(_: int) -> int:
        with sessions.begin() as session:
            session.execute(update(PaymentOrder).values(next_ask_at=APRIL))
        return polled(sessions, server, SOON).posted

    with ThreadPoolExecutor(8) as pool:
        polls = [pool.submit(poll, each) for each in range(4)]
        outcomes = list(pool.map(lambda each: told(sessions, each), webhooks))
        found = [each.result() for each in polls]
    # What a poll found posted is told as posted by who posted it alone.
    assert outcomes.count("posted") + sum(found) == 1
    posted_once(sessions)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://a b", "http://", "", None, 7])
def test_a_page_that_is_no_address_of_the_web_is_given_to_nobody(sessions, server, owed, url):
    made = server.links.make

    def with_url(asked: Any) -> Any:
        status, link = made(asked)
        return status, link | {"short_url": url}

    server.links.make = with_url
    try:
        with pytest.raises(Unavailable, match="cannot be read"):
            linked(sessions, server, owed)
    finally:
        server.links.make = made
    assert one(sessions).link_url is None


def test_a_failed_try_is_no_end_and_the_next_one_is_posted(sessions, server, owed):
    order = linked(sessions, server, owed)
    server.pay_link(order.link_id, fails=True)
    assert polled(sessions, server, SOON).posted == 0
    assert one(sessions).state == "open"
    key = server.pay_link(order.link_id)
    assert told(sessions, server.webhook("payment_link.paid", key)) == "posted"
    posted_once(sessions)


@pytest.mark.parametrize("captured", [True, False])
def test_what_no_webhook_told_the_poll_finds(sessions, server, owed, captured):
    order = linked(sessions, server, owed)
    server.auto_capture = captured
    server.pay_link(order.link_id)
    assert polled(sessions, server, SOON).posted == 1
    posted_once(sessions)


def test_paid_in_the_last_minute_and_heard_of_late_it_is_posted(
    sessions, server, owed, monkeypatch
):
    order = linked(sessions, server, owed)
    key = server.pay_link(order.link_id)
    server.faults.extend([Fault.ERROR_500] * 20)
    assert polled(sessions, server, EXPIRES).expired == 0
    server.faults.clear()
    with sessions.begin() as session:
        session.get_one(PaymentOrder, order.id).state = "expired"
    late = EXPIRES + timedelta(days=2)
    assert told(sessions, server.webhook("payment_link.paid", key), late) == "posted"
    assert posted_once(sessions).received_on == APRIL.date()


def test_one_that_nobody_paid_expires(sessions, server, owed, monkeypatch):
    order = linked(sessions, server, owed)
    monkeypatch.setattr(server.links, "_now", EXPIRES.timestamp)
    assert told(sessions, server.webhook("payment_link.expired", order.link_id), EXPIRES) == "noted"
    assert polled(sessions, server, EXPIRES).expired == 1
    assert (one(sessions).state, one(sessions).next_ask_at) == ("expired", None)
    assert count(sessions, Payment) == 0


def test_two_links_that_are_both_paid_are_two_payments_the_second_is_credit(sessions, server, owed):
    for amount in (YEARLY, 200_00):
        order = linked(sessions, server, owed, amount)
        told(sessions, server.webhook("payment_link.paid", server.pay_link(order.link_id)))
    assert count(sessions, Payment) == 2
    assert book(sessions).money == {Account.GATEWAY: YEARLY + 200_00}


def test_of_another_amount_nothing_is_posted_and_a_person_looks(sessions, server, owed):
    order = linked(sessions, server, owed)
    key = server.pay_link(order.link_id, amount=100_00)
    assert told(sessions, server.webhook("payment_link.partially_paid", key)) == "refused"
    assert (one(sessions).state, count(sessions, Payment)) == ("held", 0)
    with sessions() as session:
        assert len(online.held(session, 50, SOON)["orders"]) == 1


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"id": "plink_foreign", "reference_id": "none of ours"}, "none of ours"),
        ({"amount": 1_00}, "amount"),
        ({"id": "plink_foreign"}, "is plink_"),
        ({"currency": "USD"}, "amount"),
    ],
)
def test_a_link_that_is_not_ours_or_not_as_we_made_it_is_refused(
    sessions, server, owed, changes, why
):
    key = server.pay_link(linked(sessions, server, owed).link_id)
    assert told(sessions, server.webhook("payment_link.paid", key, **changes)) == "refused"
    (notice,) = rows(sessions, GatewayNotice)
    assert why in notice.reason
    assert count(sessions, Payment) == 0


def test_paid_elsewhere_meanwhile_it_is_the_owners_credit(sessions, server, owed):
    order = linked(sessions, server, owed)
    paid(sessions, owed, YEARLY, "NEFT-1", now=SOON)
    key = server.pay_link(order.link_id)
    assert told(sessions, server.webhook("payment_link.paid", key)) == "posted"
    assert count(sessions, Payment) == 2


def test_merged_meanwhile_it_waits_in_suspense(sessions, server, owed):
    order = linked(sessions, server, owed)
    mark(sessions, owed, "merged")
    key = server.pay_link(order.link_id)
    assert told(sessions, server.webhook("payment_link.paid", key)) == "suspense"
