"""A client of Razorpay's API (over ``palika.outgoing``).

From the public reference (razorpay.com/docs/api):

- basic authentication with the key's id and secret (…/authentication);
- ``POST /v1/orders`` with amount, currency and ``receipt`` of 40 characters at the most
  (…/orders/create); orders can be looked up by their receipt (…/orders/fetch-all), and their
  payments at ``GET /v1/orders/{id}/payments``;
- ``POST /v1/payments/{id}/capture`` with the authorized amount (…/payments/capture);
- ``POST /v1/payments/{id}/refund`` with ``X-Refund-Idempotency`` of ten characters or more, the
  same body at each repetition, 409 while the first is in work
  (…/refunds/normal-refunds-idempotent);
- ``POST /v1/payment_links`` with amount, currency, ``reference_id`` (unique, of 40 characters at
  the most), description, ``notify``, ``expire_by`` (Unix seconds, 15 minutes ahead or more),
  ``callback_url`` with ``callback_method`` get: where the payer is led to once it is paid
  (…/payments/payment-links/create-standard); ``GET`` of the same gives ``payment_links``, also
  those of a ``reference_id`` (…/fetch-all-standard), and ``/v1/payment_links/{id}`` one;
- errors as ``{"error": {"code", "description", …}}`` (…/errors).

What is safe to repeat is repeated, a bounded number of times: reads; a refund, by its key. An order
is looked up by its receipt, a link by its reference, before it is made anew: one that is made twice
takes no money twice, but is one too many to look after. A capture that has gone through already is
refused, and then read.
"""

import json
import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, urlencode

from palika.config import Settings
from palika.errors import Invalid, PalikaError, Unavailable
from palika.outgoing import Answered, basic_login, shared
from services.tax.domain.gateway import (
    CURRENCY,
    GatewayLink,
    GatewayOrder,
    GatewayPayment,
    GatewayRefund,
    link_of,
    order_of,
    payment_of,
    refund_of,
)

_log = logging.getLogger(__name__)

_PAUSE_S: Final = 0.2
_ID = re.compile(r"[A-Za-z0-9_]{1,60}", re.ASCII)
_LATER: Final = frozenset({409, 425, 429, 500, 502, 503, 504})
"""Answers after which the same may be tried again."""


class Refused(PalikaError):
    """The gateway has understood and does not do it; ``details`` has its code and status."""

    code = "gateway_refused"


