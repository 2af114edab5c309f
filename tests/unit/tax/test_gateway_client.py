"""The client of the payment gateway against one on the loopback that fails in every way."""

import time

import pytest

from palika.errors import Invalid, Unavailable
from services.tax.gateway.loopback_server import Fault, LoopbackServer
from services.tax.gateway.razorpay import Refused
from tests.support.razorpay import client_of, gateway_running


@pytest.fixture
def server():
    with gateway_running() as running:
        yield running


def posts(server: LoopbackServer, path: str) -> int:
    return sum(1 for asked in server.requests if asked[:2] == ("POST", path))


def test_an_order_is_made_paid_and_asked_for(server):
    client = client_of(server)
    made = client.make_order("PO-2026-27-000001", 1_234_50, {"property": "P/1/0001"})
    assert (made.amount_paise, made.receipt, made.status) == (
        1_234_50,
        "PO-2026-27-000001",
        "created",
    )
    key = server.pay(made.id, "netbanking")
    (payment,) = client.payments(made.id)
    assert (payment.id, payment.captured, payment.mode) == (key, True, "netbanking")
    assert client.order(made.id).status == "paid"
    assert client.payment(key) == payment


def test_an_order_whose_answer_was_lost_is_found_by_its_receipt(server):
    client = client_of(server)
    server.faults.extend([None, Fault.DROP_AFTER])
    with pytest.raises(Unavailable):
        client.make_order("PO-2026-27-000001", 500_00, {})
    again = client.make_order("PO-2026-27-000001", 500_00, {})
    assert posts(server, "/v1/orders") == 1
    assert again.id == client.order(again.id).id


def test_the_same_receipt_with_another_amount_is_refused(server):
    client = client_of(server)
    client.make_order("PO-2026-27-000001", 500_00, {})
    with pytest.raises(Refused, match="another order"):
        client.make_order("PO-2026-27-000001", 600_00, {})


@pytest.mark.parametrize(
    "fault", [Fault.ERROR_500, Fault.ERROR_502_HTML, Fault.DROP_BEFORE, Fault.DROP_AFTER, Fault.CUT]
)
def test_a_read_is_tried_again(server, fault):
    client = client_of(server)
    made = client.make_order("PO-2026-27-000001", 500_00, {})
    server.faults.extend([fault, fault])
    assert client.payments(made.id) == []


def test_a_read_is_tried_three_times_and_no_more(server):
    server.faults.extend([Fault.ERROR_500] * 10)
    with pytest.raises(Unavailable):
        client_of(server).order("order_1")
    assert len(server.requests) == 3


def test_what_is_not_safe_to_repeat_is_tried_once(server):
    client = client_of(server)
    server.faults.extend([None, Fault.ERROR_500])
    with pytest.raises(Unavailable):
        client.make_order("PO-2026-27-000001", 500_00, {})
    assert posts(server, "/v1/orders") == 1


@pytest.mark.parametrize("fault", [Fault.STALL, Fault.DRIP])
def test_no_try_takes_longer_than_its_time(server, fault):
    client = client_of(server, timeout_s=0.3)
    server.faults.extend([fault] * 3)
    started = time.monotonic()
    with pytest.raises(Unavailable):
        client.order("order_1")
    assert time.monotonic() - started < 3


def test_a_refusal_tells_the_gateways_reason(server):
    with pytest.raises(Refused, match=r"at least INR 1\.00") as refused:
        client_of(server).make_order("PO-2026-27-000001", 99, {})
    assert refused.value.details == {"status": 400, "gateway_code": "BAD_REQUEST_ERROR"}


def test_wrong_keys_are_an_outage_of_ours_and_no_refusal_of_a_payment(server):
    with pytest.raises(Unavailable, match="does not know us"):
        client_of(server, key_secret="another").order("order_1")
    with pytest.raises(Unavailable, match="no payment gateway is set up"):
        client_of(server, key_secret="").order("order_1")


def test_a_capture_that_went_through_unheard_is_read(server):
    server.auto_capture = False
    client = client_of(server)
    made = client.make_order("PO-2026-27-000001", 500_00, {})
    key = server.pay(made.id)
    server.faults.append(Fault.DROP_AFTER)
    assert client.capture(key, 500_00).captured
    assert client.capture(key, 500_00).captured  # Refused as captured already, and read.


def test_a_capture_of_another_amount_is_refused(server):
    server.auto_capture = False
    client = client_of(server)
    key = server.pay(client.make_order("PO-2026-27-000001", 500_00, {}).id)
    with pytest.raises(Refused, match="must be equal"):
        client.capture(key, 499_00)
    assert not client.payment(key).captured


@pytest.mark.parametrize("fault", [Fault.DROP_AFTER, Fault.ERROR_500, Fault.CUT])
def test_a_refund_is_made_once_however_often_it_is_tried(server, fault):
    client = client_of(server)
    key = server.pay(client.make_order("PO-2026-27-000001", 500_00, {}).id)
    server.faults.append(fault)
    first = client.refund(key, 200_00, "0190-refund-1")
    again = client.refund(key, 200_00, "0190-refund-1")
    assert first.id == again.id
    assert client.payment(key).refunded_paise == 200_00
    assert [each.receipt for each in client.refunds(key)] == ["0190-refund-1"]
    with pytest.raises(Refused, match="Different request"):
        client.refund(key, 100_00, "0190-refund-1")
    with pytest.raises(Refused, match="greater than"):
        client.refund(key, 300_01, "0190-refund-2")


@pytest.mark.parametrize("key", ["", "../orders", "pay_1?x=", "pay 1", "p" * 61])
def test_what_is_no_id_does_not_reach_the_wire(server, key):
    with pytest.raises(Invalid):
        client_of(server).payment(key)
    assert server.requests == []
