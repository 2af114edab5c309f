"""Text messages, through Infobip.

From Infobip's public reference, and the models of its own client (github.com/infobip/
infobip-api-python-client):

- ``POST /sms/3/messages`` at the account's own address, with ``Authorization: App <key>``; a
  message has ``sender``, ``destinations`` with ``to`` and a ``messageId`` *of ours*,
  ``content.text``, ``options.regional.indiaDlt`` with ``principalEntityId`` and
  ``contentTemplateId``, and ``webhooks`` with the address for receipts and ``callbackData``
  (infobip.com/docs/api/channels/sms/sms-messaging/outbound-sms/send-sms-messages);
- the answer has a status for each message: its group says PENDING, REJECTED and so on
  (infobip.com/docs/essentials/api-essentials/response-status-and-error-codes). A second message of
  the same id is REJECTED_DUPLICATE_MESSAGE_ID: so it *is* idempotent, and that status means that it
  was accepted before;
- ``GET /sms/3/logs?messageId=`` tells for 48 hours what became of a message
  (…/sms-messaging/logs-and-status-reports/get-outbound-sms-message-logs);
- receipts: JSON with ``results``, up to a hundred in one (…/logs-and-status-reports/
  receive-outbound-sms-message-report); each has an error with ``permanent``: whether the same
  message would fail again (infobip.com/docs/developer-resources/api-fundamentals/
  error-code-reference);
- text messages of citizens: JSON with ``results``, each with ``messageId``, ``from``, ``text`` and
  ``receivedAt`` (…/channels/sms/inbound-sms/receive-inbound-sms-messages), to the address that the
  number has;
- failures: ``requestError.serviceException``, or ``errorCode`` and ``description``
  (…/api-fundamentals/handling-errors).

**Receipts asked for with a message are not signed**: signatures are for subscriptions alone. What
is checked is a key in their address (``callback``), one for all receipts since one body may tell of
many messages. It is as secret as the address: over TLS, in nobody's access log.

Infobip's pages name no error of the registers of India by itself. An error whose id is one of the
registers' (600 to 699), or whose name speaks of DLT, is taken for one.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from palika.config import Settings
from palika.errors import Invalid
from palika.outgoing import Answered, Outcome, Outgoing, shared
from services.notify.channels import callback, dlt
from services.notify.channels.answers import (
    json_of,
    list_at,
    refusal,
    text_at,
    unanswered,
    unreadable,
    within,
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

WEBHOOK_PATH: Final = "/webhooks/infobip"
BODY_MAX: Final = 2_000_000
INBOUND: Final = "infobip inbound"
"""What the key in the address for citizens' messages is for."""
_SUBJECT: Final = "infobip"
_DUPLICATE: Final = "REJECTED_DUPLICATE_MESSAGE_ID"
_LOGGED_AFTER: Final = timedelta(minutes=2)
"""How long a message may take to be found in the logs: said nowhere, so taken generously."""
_LOGGED_FOR: Final = timedelta(hours=47)
"""An hour less than Infobip keeps them."""
_STATUSES: Final[Mapping[str, tuple[str, bool, bool]]] = {
    "REJECTED_DND": ("do_not_disturb", True, False),
    "REJECTED_DESTINATION": ("number_blocked", True, False),
    "REJECTED_DESTINATION_BLOCK": ("number_blocked", True, False),
    "REJECTED_INVALID_DESTINATION": ("invalid_number", True, False),
    "REJECTED_PREFIX_MISSING": ("invalid_number", True, False),
    "REJECTED_MESSAGE_TOO_LONG": ("too_long", True, False),
    "REJECTED_FLOODING_FILTER": ("too_many_to_recipient", False, False),
    "REJECTED_SOURCE": ("invalid_sender", True, False),
    "REJECTED_SENDER": ("invalid_sender", True, False),
    "REJECTED_NETWORK": ("no_route", False, False),
    "REJECTED_ROUTE_NOT_AVAILABLE": ("no_route", False, True),
    "REJECTED_DESTINATION_NOT_REGISTERED": ("account_for_tests_only", False, True),
    "REJECTED_NOT_ENOUGH_CREDITS": ("no_credit", False, True),
    "REJECTED_PREPAID_PACKAGE_EXPIRED": ("no_credit", False, True),
    "REJECTED_SYSTEM_ERROR": ("system_error", False, False),
    "EXPIRED_EXPIRED": ("expired", False, False),
    "EXPIRED_DLR_UNKNOWN": ("expired", False, False),
    "UNDELIVERABLE_REJECTED_OPERATOR": ("rejected_by_operator", False, False),
    "UNDELIVERABLE_NOT_DELIVERED": ("not_delivered", False, False),
}
"""By status: the reason, whether it is permanent, whether the account is the trouble."""
_GROUPS: Final = {
    "ACCEPTED": Told.SENT,
    "PENDING": Told.SENT,
    "DELIVERED": Told.DELIVERED,
    "UNDELIVERABLE": Told.FAILED,
    "EXPIRED": Told.FAILED,
    "REJECTED": Told.FAILED,
}