@dataclass(frozen=True, slots=True)
class Gateway:
    """The gateway's API.

    All methods raise ``Unavailable`` when it does not answer in time, or not as it documents, and
    ``Refused`` when it refuses. Neither tells what a payer has entered.

    Attributes:
        url: of the API, ``https://api.razorpay.com``.
        key_id, key_secret: of the city's account there.
        timeout_s: of one try, from its first byte to its last.
        tries: of what is safe to repeat.
        pause: waits so many seconds between two tries.
    """

    url: str
    key_id: str
    key_secret: str
    timeout_s: float = 8.0
    tries: int = 3
    pause: Callable[[float], None] = lambda seconds: time.sleep(seconds)

    def check_set_up(self) -> None:
        """Refuse to begin what no gateway will do. Raises Unavailable: the city has no key."""
        if not self.key_id or not self.key_secret:
            raise Unavailable("no payment gateway is set up: there is no key")

    def make_order(self, receipt: str, amount_paise: int, notes: Mapping[str, str]) -> GatewayOrder:
        """The order of a receipt; one that is there already is not made anew.

        Raises:
            Refused: also when the one that is there is of another amount.
        """
        made = self._order_of(receipt)
        if made is None:
            body = {
                "amount": amount_paise,
                "currency": CURRENCY,
                "receipt": receipt,
                "notes": dict(notes),
            }
            made = self._entity(order_of, "POST", "/v1/orders", body)
        if (made.amount_paise, made.currency, made.receipt) != (amount_paise, CURRENCY, receipt):
            raise Refused("the gateway has another order under that receipt", {"receipt": receipt})
        return made

    def _order_of(self, receipt: str) -> GatewayOrder | None:
        found = self._ask("GET", f"/v1/orders?{urlencode({'receipt': receipt, 'count': 2})}")
        items = self._items(found)
        return self._read(order_of, items[0]) if items else None

    def order(self, order_id: str) -> GatewayOrder:
        """An order by its id."""
        return self._entity(order_of, "GET", f"/v1/orders/{_part(order_id)}")

    def make_link(
        self,
        reference: str,
        amount_paise: int,
        description: str,
        expires_at: datetime,
        notes: Mapping[str, str],
        back_to: str | None = None,
    ) -> GatewayLink:
        """The payment link of a reference; one that is there already is not made anew.

        Nobody is told of it by the gateway, nothing of the payer is given to it, and it is paid as
        a whole or not at all.

        Args:
            reference: our number of it, of 40 characters at the most.
            amount_paise: 100 or more.
            description: what the payer reads on its page.
            expires_at: aware, more than 15 minutes ahead.
            notes: kept with it.
            back_to: where the payer's browser is led once it is paid; None: it stays there.

        Raises:
            Refused: also when the one that is there is of another amount.
        """
        made = self._link_of(reference)
        if made is None:
            body = {
                "amount": amount_paise,
                "currency": CURRENCY,
                "accept_partial": False,
                "reference_id": reference,
                "description": description,
                "notify": {"sms": False, "email": False},
                "reminder_enable": False,
                "expire_by": int(expires_at.timestamp()),
                "notes": dict(notes),
            }
            if back_to is not None:
                body |= {"callback_url": back_to, "callback_method": "get"}
            try:
                made = self._entity(link_of, "POST", "/v1/payment_links", body)
            except Refused:
                # Somebody else may have made it in this moment: a reference is one link.
                made = self._link_of(reference)
                if made is None:
                    raise
        if (made.amount_paise, made.currency) != (amount_paise, CURRENCY):
            raise Refused(
                "the gateway has another link under that reference", {"reference": reference}
            )
        return made

    def _link_of(self, reference: str) -> GatewayLink | None:
        found = self._ask("GET", f"/v1/payment_links?{urlencode({'reference_id': reference})}")
        items = self._items(found, "payment_links")
        read = [self._read(link_of, each) for each in items]
        # Whatever else a gateway lists: only what has our number is ours.
        return next((each for each in read if each.reference == reference), None)

    def link(self, link_id: str) -> GatewayLink:
        """A payment link by its id."""
        return self._entity(link_of, "GET", f"/v1/payment_links/{_part(link_id)}")

    def payments(self, order_id: str) -> list[GatewayPayment]:
        """The payments that were tried for an order."""
        found = self._ask("GET", f"/v1/orders/{_part(order_id)}/payments")
        return [self._read(payment_of, each) for each in self._items(found)]

    def payment(self, payment_id: str) -> GatewayPayment:
        """A payment by its id."""
        return self._entity(payment_of, "GET", f"/v1/payments/{_part(payment_id)}")

    def capture(self, payment_id: str, amount_paise: int) -> GatewayPayment:
        """Take what is authorized. What is captured already is given as it is."""
        body = {"amount": amount_paise, "currency": CURRENCY}
        path = f"/v1/payments/{_part(payment_id)}/capture"
        try:
            return self._read(payment_of, self._ask("POST", path, body))
        except (Refused, Unavailable):
            found = self.payment(payment_id)
            if found.captured:
                return found
            raise

    def refund(self, payment_id: str, amount_paise: int, key: str) -> GatewayRefund:
        """Give so much of a payment back, once.

        Args:
            payment_id: captured.
            amount_paise: all of it or a part.
            key: ours, of ten characters or more: the same again is the same refund.
        """
        body = {"amount": amount_paise, "receipt": key}
        path = f"/v1/payments/{_part(payment_id)}/refund"
        headers = {"X-Refund-Idempotency": key}
        return self._entity(refund_of, "POST", path, body, headers, again=True)

    def refunds(self, payment_id: str) -> list[GatewayRefund]:
        """The refunds of a payment."""
        found = self._ask("GET", f"/v1/payments/{_part(payment_id)}/refunds")
        return [self._read(refund_of, each) for each in self._items(found)]

    # -- the wire -----------------------------------------------------------------------------

    def _entity(
        self,
        read: Callable[[Any], Any],
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        again: bool = False,
    ) -> Any:
        return self._read(read, self._ask(method, path, body, headers, again=again))

    @staticmethod
    def _items(found: Any, name: str = "items") -> list[Any]:
        items = found.get(name) if isinstance(found, Mapping) else None
        if not isinstance(items, list):
            raise Unavailable("the payment gateway's answer is no list")
        return items

    @staticmethod
    def _read(read: Callable[[Any], Any], raw: Any) -> Any:
        try:
            return read(raw)
        except Invalid as error:
            raise Unavailable(f"the payment gateway's answer cannot be read: {error}") from error

    def _ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        again: bool = False,
    ) -> Any:
        tries = self.tries if again or method == "GET" else 1
        for number in range(1, tries + 1):
            try:
                return self._once(method, path, body, headers or {})
            except Unavailable as error:
                if number == tries:
                    raise
                _log.info("the payment gateway, try %d of %d: %s", number, tries, error)
                self.pause(_PAUSE_S * 2 ** (number - 1))
        raise AssertionError("there is one try at least")

    def _once(
        self, method: str, path: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]
    ) -> Any:
        self.check_set_up()
        login = basic_login(self.key_id, self.key_secret)
        sent = {**login, "Accept": "application/json", **headers}
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        answer = shared().ask(
            method,
            self.url.rstrip("/") + path,
            headers=sent,
            body=data,
            timeout_s=self.timeout_s,
        )
        if not isinstance(answer, Answered):
            raise Unavailable(f"the payment gateway does not answer ({answer.reason})")
        return _judged(answer.status, answer.body)


def _judged(status: int, content: bytes) -> Any:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Unavailable(f"the payment gateway answers {status} without JSON") from error
    if status == 200:
        return found
    error = found.get("error") if isinstance(found, Mapping) else None
    code = error.get("code") if isinstance(error, Mapping) else None
    told = {"status": status, "gateway_code": str(code)[:60]}
    if status in _LATER:
        raise Unavailable(f"the payment gateway answers {status}", told)
    if status in (401, 403):
        # Our own keys: nothing is wrong with the payment.
        raise Unavailable(f"the payment gateway does not know us ({status})", told)
    raise Refused(f"the payment gateway refuses: {_reason(error)}", told)


def _reason(error: Any) -> str:
    said = error.get("description") if isinstance(error, Mapping) else None
    return str(said)[:200] if said else "no reason given"


def _part(key: str) -> str:
    if not _ID.fullmatch(key):
        raise Invalid("not an id of the gateway", {"id": [f"must not be {key!r:.40}"]})
    return quote(key, safe="")


def open_gateway(config: Settings) -> Gateway:
    """The gateway that the settings name; nothing is connected."""
    return Gateway(
        config.razorpay_url,
        config.razorpay_key_id,
        config.razorpay_key_secret,
        # A look twice and an order once: the caller of the RPC must still hear of the end of it.
        timeout_s=config.rpc_timeout_s * 0.3,
        tries=2,
    )
