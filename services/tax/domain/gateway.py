"""What a payment gateway says, and whether it is to be believed: signatures, entities, notices.

The wire format is Razorpay's, from its public documentation:

- webhooks: ``X-Razorpay-Signature`` is the HMAC-SHA256 of the body's bytes under the webhook's own
  secret, in hexadecimal; ``x-razorpay-event-id`` is the same for each repetition; they may come
  more than once and in any order (razorpay.com/docs/webhooks/validate-test);
- checkout: ``razorpay_signature`` is the HMAC-SHA256 of ``order_id|payment_id`` under the key's
  secret (razorpay.com/docs/payments/server-integration, "verify payment signature");
- payment links: ``payment_link.paid`` has the link, its order and the payment; which order is the
  link's is in ``order_id``, once there is one (razorpay.com/docs/webhooks/payment-links,
  …/api/payments/payment-links/entity and …/fetch-all-standard);
- entities: amounts in paise, ``currency`` INR, moments in Unix seconds
  (razorpay.com/docs/api/orders, …/payments/entity, …/refunds/entity;
  razorpay.com/docs/webhooks/payments and …/disputes).

Fields that are not needed, those of the payer above all, are not even read.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from palika.errors import Forbidden, Invalid
from services.tax.domain.money import LARGEST

BODY_MAX: Final = 64 * 1024
"""Bytes of a webhook; theirs have some 2 KB."""

CURRENCY: Final = "INR"
MODE_OF: Final = {
    "upi": "upi",
    "card": "card",
    "emi": "card",
    "netbanking": "netbanking",
    "bank_transfer": "neft",
    "wallet": "wallet",
    "paylater": "wallet",
    "cardless_emi": "wallet",
}
"""How a payment was made, by the gateway's word for it."""

_ID_MAX: Final = 60
_URL_MAX: Final = 200
_URL: Final = re.compile(r"https?://[!-~]+", re.ASCII)
_EARLIEST: Final = 946_684_800  # 2000
_LATEST: Final = 4_102_444_800  # 2100


class Event(StrEnum):
    """The webhooks that are acted on; others are noted and left alone."""

    AUTHORIZED = "payment.authorized"
    CAPTURED = "payment.captured"
    FAILED = "payment.failed"
    ORDER_PAID = "order.paid"
    REFUND_CREATED = "refund.created"
    REFUND_PROCESSED = "refund.processed"
    REFUND_FAILED = "refund.failed"
    DISPUTE_CREATED = "payment.dispute.created"
    DISPUTE_UNDER_REVIEW = "payment.dispute.under_review"
    DISPUTE_ACTION_REQUIRED = "payment.dispute.action_required"
    DISPUTE_WON = "payment.dispute.won"
    DISPUTE_LOST = "payment.dispute.lost"
    DISPUTE_CLOSED = "payment.dispute.closed"
    LINK_PAID = "payment_link.paid"
    LINK_PARTIALLY_PAID = "payment_link.partially_paid"
    LINK_EXPIRED = "payment_link.expired"
    LINK_CANCELLED = "payment_link.cancelled"


@dataclass(frozen=True, slots=True)
class GatewayPayment:
    """A payment as the gateway has it.

    Attributes:
        captured: whether the money is the city's; ``authorized`` alone is none.
        refunded_paise: what of it went back.
        method: the gateway's word; ``mode`` is ours.
    """

    id: str
    order_id: str | None
    amount_paise: int
    currency: str
    status: str
    captured: bool
    refunded_paise: int
    method: str
    created_at: datetime
    error: str | None = None

    @property
    def mode(self) -> str:
        """How it was made, in our words."""
        return MODE_OF.get(self.method, "wallet")


@dataclass(frozen=True, slots=True)
class GatewayOrder:
    """An order as the gateway has it; ``receipt`` is our number of it."""

    id: str
    amount_paise: int
    currency: str
    receipt: str | None
    status: str


