"""What Meta's webhooks tell: receipts, messages of citizens, decisions about templates.

From Meta's public reference (developers.facebook.com/documentation/business-messaging/whatsapp/
webhooks/reference/messages, …/messages/status, …/message_template_status_update; signatures:
developers.facebook.com/docs/graph-api/webhooks/getting-started):

- the body is signed with the app's secret: ``X-Hub-Signature-256: sha256=<HMAC-SHA256 in hex>``;
- one body has several entries, each with several changes: of ``messages`` with ``statuses`` or
  ``messages``, of ``message_template_status_update``, and of fields that are not for us;
- statuses and messages come in any order and more than once; a message that is read at once has no
  status ``delivered``;
- what is not answered with 200 comes again, for days. So one thing in a body that cannot be read
  does not stop the others: it is counted.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from palika.errors import Forbidden, Invalid
from services.notify.channels.answers import json_of, list_at, text_at, within
from services.notify.channels.whatsapp_errors import code_of, verdict_of, words_of
from services.notify.domain.messages import Receipt, Told
from services.notify.domain.whatsapp import MAX_TEXT
from services.notify.domain.whatsapp_inbound import (
    Chosen,
    Inbound,
    MediaKind,
    Said,
    SaidMedia,
    SaidOther,
    SaidPlace,
    SaidText,
    TemplateChange,
)

BODY_MAX: Final = 4_000_000
"""Meta sends three megabytes at the most."""
_NUMBER: Final = re.compile(r"[1-9][0-9]{6,14}", re.ASCII)
_ID_MAX: Final = 300
_TOLD: Final = {
    "sent": Told.SENT,
    "delivered": Told.DELIVERED,
    "read": Told.READ,
    "failed": Told.FAILED,
}
_MEDIA: Final = frozenset(kind.value for kind in MediaKind)


@dataclass(slots=True)
class Webhook:
    """What one body tells.

    Attributes:
        receipts, messages, templates: in the order of the body.
        unreadable: how many things in it were not of the documented form.
        troubles: codes of errors that are of no message: of the account, of the number.
    """

    receipts: list[Receipt] = field(default_factory=list)
    messages: list[Inbound] = field(default_factory=list)
    templates: list[TemplateChange] = field(default_factory=list)
    unreadable: int = 0
    troubles: list[int] = field(default_factory=list)


def signature_of(body: bytes, secret: str) -> str:
    """The header's value."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def check_signature(given: str, body: bytes, secrets: Sequence[str]) -> None:
    """Raises Forbidden: none of the secrets has signed it. All are tried, in constant time."""
    good = [
        hmac.compare_digest(given.encode(), signature_of(body, each).encode()) for each in secrets
    ]
    if not any(good):
        raise Forbidden("the webhook is not signed by Meta")


def read(body: bytes, phone_number_id: str, provider: str, now: datetime) -> Webhook:
    """What a body tells whose signature is good.

    Args:
        body: as it came.
        phone_number_id: ours; what is of other numbers of the account is left out.
        provider: its name, that reasons begin with.
        now: the present moment, aware.

    Raises:
        Invalid: it is no notification of WhatsApp at all.
    """
    if len(body) > BODY_MAX:
        raise Invalid("the webhook is too long")
    whole = json_of(body)
    if within(whole, "object") != "whatsapp_business_account":
        raise Invalid("no notification of WhatsApp")
    found = Webhook()
    for entry in list_at(whole, "entry"):
        for change in list_at(entry, "changes"):
            value = within(change, "value")
            match within(change, "field"):
                case "message_template_status_update":
                    # A decision has no time of its own: the entry's tells which of two is later.
                    at = _moment(entry, now, "time")
                    _add(found, found.templates, _template, value, at)
                case "messages" if _is_ours(value, phone_number_id):
                    names = _names(value)
                    codes = [code_of(each) for each in list_at(value, "errors")]
                    found.troubles += [code for code in codes if code is not None]
                    for each in list_at(value, "statuses"):
                        _add(found, found.receipts, _receipt, each, provider, now)
                    for each in list_at(value, "messages"):
                        _add(found, found.messages, _message, each, names, now)
    return found


def _is_ours(value: Any, phone_number_id: str) -> bool:
    return text_at(value, "metadata", "phone_number_id") == phone_number_id


class _Unreadable(ValueError):
    pass


