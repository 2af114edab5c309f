"""A payment gateway on this machine that speaks Razorpay's wire format: for tests and for a demo.

It keeps orders, links, payments and refunds in memory and signs its webhooks. What it sends is of
the form that the real one documents (see ``razorpay`` and ``domain/gateway``); it takes no money,
and no card's number.
"""

import base64
import hmac
import itertools
import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from services.tax.domain.gateway import signature_of
from services.tax.gateway.loopback_links import Links, refusal

Webhook = tuple[bytes, str, str]
"""Its body, the signature, the id of the event."""


@dataclass
class _State:
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    payments: dict[str, dict[str, Any]] = field(default_factory=dict)
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, tuple[bytes, str]] = field(default_factory=dict)


class Loopback:
    """The gateway's books, and what it answers; ``loopback_server`` puts it on the wire."""

    def __init__(
        self,
        key_id: str = "rzp_test_loopback",
        key_secret: str = "loopback-secret",
        webhook_secret: str = "loopback-webhook-secret",
        *,
        auto_capture: bool = True,
        now: Callable[[], float] = time.time,
        pages: Callable[[], str] = lambda: "http://127.0.0.1",
        first: int = 1,
    ) -> None:
        """Prepare.

        Args:
            key_id, key_secret: of whom it serves.
            webhook_secret: that it signs with.
            auto_capture: whether what is authorized is captured by itself.
            now: in Unix seconds.
            pages: where the pages of its links are.
            first: number of what it makes. Its books end with it: where the city's do not, it is
                to be above those of before, as a clock is, or a payment is taken for an old one.
        """
        self.key_id, self.key_secret, self.webhook_secret = key_id, key_secret, webhook_secret
        self.auto_capture = auto_capture
        self._now = now
        self._state = _State()
        self._lock = threading.RLock()
        self._numbers = itertools.count(first)
        self.links = Links(self._id, self._new_order, now, pages)

    # -- what payers do -----------------------------------------------------------------------

    def pay(
        self,
        order_id: str,
        method: str = "upi",
        *,
        fails: bool = False,
        amount: int | None = None,
        currency: str = "INR",
    ) -> str:
        """A payer pays an order at the checkout; the payment's id.

        Args:
            order_id: which; one that is not there is as well paid as another.
            method: the gateway's word.
            fails: the bank declines.
            amount: another one than the order's, as the real gateway would not take.
            currency: likewise.
        """
        with self._lock:
            order = self._state.orders.get(order_id, {"amount": amount or 100})
            captured = self.auto_capture and not fails
            payment = {
                "id": self._id("pay"),
                "entity": "payment",
                "amount": order["amount"] if amount is None else amount,
                "currency": currency,
                "status": "failed" if fails else ("captured" if captured else "authorized"),
                "order_id": order_id,
                "international": False,
                "method": method,
                "amount_refunded": 0,
                "refund_status": None,
                "captured": captured,
                "email": "asha@example.com",
                "contact": "+919822012345",
                "vpa": "asha@okbank" if method == "upi" else None,
                "notes": [],
                "error_code": "BAD_REQUEST_ERROR" if fails else None,
                "created_at": int(self._now()),
            }
            self._state.payments[payment["id"]] = payment
            if captured and order_id in self._state.orders:
                self._paid(payment)
            return str(payment["id"])

    def pay_link(self, link_id: str, method: str = "upi", **options: Any) -> str:
        """A payer pays at a link's page, as ``pay`` does an order; the payment's id.

        Raises:
            KeyError: there is no such link.
        """
        with self._lock:
            return self.pay(self.links.order_of(link_id), method, **options)

    def capture(self, payment_id: str) -> None:
        """What was authorized is captured, as its dashboard does."""
        with self._lock:
            payment = self._state.payments[payment_id]
            payment["status"], payment["captured"] = "captured", True
            self._paid(payment)

    def refund(self, payment_id: str, amount: int, receipt: str | None = None) -> str:
        """A refund, as its dashboard makes one; its id."""
        with self._lock:
            return str(self._refunded(self._state.payments[payment_id], amount, receipt)["id"])

    def settle_refund(self, refund_id: str, status: str = "processed") -> None:
        """The bank has given it back, or could not."""
        with self._lock:
            refund = self._state.refunds[refund_id]
            if status == "failed" and refund["status"] != "failed":
                payment = self._state.payments[refund["payment_id"]]
                payment["amount_refunded"] -= refund["amount"]
            refund["status"] = status

    def checkout(self, payment_id: str) -> dict[str, str]:
        """What the payer's browser is given after a payment."""
        order_id = self._state.payments[payment_id]["order_id"]
        return {
            "razorpay_order_id": order_id,
            "razorpay_payment_id": payment_id,
            "razorpay_signature": signature_of(
                f"{order_id}|{payment_id}".encode(), self.key_secret
            ),
        }

    # -- webhooks -----------------------------------------------------------------------------

    def webhook(self, event: str, key: str, **changes: Any) -> Webhook:
        """A webhook about a payment, a refund or a link, as it would be sent now.

        Args:
            event: ``payment.captured`` and so on.
            key: of the payment, or of the refund for ``refund.…``, or of the link for
                ``payment_link.expired`` and ``…cancelled``.
            changes: of the main entity, for what was forged by who knows the secret.
        """
        with self._lock:
            entities = self._entities(event, key, changes)
            body = {
                "entity": "event",
                "account_id": "acc_Loopback000001",
                "event": event,
                "contains": list(entities),
                "payload": {name: {"entity": each} for name, each in entities.items()},
                "created_at": int(self._now()),
            }
            return self.signed(json.dumps(body).encode())

    def signed(self, body: bytes) -> Webhook:
        """Any body, with its signature."""
        return body, signature_of(body, self.webhook_secret), self._id("evt")

    def _entities(
        self, event: str, key: str, changes: Mapping[str, Any]
    ) -> dict[str, dict[str, Any]]:
        if event.startswith("refund."):
            refund = dict(self._state.refunds[key])
            payment = self._state.payments[refund["payment_id"]]
            return {"refund": refund | changes, "payment": dict(payment)}
        if event in ("payment_link.expired", "payment_link.cancelled"):
            return {"payment_link": dict(self.links.seen(key)) | changes}
        payment = dict(self._state.payments[key])
        if event.startswith("payment_link."):
            link = self.links.of_order(payment["order_id"])
            if link is None:
                raise KeyError(f"payment {key} is of no link")
            order = dict(self._state.orders[payment["order_id"]])
            return {"payment_link": dict(link) | changes, "order": order, "payment": payment}
        if event.startswith("payment.dispute."):
            dispute = {
                "id": f"disp_{key[4:]}",
                "entity": "dispute",
                "payment_id": key,
                "amount": payment["amount"],
                "currency": payment["currency"],
                "amount_deducted": 0,
                "reason_code": "processing_error",
                "phase": "chargeback",
                "status": event.rpartition(".")[2].replace("created", "open"),
                "created_at": int(self._now()),
            }
            return {"payment": payment, "dispute": dispute | changes}
        found = {"payment": payment | changes}
        if event == "order.paid":
            found["order"] = dict(self._state.orders[payment["order_id"]])
        return found

    # -- the API ------------------------------------------------------------------------------

    def answered(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Any:
        """Status and JSON of a request; ``headers`` with small letters as keys."""
        wanted = base64.b64encode(f"{self.key_id}:{self.key_secret}".encode()).decode()
        given = headers.get("authorization") or ""
        if not hmac.compare_digest(given.encode(), f"Basic {wanted}".encode()):
            return 401, refusal("Authentication failed")
        parts = urlsplit(path)
        asked = json.loads(body) if body else {}
        with self._lock:
            for verb, pattern, does in _ROUTES:
                found = re.fullmatch(pattern, parts.path)
                if verb == method and found:
                    return does(self, found, parse_qs(parts.query), asked, headers)
        return 404, refusal("The requested URL was not found on the server.")

    def _make_order(self, _: Any, __: Any, asked: Any, ___: Any) -> Any:
        if type(asked.get("amount")) is not int or asked["amount"] < 100:
            return 400, refusal("The amount must be at least INR 1.00", field="amount")
        if len(asked.get("receipt") or "") > 40:
            return 400, refusal("receipt: the length must be no more than 40.")
        return 200, self._new_order(
            asked["amount"], asked["currency"], asked.get("receipt"), asked.get("notes", {})
        )

    def _new_order(
        self, amount: int, currency: str, receipt: str | None, notes: Any
    ) -> dict[str, Any]:
        order = {
            "id": self._id("order"),
            "entity": "order",
            "amount": amount,
            "amount_paid": 0,
            "amount_due": amount,
            "currency": currency,
            "receipt": receipt,
            "status": "created",
            "attempts": 0,
            "notes": notes,
            "created_at": int(self._now()),
        }
        self._state.orders[order["id"]] = order
        return order

    def _make_link(self, _: Any, __: Any, asked: Any, ___: Any) -> Any:
        return self.links.make(asked)

    def _list_links(self, _: Any, query: Any, __: Any, ___: Any) -> Any:
        return self.links.listed(query.get("reference_id", [None])[0])

    def _one_link(self, found: Any, _: Any, __: Any, ___: Any) -> Any:
        return self.links.one(found[1])

    def _list_orders(self, _: Any, query: Any, __: Any, ___: Any) -> Any:
        receipt = query.get("receipt", [None])[0]
        return 200, _collection(
            [each for each in self._state.orders.values() if receipt in (None, each["receipt"])]
        )

    def _one_order(self, found: Any, _: Any, __: Any, ___: Any) -> Any:
        return _one(self._state.orders, found[1])

    def _order_payments(self, found: Any, _: Any, __: Any, ___: Any) -> Any:
        if found[1] not in self._state.orders:
            return _one(self._state.orders, found[1])
        of = [each for each in self._state.payments.values() if each["order_id"] == found[1]]
        return 200, _collection(of)

    def _one_payment(self, found: Any, _: Any, __: Any, ___: Any) -> Any:
        return _one(self._state.payments, found[1])

    def _capture(self, found: Any, _: Any, asked: Any, __: Any) -> Any:
        payment = self._state.payments.get(found[1])
        if payment is None:
            return _one(self._state.payments, found[1])
        if payment["status"] != "authorized":
            told = (
                "This payment has already been captured"
                if payment["captured"]
                else "Only payments which have been authorized and not yet captured can be captured"
            )
            return 400, refusal(told)
        if (asked.get("amount"), asked.get("currency")) != (
            payment["amount"],
            payment["currency"],
        ):
            return 400, refusal("Capture amount must be equal to the amount authorized")
        self.capture(found[1])
        return 200, payment

    def _refund(self, found: Any, _: Any, asked: Any, headers: Any) -> Any:
        payment = self._state.payments.get(found[1])
        if payment is None:
            return _one(self._state.payments, found[1])
        key = headers.get("x-refund-idempotency")
        body = json.dumps([found[1], asked], sort_keys=True).encode()
        if key in self._state.keys:
            before, refund_id = self._state.keys[key]
            if before != body:
                return 400, refusal(
                    "Different request with the same idempotency key has already been processed.",
                )
            return 200, self._state.refunds[refund_id]
        amount = asked.get("amount", payment["amount"])
        if not payment["captured"] or amount + payment["amount_refunded"] > payment["amount"]:
            return 400, refusal(
                "The total refund amount is greater than the refund payment amount",
            )
        refund = self._refunded(payment, amount, asked.get("receipt"))
        if key is not None:
            self._state.keys[key] = (body, refund["id"])
        return 200, refund

    def _list_refunds(self, found: Any, _: Any, __: Any, ___: Any) -> Any:
        of = [each for each in self._state.refunds.values() if each["payment_id"] == found[1]]
        return 200, _collection(of)

    def _refunded(self, payment: dict[str, Any], amount: int, receipt: str | None) -> Any:
        refund = {
            "id": self._id("rfnd"),
            "entity": "refund",
            "amount": amount,
            "currency": payment["currency"],
            "payment_id": payment["id"],
            "receipt": receipt,
            "notes": [],
            "acquirer_data": {"arn": None},
            "status": "pending",
            "speed_requested": "normal",
            "created_at": int(self._now()),
        }
        self._state.refunds[refund["id"]] = refund
        payment["amount_refunded"] += amount
        full = payment["amount_refunded"] == payment["amount"]
        payment["refund_status"] = "full" if full else "partial"
        payment["status"] = "refunded" if full else "captured"
        return refund

    def _paid(self, payment: dict[str, Any]) -> None:
        order = self._state.orders[payment["order_id"]]
        order["status"], order["amount_paid"], order["amount_due"] = "paid", order["amount"], 0
        self.links.paid(payment)

    def _id(self, kind: str) -> str:
        return f"{kind}_Loop{next(self._numbers):010d}"


_ROUTES: Any = (
    ("POST", r"/v1/orders", Loopback._make_order),
    ("GET", r"/v1/orders", Loopback._list_orders),
    ("GET", r"/v1/orders/(\w+)", Loopback._one_order),
    ("GET", r"/v1/orders/(\w+)/payments", Loopback._order_payments),
    ("POST", r"/v1/payment_links/?", Loopback._make_link),
    ("GET", r"/v1/payment_links/?", Loopback._list_links),
    ("GET", r"/v1/payment_links/(\w+)", Loopback._one_link),
    ("GET", r"/v1/payments/(\w+)", Loopback._one_payment),
    ("POST", r"/v1/payments/(\w+)/capture", Loopback._capture),
    ("POST", r"/v1/payments/(\w+)/refund", Loopback._refund),
    ("GET", r"/v1/payments/(\w+)/refunds", Loopback._list_refunds),
)


def _collection(items: list[Any]) -> dict[str, Any]:
    return {"entity": "collection", "count": len(items), "items": items}


def _one(of: Mapping[str, Any], key: str) -> Any:
    if key in of:
        return 200, of[key]
    return 400, refusal("The id provided does not exist")