@dataclass(frozen=True, slots=True)
class GatewayLink:
    """A payment link as the gateway has it: ``created``, ``partially_paid``, ``paid``, ``expired``
    or ``cancelled``.

    Attributes:
        reference: our number of it.
        url: of the page where it is paid.
        order_id: of the order that its payments are of; None until the gateway has made one.
    """

    id: str
    reference: str | None
    amount_paise: int
    paid_paise: int
    currency: str
    status: str
    url: str
    order_id: str | None

    @property
    def ended(self) -> bool:
        """Whether nobody has paid by it, and nobody can any more."""
        return self.status in ("expired", "cancelled")


@dataclass(frozen=True, slots=True)
class GatewayRefund:
    """A refund as the gateway has it: ``pending``, ``processed`` or ``failed``."""

    id: str
    payment_id: str
    amount_paise: int
    currency: str
    status: str
    receipt: str | None


@dataclass(frozen=True, slots=True)
class GatewayDispute:
    """A payment that its payer's bank challenges."""

    id: str
    payment_id: str
    amount_paise: int
    currency: str
    phase: str
    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class Notice:
    """One webhook; it has the entities that its kind of event has."""

    event: str
    created_at: datetime
    payment: GatewayPayment | None = None
    order: GatewayOrder | None = None
    refund: GatewayRefund | None = None
    dispute: GatewayDispute | None = None
    link: GatewayLink | None = None


def signature_of(message: bytes, secret: str) -> str:
    """The HMAC-SHA256 of a message, in hexadecimal."""
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def check_signed(body: bytes, signature: str, secrets: Iterable[str]) -> None:
    """Refuse a webhook that the gateway has not signed.

    Args:
        body: its bytes as they came.
        signature: of the header; anything.
        secrets: of the webhook: several while one takes another's place, since what is repeated is
            signed with the old one.

    Raises:
        Forbidden: there is no secret, or the signature is by none of them.
    """
    given = signature.encode("utf-8", "replace")
    found = False
    # All are compared, in constant time, whichever fits.
    for secret in secrets:
        found |= hmac.compare_digest(signature_of(body, secret).encode(), given)
    if not found:
        raise Forbidden("the webhook's signature is not the gateway's", {"rule": "signature"})


def check_checkout(order_id: str, payment_id: str, signature: str, key_secret: str) -> None:
    """Refuse what a browser says of a payment unless the gateway has signed it.

    Raises:
        Forbidden: the signature is not by the key.
    """
    wanted = signature_of(f"{order_id}|{payment_id}".encode(), key_secret)
    if not key_secret or not hmac.compare_digest(
        wanted.encode(), signature.encode("utf-8", "replace")
    ):
        raise Forbidden("the checkout's signature is not the gateway's", {"rule": "signature"})