@dataclass(frozen=True, slots=True)
class Infobip:
    """The provider ``infobip``; see ``provider.Provider``.

    Attributes:
        url: of the API, the account's own.
        api_key: its key.
        webhook_url: where receipts are to come, without a query; empty: none are asked for.
        callback_secrets: that make the keys in addresses; the first makes them.
        timeout_s: of one call, from its first byte to its last.
        http: the connections.
        now: the present moment, aware.
    """

    url: str
    api_key: str = field(repr=False)
    webhook_url: str = ""
    callback_secrets: Sequence[str] = field(default=(), repr=False)
    timeout_s: float = 8.0
    http: Outgoing = field(default_factory=shared)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    name: str = field(default="infobip", init=False)
    channel: str = field(default="sms", init=False)

    def send(self, message: Message) -> Answer:
        """Hand over one message. The same attempt twice is accepted once, and ``Sent`` twice."""
        registered = dlt.registered(self.name, message)
        if isinstance(registered, Failed):
            return registered
        key = str(message.attempt_id)
        one: dict[str, Any] = {
            "sender": registered.header,
            "destinations": [{"to": message.address.removeprefix("+"), "messageId": key}],
            "content": {"text": message.body},
            "options": {
                "regional": {
                    "indiaDlt": {
                        "principalEntityId": registered.entity_id,
                        "contentTemplateId": registered.template_id,
                    }
                }
            },
        }
        if self.webhook_url and self.callback_secrets:
            address = callback.address(self.webhook_url, self.callback_secrets, _SUBJECT)
            one["webhooks"] = {
                "delivery": {"url": address},
                "contentType": "application/json",
                "callbackData": key,
            }
        body = json.dumps({"messages": [one]}).encode()
        outcome = self._ask("POST", "/sms/3/messages", body)
        if not isinstance(outcome, Answered):
            return unanswered(self.name, outcome)
        if outcome.status != 200:
            return self._refused(outcome)
        return self._of(within(json_of(outcome.body), "messages", 0), key) or unreadable(
            self.name, outcome
        )

    def look_up(self, attempt_id: UUID) -> Answer | None:
        """What the logs say of an attempt.

        None also where they do not answer, and where its absence says nothing: it is less than two
        minutes or more than 47 hours old, or its id does not tell its age.
        """
        key = str(attempt_id)
        outcome = self._ask("GET", f"/sms/3/logs?messageId={key}&limit=1", None)
        if not isinstance(outcome, Answered) or outcome.status != 200:
            return None
        found = json_of(outcome.body)
        if not isinstance(within(found, "results"), list):
            return None
        for each in list_at(found, "results"):
            if text_at(each, "messageId") == key:
                return self._of(each, key)
        age = _age(attempt_id, self.now())
        if age is None or not _LOGGED_AFTER < age < _LOGGED_FOR:
            return None
        return Failed(False, f"{self.name}_never_accepted", offered=False)

    def _ask(self, method: str, path: str, body: bytes | None) -> Outcome:
        headers = {
            "Authorization": f"App {self.api_key}",
            "Content-Type": "application/json",
            "Accept": "application/json",
        }
        url = self.url.rstrip("/") + path
        return self.http.ask(method, url, headers=headers, body=body, timeout_s=self.timeout_s)

    def _refused(self, answer: Answered) -> Failed:
        found = json_of(answer.body)
        exception = within(found, "requestError", "serviceException")
        said = (
            text_at(exception, "text")
            or text_at(exception, "messageId")
            or text_at(found, "description")
            or text_at(found, "errorCode")
        )
        return refusal(self.name, answer, said or None)

    def _of(self, raw: Any, key: str) -> Answer | None:
        """What became of a message, by the status and error that the API gives with it."""
        group = _told(raw)
        status = text_at(raw, "status", "name", most=60)
        if group is None:
            return None
        if group is not Told.FAILED or status == _DUPLICATE:
            return Sent(text_at(raw, "messageId", most=100) or key)
        reason, permanent, ours = self._meaning(raw)
        return Failed(permanent, reason, _words(raw), channel_down=ours, offered=not ours)

    def _meaning(self, raw: Any) -> tuple[str, bool, bool]:
        """Of a failure: the reason, whether it is permanent, whether the account is the trouble."""
        number, name = within(raw, "error", "id"), text_at(raw, "error", "name", most=60)
        registered = dlt.reason_of(number) if isinstance(number, int) else None
        if registered or "DLT" in name.upper().split("_"):
            return registered or "dlt_refused", True, False
        status = text_at(raw, "status", "name", most=60)
        reason, permanent, ours = _STATUSES.get(status, (status.lower() or "failed", False, False))
        told = within(raw, "error", "permanent")
        if told is True and name != "NO_ERROR":
            permanent = True
        if name.startswith("EC_") and status.startswith("UNDELIVERABLE"):
            reason = name.lower().removeprefix("ec_")
        return f"{self.name}_{reason}", permanent, ours

    def receipts(
        self, headers: Mapping[str, str], body: bytes, query: Mapping[str, str]
    ) -> Sequence[Receipt]:
        """The receipts in a body; what in it is not of the documented form is left out.

        Raises:
            Forbidden: the key in the address is not good.
            Invalid: it is no body of receipts.
        """
        read = [self._receipt(each) for each in self._results(body, query, _SUBJECT)]
        return [each for each in read if each is not None]

    def inbound(
        self, headers: Mapping[str, str], body: bytes, query: Mapping[str, str]
    ) -> Sequence[InboundText]:
        """The text messages of citizens in a body; what in it is none is left out.

        Raises:
            Forbidden: the key in the address is not good.
            Invalid: it is no body of messages.
        """
        found = []
        for each in self._results(body, query, INBOUND):
            key, sender = text_at(each, "messageId", most=100), text_at(each, "from", most=30)
            if key and sender:
                at = _moment(text_at(each, "receivedAt"), self.now())
                found.append(InboundText(key, sender, text_at(each, "text", most=2_000), at))
        return found

    def _results(self, body: bytes, query: Mapping[str, str], subject: str) -> list[Any]:
        callback.check(query, self.callback_secrets, subject)
        found = json_of(body) if len(body) <= BODY_MAX else None
        if not isinstance(within(found, "results"), list):
            raise Invalid("no webhook of Infobip")
        return list_at(found, "results")

    def _receipt(self, raw: Any) -> Receipt | None:
        reference = text_at(raw, "messageId", most=100)
        told = _told(raw)
        if not reference or told is None:
            return None
        attempt_id = _uuid(text_at(raw, "callbackData")) or _uuid(reference)
        when = "sentAt" if told is Told.SENT else "doneAt"
        at = _moment(text_at(raw, when), self.now())
        if told is not Told.FAILED:
            return Receipt(reference, attempt_id, told, at)
        reason, permanent, _ = self._meaning(raw)
        return Receipt(reference, attempt_id, told, at, permanent, reason, _words(raw))


