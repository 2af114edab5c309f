"""Paying online through a running service: RPC, the poll, and a gateway that stalls."""

import base64
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from palika.auth import Identity
from palika.errors import Forbidden, Unavailable
from services.tax.gateway.loopback import Webhook
from services.tax.gateway.loopback_server import Fault, LoopbackServer
from tests.support.backbone import Backbone
from tests.support.part import wait_for
from tests.support.razorpay import forged, gateway_running
from tests.support.taxes import PROPERTY, YEARLY

PORTAL = Identity.of("service:portal", "service")
CITIZEN = Identity.of("citizen:7", "citizen")
CLERK = Identity.of("officer:clerk", "officer")


@pytest.fixture(scope="module")
def gateway() -> Iterator[LoopbackServer]:
    """A gateway on the loopback."""
    with gateway_running() as running:
        yield running


@pytest.fixture(scope="module")
def city(backbone: Backbone, gateway: LoopbackServer) -> Backbone:
    """The tax service, running, with that gateway."""
    backbone.migrate("tax")
    backbone.service(
        "tax",
        PALIKA_RAZORPAY_URL=gateway.url,
        PALIKA_RAZORPAY_KEY_ID=gateway.key_id,
        PALIKA_RAZORPAY_KEY_SECRET=gateway.key_secret,
        PALIKA_RAZORPAY_WEBHOOK_SECRETS=f"the-next-one {gateway.webhook_secret}",
        PALIKA_RAZORPAY_POLL_S="0.5",
        PALIKA_RPC_TIMEOUT_S="5",
    ).wait_ready(60)
    return backbone


@pytest.fixture(scope="module")
def owed(city: Backbone) -> str:
    """The id of a property with a bill."""
    with city.client(CLERK) as rpc:
        made = rpc.tax.register_property(**PROPERTY | {"number": "P/8/0002"})
        rpc.tax.raise_bill(property_id=made["id"], period="2026-27")
    return str(made["id"])


def ordered(city: Backbone, owed: str, key: str, amount: int = 100_00) -> dict[str, Any]:
    with city.client(CITIZEN) as rpc:
        made: dict[str, Any] = rpc.tax.make_order(property_id=owed, amount_paise=amount, key=key)
    return made


def told(city: Backbone, webhook: Webhook) -> str:
    body, signature, event_id = webhook
    with city.client(PORTAL) as rpc:
        answer = rpc.tax.webhook(
            body=base64.b64encode(body).decode(), signature=signature, event_id=event_id
        )
    return str(answer["outcome"])


def test_a_citizen_orders_pays_and_comes_back(city, gateway, owed):
    order = ordered(city, owed, "k1", YEARLY)
    assert (order["state"], order["key_id"]) == ("open", gateway.key_id)
    key = gateway.pay(order["gateway_id"])
    said = gateway.checkout(key)
    with city.client(CITIZEN) as rpc:
        done = rpc.tax.confirm_order(
            order_id=order["id"],
            gateway_order_id=said["razorpay_order_id"],
            gateway_payment_id=said["razorpay_payment_id"],
            signature=said["razorpay_signature"],
        )
    assert done["state"] == "paid"
    assert told(city, gateway.webhook("payment.captured", key)) == "repeated"
    types = city.query("tax", "SELECT type FROM outbox WHERE type = 'tax.paid.v1'")
    assert len(types) == 1


def test_a_webhook_comes_by_the_portal_and_a_forged_one_does_not(city, gateway, owed):
    order = ordered(city, owed, "k2")
    webhook = gateway.webhook("payment.captured", gateway.pay(order["gateway_id"]))
    with pytest.raises(Forbidden, match="signature"):
        told(city, forged(webhook))
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda _: told(city, webhook), range(16)))
    # The poll may have been faster than all of them.
    assert outcomes.count("posted") <= 1
    assert set(outcomes) <= {"posted", "repeated"}
    with city.client(CLERK) as rpc:
        assert rpc.tax.order(order_id=order["id"])["state"] == "paid"
        assert {"rule": "signature", "times": 1} in [
            {"rule": each["rule"], "times": each["times"]}
            for each in rpc.tax.gateway_held()["unsigned"]
        ]


def test_the_service_asks_by_itself_for_what_nobody_told(city, gateway, owed):
    order = ordered(city, owed, "k3")
    gateway.pay(order["gateway_id"])
    city.query(
        "tax", "UPDATE payment_order SET next_ask_at = now() WHERE id = %s RETURNING 1", order["id"]
    )
    state = "SELECT state FROM payment_order WHERE id = %s"
    wait_for(lambda: city.value("tax", state, order["id"]) == "paid", 20, "the order is paid")


def test_a_gateway_that_stalls_holds_up_nobody_but_its_caller(city, gateway, owed):
    gateway.faults.extend([Fault.STALL] * 12)

    def order() -> Any:
        try:
            return ordered(city, owed, "k4")
        except Unavailable as error:
            return error

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(order)
        time.sleep(0.3)
        with city.client(CLERK) as rpc:
            took = []
            for _ in range(10):
                started = time.monotonic()
                rpc.tax.get(id=owed)
                took.append(time.monotonic() - started)
        assert not slow.done()
        assert max(took) < 1.5
        assert isinstance(slow.result(timeout=30), Unavailable)
    gateway.faults.clear()
    assert ordered(city, owed, "k4")["state"] == "open"