def read_notice(body: bytes) -> Notice:
    """What a webhook says.

    Raises:
        Invalid: too large, no JSON, or not of the form that the gateway documents.
    """
    if len(body) > BODY_MAX:
        raise Invalid("not a webhook", {"body": [f"must be of at most {BODY_MAX} bytes"]})
    try:
        raw = json.loads(body.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Invalid("not a webhook", {"body": ["must be JSON in UTF-8"]}) from error
    read = _Reading("webhook", raw)
    event = read.text("event", 60)
    payload = read.inner("payload")
    return Notice(
        event=event,
        created_at=read.moment("created_at"),
        payment=_entity(payload, "payment", payment_of),
        order=_entity(payload, "order", order_of),
        refund=_entity(payload, "refund", refund_of),
        dispute=_entity(payload, "dispute", dispute_of),
        link=_entity(payload, "payment_link", link_of),
    )


def payment_of(raw: Any) -> GatewayPayment:
    """A payment's entity. Raises Invalid."""
    read = _Reading("payment", raw)
    status = read.text("status")
    return GatewayPayment(
        id=read.text("id"),
        order_id=read.maybe("order_id"),
        amount_paise=read.amount("amount"),
        currency=read.text("currency", 10),
        status=status,
        captured=read.raw.get("captured") is True or status == "captured",
        refunded_paise=read.amount("amount_refunded", least=0, default=0),
        method=read.maybe("method") or "",
        created_at=read.moment("created_at"),
        error=read.maybe("error_code"),
    )


def order_of(raw: Any) -> GatewayOrder:
    """An order's entity. Raises Invalid."""
    read = _Reading("order", raw)
    return GatewayOrder(
        id=read.text("id"),
        amount_paise=read.amount("amount"),
        currency=read.text("currency", 10),
        receipt=read.maybe("receipt"),
        status=read.text("status"),
    )


def link_of(raw: Any) -> GatewayLink:
    """A payment link's entity. Raises Invalid."""
    read = _Reading("payment link", raw)
    url = read.text("short_url", _URL_MAX)
    # It goes into messages to citizens.
    if not _URL.fullmatch(url):
        raise read.wrong("short_url", "must be an address of the web")
    return GatewayLink(
        id=read.text("id"),
        reference=read.maybe("reference_id"),
        amount_paise=read.amount("amount"),
        paid_paise=read.amount("amount_paid", least=0, default=0),
        currency=read.text("currency", 10),
        status=read.text("status"),
        url=url,
        order_id=read.maybe("order_id"),
    )


def refund_of(raw: Any) -> GatewayRefund:
    """A refund's entity. Raises Invalid."""
    read = _Reading("refund", raw)
    return GatewayRefund(
        id=read.text("id"),
        payment_id=read.text("payment_id"),
        amount_paise=read.amount("amount"),
        currency=read.text("currency", 10),
        status=read.maybe("status") or "pending",
        receipt=read.maybe("receipt"),
    )


def dispute_of(raw: Any) -> GatewayDispute:
    """A dispute's entity. Raises Invalid."""
    read = _Reading("dispute", raw)
    return GatewayDispute(
        id=read.text("id"),
        payment_id=read.text("payment_id"),
        amount_paise=read.amount("amount"),
        currency=read.text("currency", 10),
        phase=read.maybe("phase") or "",
        status=read.text("status"),
        reason=read.maybe("reason_code") or "",
    )


def mismatch(payment: GatewayPayment, order_id: str, amount_paise: int) -> str | None:
    """Why a payment is not that of an order; None: it is.

    Args:
        payment: as the gateway has it.
        order_id: the gateway's id of the order.
        amount_paise: of the order.
    """
    if payment.order_id != order_id:
        return f"order: it is of {payment.order_id}, not of {order_id}"
    if payment.currency != CURRENCY:
        return f"currency: must be {CURRENCY}, not {payment.currency!r:.12}"
    if payment.amount_paise != amount_paise:
        return f"amount: must be {amount_paise} paise, not {payment.amount_paise}"
    return None


class _Reading:
    """Reading of one object; the first thing that is wrong is refused."""

    def __init__(self, what: str, raw: Any) -> None:
        self.what = what
        if not isinstance(raw, Mapping):
            raise self.wrong("", "must be an object")
        self.raw = raw

    def wrong(self, field: str, rule: str) -> Invalid:
        place = f"{self.what}.{field}" if field else self.what
        return Invalid(f"not a {self.what} of the gateway", {place: [rule]})

    def inner(self, field: str) -> Mapping[str, Any]:
        found = self.raw.get(field)
        if not isinstance(found, Mapping):
            raise self.wrong(field, "must be an object")
        return found

    def text(self, field: str, longest: int = _ID_MAX) -> str:
        found = self.raw.get(field)
        if isinstance(found, str) and 0 < len(found) <= longest and found.isprintable():
            return found
        raise self.wrong(field, f"must be text of 1 to {longest} characters")

    def maybe(self, field: str) -> str | None:
        return None if self.raw.get(field) in (None, "") else self.text(field)

    def amount(self, field: str, *, least: int = 1, default: int | None = None) -> int:
        found = self.raw.get(field, default)
        found = default if found is None else found
        if type(found) is int and least <= found <= LARGEST:
            return found
        raise self.wrong(field, f"must be a whole number of paise, at least {least}")

    def moment(self, field: str) -> datetime:
        found = self.raw.get(field)
        if type(found) is int and _EARLIEST <= found < _LATEST:
            return datetime.fromtimestamp(found, UTC)
        raise self.wrong(field, "must be a moment in Unix seconds")


def _entity(payload: Mapping[str, Any], name: str, read: Any) -> Any:
    if name not in payload:
        return None
    return read(_Reading(f"payload.{name}", payload[name]).inner("entity"))


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")