def _told(raw: Any) -> Told | None:
    if text_at(raw, "status", "name") == "DELIVERED_TO_OPERATOR":
        return Told.SENT  # Of the phone the operator does not tell.
    return _GROUPS.get(text_at(raw, "status", "groupName"))


def _words(raw: Any) -> str:
    status = text_at(raw, "status", "name", most=60)
    error = text_at(raw, "error", "name", most=60)
    return f"{status} {'' if error == 'NO_ERROR' else error}".strip()


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _age(key: UUID, now: datetime) -> timedelta | None:
    """How old an id is that has its time in it (version 7, RFC 9562)."""
    if key.version != 7:
        return None
    return now - datetime.fromtimestamp((key.int >> 80) / 1000, UTC)


def _moment(text: str, now: datetime) -> datetime:
    """A time like 2019-11-09T16:00:00.000+0000; a clock that is ahead is not believed."""
    try:
        at = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z").astimezone(UTC)
    except (ValueError, OverflowError):
        return now
    return min(at, now)


def open_infobip(config: Settings) -> Infobip | None:
    """The provider of the settings; None: the city has no account there."""
    if not (config.sms_infobip_url and config.sms_infobip_api_key):
        return None
    return Infobip(
        config.sms_infobip_url,
        config.sms_infobip_api_key,
        callback.webhook_url(config.portal_url, WEBHOOK_PATH),
        tuple(config.sms_callback_secrets.split()),
    )
