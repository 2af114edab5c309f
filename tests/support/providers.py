"""The providers of notify with the servers in their place, and messages to send through them."""

from typing import Any
from uuid import uuid4

from uuid6 import uuid7

from palika.outgoing import Outgoing
from services.notify.channels.infobip import Infobip
from services.notify.channels.loopback import InfobipServer, MetaServer, PlivoServer
from services.notify.channels.plivo import Plivo
from services.notify.channels.whatsapp import Meta
from services.notify.domain.messages import Dlt, Message, Receipt
from services.notify.domain.whatsapp import Content, TextContent

PHONE = "+919812345610"
TEXT = "नमस्कार, आपली तक्रार GRV-2026-000123 निकाली निघाली."
DLT = Dlt("1201159000000000001", "1207160000000000002", "PUNEMC")
SECRETS = ("callback-secret", "older-callback-secret")


def whatsapp(content: Content | None = None, address: str = PHONE, **changes: Any) -> Message:
    """A message over WhatsApp."""
    return sms(address, dlt=None, whatsapp=content or TextContent(TEXT), **changes)


def sms(address: str = PHONE, **changes: Any) -> Message:
    """A text message."""
    given = {
        "delivery_id": uuid4(),
        "attempt_id": uuid7(),
        "address": address,
        "language": "mr",
        "subject": "",
        "body": TEXT,
        "template": "grievance.resolved",
        "dlt": DLT,
        **changes,
    }
    return Message(**given)


def meta_of(server: MetaServer, **changes: Any) -> Meta:
    """A client of it."""
    given = {
        "url": server.url,
        "version": "v25.0",
        "phone_number_id": server.phone_number_id,
        "token": server.token,
        "app_secrets": (server.app_secret,),
        "verify_token": "our word",
        "timeout_s": 2.0,
        "http": Outgoing(),
        **changes,
    }
    return Meta(**given)


def plivo_of(server: PlivoServer, **changes: Any) -> Plivo:
    """A client of it."""
    given = {
        "url": server.url,
        "auth_id": server.auth_id,
        "auth_tokens": (server.auth_token,),
        "webhook_url": "https://city.example/webhooks/plivo",
        "callback_secrets": SECRETS,
        "timeout_s": 2.0,
        "http": Outgoing(),
        **changes,
    }
    return Plivo(**given)


def infobip_of(server: InfobipServer, **changes: Any) -> Infobip:
    """A client of it."""
    given = {
        "url": server.url,
        "api_key": server.api_key,
        "webhook_url": "https://city.example/webhooks/infobip",
        "callback_secrets": SECRETS,
        "timeout_s": 2.0,
        "http": Outgoing(),
        **changes,
    }
    return Infobip(**given)


def told(receipts: list[Receipt]) -> list[tuple[str, str, bool]]:
    """What receipts say: the word, the reason, whether it is permanent."""
    return [(each.told.value, each.reason, each.permanent) for each in receipts]
