"""Text messages, through Plivo.

From Plivo's public reference:

- ``POST /v1/Account/{auth id}/Message/`` with basic authentication: ``src`` (in India the
  registered header), ``dst`` without +, ``text``, ``url`` and ``method`` for receipts, ``log``
  (``false``: Plivo keeps neither number nor text), ``dlt_entity_id``, ``dlt_template_id``; 202 with
  ``message_uuid`` (docs.plivo.com/docs/messaging/api/message/send-a-message);
- failures as ``{"api_id", "error"}`` with 400, 401, 404, 405, 429, 500 (…/messaging/api/response);
- receipts: a form, with ``MessageUUID``, ``Status`` (queued, sent, delivered, undelivered, failed,
  rejected), ``ErrorCode`` and times (…/messaging/api/message/message-status-callbacks); what is not
  answered with 2xx within eight seconds comes three times more
  (support.plivo.com/hc/en-us/articles/360041344652);
- their signature: ``X-Plivo-Signature-V2``, base64 of the HMAC-SHA256 of the address without its
  query and of ``X-Plivo-Signature-V2-Nonce``, with the account's token
  (…/messaging/concepts/signature-validation);
- text messages of citizens: a form with ``From``, ``To``, ``Text`` and ``MessageUUID``, signed in
  the same way, to the address that the application of the number has (…/messaging/concepts/
  receive-message; github.com/plivo/plivo-examples-php, sms/); it has no time in it;
- codes (…/messaging/troubleshooting/error-codes; 420: support.plivo.com/hc/en-us/articles/
  14814454609561; 450: docs.plivo.com/docs/faq/messaging/sms; 900: support.plivo.com/support/
  solutions/articles/17000088423). They name none of the registers' of India; should one of those
  (600 to 699) come through, it is taken for what it is (``dlt``).

**The signature covers the address, and neither the query nor the body.** So the address has the
attempt's id with a key in its query (``callback``), both are checked, and what a signature is worth
is what the secret key is worth: whoever gets hold of one receipt could forge others of the same
attempt, and of no other.

There is no idempotency, no reference of ours in the list of messages, and so nothing to look up:
the receipt tells, by the attempt's id in its address.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qs, urlsplit, urlunsplit
from uuid import UUID

from palika.config import Settings
from palika.errors import Forbidden, Invalid
from palika.outgoing import Answered, Outcome, Outgoing, basic_login, shared
from services.notify.channels import callback, dlt
from services.notify.channels.answers import (
    json_of,
    refusal,
    text_at,
    unanswered,
    unreadable,
)
from services.notify.domain.messages import (
    Answer,
    Failed,
    InboundText,
    Message,
    Receipt,
    Sent,
    Told,
)

WEBHOOK_PATH: Final = "/webhooks/plivo"
BODY_MAX: Final = 20_000
INBOUND: Final = "plivo inbound"
"""What the key in the address for citizens' messages is for."""
_ATTEMPT: Final = "attempt"
_TOLD: Final = {
    "sent": Told.SENT,
    "delivered": Told.DELIVERED,
    "read": Told.READ,
    "undelivered": Told.FAILED,
    "failed": Told.FAILED,
    "rejected": Told.FAILED,
}
_TIMES: Final = {Told.SENT: "SentTime"}
_CODES: Final[Mapping[int, tuple[str, bool]]] = {
    10: ("invalid_message", True),
    20: ("network_error", False),
    30: ("taken_for_spam", True),
    40: ("invalid_sender", True),
    50: ("invalid_number", True),
    60: ("loop", True),
    70: ("number_gone", True),
    80: ("phone_unreachable", False),
    90: ("no_route", False),
    100: ("prohibited_by_carrier", True),
    110: ("too_long", True),
    200: ("opted_out", True),
    420: ("expired", False),
    450: ("country_barred", True),
    900: ("no_credit", False),
    1000: ("unknown", False),
}
"""By code: the reason without the provider's name, and whether it is permanent."""