def _add(found: Webhook, to: list[Any], reader: Callable[..., Any], *args: Any) -> None:
    try:
        thing = reader(*args)
    except _Unreadable:
        found.unreadable += 1
    else:
        if thing is not None:
            to.append(thing)


def _receipt(raw: Any, provider: str, now: datetime) -> Receipt | None:
    reference, status = text_at(raw, "id", most=_ID_MAX), text_at(raw, "status")
    if not reference or not status:
        raise _Unreadable
    told = _TOLD.get(status)
    if told is None:
        return None  # Of a voice message that was played, or new: nothing that we act on.
    attempt_id = _uuid(text_at(raw, "biz_opaque_callback_data"))
    at = _moment(raw, now)
    if told is not Told.FAILED:
        return Receipt(reference, attempt_id, told, at)
    error = within(raw, "errors", 0)
    code = code_of(error)
    verdict = verdict_of(code) if code is not None else None
    return Receipt(
        reference,
        attempt_id,
        told,
        at,
        permanent=verdict.permanent if verdict else False,
        reason=f"{provider}_{verdict.reason if verdict else 'failed'}",
        detail=words_of(error),
    )


def _message(raw: Any, names: dict[str, str], now: datetime) -> Inbound:
    key, number = text_at(raw, "id", most=_ID_MAX), text_at(raw, "from", most=20)
    if not key or not _NUMBER.fullmatch(number):
        raise _Unreadable
    return Inbound(
        id=key,
        sender=f"+{number}",
        at=_moment(raw, now),
        said=_said(raw),
        reply_to=text_at(raw, "context", "id", most=_ID_MAX) or None,
        name=names.get(number, ""),
    )


def _said(raw: Any) -> Said:
    kind = text_at(raw, "type", most=40)
    if kind == "text":
        text = text_at(raw, "text", "body", most=MAX_TEXT)
        return SaidText(text) if text else SaidOther(kind)
    if kind == "interactive":
        of = text_at(raw, "interactive", "type", most=40)
        key = text_at(raw, "interactive", of, "id")
        title = text_at(raw, "interactive", of, "title")
        return Chosen(key, title) if key else SaidOther(of or kind)
    if kind == "button":
        # The button of a template: what we gave with it is its payload.
        title = text_at(raw, "button", "text")
        key = text_at(raw, "button", "payload") or title
        return Chosen(key, title) if key else SaidOther(kind)
    if kind == "location":
        return _place(within(raw, "location"))
    if kind in _MEDIA:
        media_id = text_at(raw, kind, "id", most=_ID_MAX)
        if not media_id:
            return SaidOther(kind)
        return SaidMedia(
            MediaKind(kind),
            media_id,
            text_at(raw, kind, "mime_type", most=100),
            text_at(raw, kind, "caption", most=MAX_TEXT),
            text_at(raw, kind, "filename", most=240),
        )
    return SaidOther(kind or "unknown")


def _place(raw: Any) -> Said:
    found = [within(raw, name) for name in ("latitude", "longitude")]
    if any(isinstance(each, bool) or not isinstance(each, int | float) for each in found):
        return SaidOther("location")
    latitude, longitude = found
    # Not a number is within nothing.
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return SaidOther("location")
    return SaidPlace(
        float(latitude), float(longitude), text_at(raw, "name"), text_at(raw, "address")
    )


def _template(raw: Any, at: datetime) -> TemplateChange:
    name = text_at(raw, "message_template_name", most=512)
    event = text_at(raw, "event", most=60)
    if not name or not event:
        raise _Unreadable
    reason = text_at(raw, "reason", most=200)
    return TemplateChange(
        name=name,
        language=text_at(raw, "message_template_language", most=20),
        event=event,
        reason="" if reason == "NONE" else reason,
        at=at,
    )


def _names(value: Any) -> dict[str, str]:
    return {
        text_at(each, "wa_id"): text_at(each, "profile", "name", most=120)
        for each in list_at(value, "contacts")
    }


def _moment(raw: Any, now: datetime, name: str = "timestamp") -> datetime:
    """The time that it gives, where it can be; a clock that is ahead is not believed."""
    given = text_at(raw, name, most=12)
    if not (given.isascii() and given.isdigit()):
        return now
    try:
        at = datetime.fromtimestamp(int(given), UTC)
    except (ValueError, OverflowError, OSError):
        return now
    return at if at <= now + timedelta(minutes=5) else now


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