@dataclass(frozen=True, slots=True)
class Plivo:
    """The provider ``plivo``; see ``provider.Provider``.

    Attributes:
        url: of the API.
        auth_id: of the city's account there.
        auth_tokens: its token first; receipts that an older one has signed are believed too.
        webhook_url: where receipts are to come, without a query; empty: none are asked for.
        callback_secrets: that make the keys in addresses; the first makes them.
        timeout_s: of one call, from its first byte to its last.
        http: the connections.
        now: the present moment, aware.
    """

    url: str
    auth_id: str
    auth_tokens: Sequence[str] = field(repr=False)
    webhook_url: str = ""
    callback_secrets: Sequence[str] = field(default=(), repr=False)
    timeout_s: float = 8.0
    http: Outgoing = field(default_factory=shared)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    name: str = field(default="plivo", init=False)
    channel: str = field(default="sms", init=False)

    def send(self, message: Message) -> Answer:
        """Hand over one message."""
        registered = dlt.registered(self.name, message)
        if isinstance(registered, Failed):
            return registered
        asked = {
            "src": registered.header,
            "dst": message.address.removeprefix("+"),
            "text": message.body,
            "type": "sms",
            "log": "false",
            "dlt_entity_id": registered.entity_id,
            "dlt_template_id": registered.template_id,
        }
        if self.webhook_url and self.callback_secrets:
            attempt = str(message.attempt_id)
            asked["url"] = callback.address(
                self.webhook_url, self.callback_secrets, attempt, **{_ATTEMPT: attempt}
            )
            asked["method"] = "POST"
        outcome = self.http.ask(
            "POST",
            f"{self.url.rstrip('/')}/v1/Account/{self.auth_id}/Message/",
            headers={
                **basic_login(self.auth_id, self.auth_tokens[0]),
                "Content-Type": "application/json",
            },
            body=json.dumps(asked).encode(),
            timeout_s=self.timeout_s,
        )
        return self._judged(outcome)

    def _judged(self, outcome: Outcome) -> Answer:
        if not isinstance(outcome, Answered):
            return unanswered(self.name, outcome)
        found = json_of(outcome.body)
        if outcome.status in (200, 201, 202):
            reference = text_at(found, "message_uuid", 0, most=100)
            return Sent(reference) if reference else unreadable(self.name, outcome)
        said = text_at(found, "error") or None
        if said and "insufficient credit" in said.lower():
            return Failed(
                False, f"{self.name}_no_credit", said[:300], channel_down=True, offered=False
            )
        return refusal(self.name, outcome, said)

    def look_up(self, attempt_id: UUID) -> Answer | None:
        """None: there is nothing to ask."""
        return None

    def receipts(
        self, headers: Mapping[str, str], body: bytes, query: Mapping[str, str]
    ) -> Sequence[Receipt]:
        """The receipt in a form that Plivo has sent; none while the message is still queued.

        Raises:
            Forbidden: the signature, or the key in the address, is not good.
            Invalid: it is no receipt.
        """
        self._check(headers, self.webhook_url)
        attempt = query.get(_ATTEMPT, "")
        callback.check(query, self.callback_secrets, attempt)
        told = _form(body)
        try:
            attempt_id = UUID(attempt)
        except ValueError as error:
            raise Invalid("no receipt of Plivo") from error
        reference, status = told.get("MessageUUID", "")[:100], told.get("Status", "").lower()
        if not reference or not status:
            raise Invalid("no receipt of Plivo")
        what = _TOLD.get(status)
        if what is None:
            return []
        at = _moment(told.get(_TIMES.get(what, "DeliveryReportTime"), ""), self.now())
        if what is not Told.FAILED:
            return [Receipt(reference, attempt_id, what, at)]
        reason, permanent = _meaning(told.get("ErrorCode", ""))
        return [
            Receipt(
                reference,
                attempt_id,
                what,
                at,
                permanent=permanent,
                reason=reason if reason.startswith("dlt_") else f"{self.name}_{reason}",
                detail=f"{status} {told.get('ErrorCode', '')}".strip()[:60],
            )
        ]

    def inbound(
        self, headers: Mapping[str, str], body: bytes, query: Mapping[str, str]
    ) -> Sequence[InboundText]:
        """The text message of a citizen in a form that Plivo has sent.

        Raises:
            Forbidden: the signature, or the key in the address, is not good.
            Invalid: it is no message.
        """
        self._check(headers, inbound_url(self.webhook_url))
        callback.check(query, self.callback_secrets, INBOUND)
        told = _form(body)
        key, sender = told.get("MessageUUID", "")[:100], told.get("From", "")[:30]
        if not key or not sender:
            raise Invalid("no message of Plivo")
        return [InboundText(key, sender, told.get("Text", "")[:2_000], self.now())]

    def _check(self, headers: Mapping[str, str], url: str) -> None:
        given = headers.get("x-plivo-signature-v2", "").encode()
        nonce = headers.get("x-plivo-signature-v2-nonce", "")
        good = [
            hmac.compare_digest(given, signature_of(url, nonce, each).encode())
            for each in self.auth_tokens
        ]
        if not any(good):
            raise Forbidden("the webhook is not signed by Plivo")


def inbound_url(webhook_url: str) -> str:
    """Where citizens' messages are to come, without the key."""
    return f"{webhook_url}/inbound"


def _form(body: bytes) -> dict[str, str]:
    """The fields of a form, each once.

    Raises:
        Invalid: it is none.
    """
    if len(body) > BODY_MAX:
        raise Invalid("the form is too long")
    try:
        form = parse_qs(body.decode(), max_num_fields=100)
    except ValueError as error:
        raise Invalid("no form of Plivo") from error
    return {name: values[0].replace("\0", "") for name, values in form.items()}


def signature_of(url: str, nonce: str, token: str) -> str:
    """The signature of what is sent to an address: the query of the address is no part of it."""
    base = urlunsplit((*urlsplit(url)[:3], "", ""))
    made = hmac.new(token.encode(), f"{base}{nonce}".encode(), hashlib.sha256).digest()
    return base64.b64encode(made).decode()


def _meaning(code: str) -> tuple[str, bool]:
    """The reason, without the provider's name, and whether it is permanent."""
    if not (code.isascii() and code.isdigit() and len(code) < 6):
        return "failed", False
    number = int(code)
    registered = dlt.reason_of(number)
    if registered:
        return registered, True
    return _CODES.get(number, (f"error_{number}", False))


def _moment(text: str, now: datetime) -> datetime:
    """A time of Plivo's, which has no zone: UTC, unless that were in the future."""
    try:
        at = datetime.strptime(text, "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC)
    except ValueError:
        return now
    return min(at, now)


def open_plivo(config: Settings) -> Plivo | None:
    """The provider of the settings; None: the city has no account there."""
    tokens = tuple(config.sms_plivo_auth_tokens.split())
    if not (config.sms_plivo_url and config.sms_plivo_auth_id and tokens):
        return None
    return Plivo(
        config.sms_plivo_url,
        config.sms_plivo_auth_id,
        tokens,
        callback.webhook_url(config.portal_url, WEBHOOK_PATH),
        tuple(config.sms_callback_secrets.split()),
    )
