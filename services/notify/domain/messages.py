"""What a provider is given, what it answers, and what it says of it later."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from services.notify.domain.whatsapp import Content


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a message.

    Attributes:
        name: as the recipient sees it, with its ending.
        media_type: ``application/pdf``.
        content: the file.
    """

    name: str
    media_type: str
    content: bytes

    def said(self) -> dict[str, str]:
        """As it is written down in JSON, until it has arrived."""
        content = base64.b64encode(self.content).decode()
        return {"name": self.name, "media_type": self.media_type, "content": content}

    @classmethod
    def of(cls, said: Mapping[str, str]) -> "Attachment":
        """What ``said`` wrote down."""
        return cls(said["name"], said["media_type"], base64.b64decode(said["content"]))


@dataclass(frozen=True, slots=True)
class Dlt:
    """What the operators' register of India (DLT) wants to see on a text message.

    Attributes:
        entity_id: of the sender, the principal entity (19 digits).
        template_id: of the registered text (19 digits).
        header: the sender that is shown, six letters or digits.
    """

    entity_id: str
    template_id: str
    header: str


@dataclass(frozen=True, slots=True)
class Message:
    """A message on its way out. ``address`` and what is said are personal data: they are never
    logged or stored, and are left out of what Python prints of it.

    Attributes:
        delivery_id: what is sent: the same at every try.
        attempt_id: this hand-over of it; the provider is told it where it takes one.
        address: an e-mail address, or a number in E.164 (``+919812345610``).
        language: mr, en or hi.
        subject, body: what is said; channels without subjects take the body alone.
        template: the name of the template, for logs.
        attachments: for channels that carry some.
        dlt: for text messages.
        whatsapp: for WhatsApp, in place of ``body``.
    """

    delivery_id: UUID
    attempt_id: UUID
    address: str = field(repr=False)
    language: str
    subject: str = field(repr=False)
    body: str = field(repr=False)
    template: str
    attachments: tuple[Attachment, ...] = field(default=(), repr=False)
    dlt: Dlt | None = None
    whatsapp: Content | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider has accepted it. ``reference`` is the provider's or our own message id."""

    reference: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The provider has not accepted it.

    Attributes:
        permanent: trying again on this channel is useless.
        reason: a short code, named after the provider.
        detail: what the other side said; it is masked before it is kept.
        channel_down: it is the provider's fault, not the message's, so the messages behind it need
            not be tried now.
        offered: the message itself was put to the other side, so this was one of its tries.
        uncertain: the other side may have accepted it all the same: the answer did not come.
        retry_after_s: how long the other side wants to be left alone.
    """

    permanent: bool
    reason: str
    detail: str = ""
    channel_down: bool = False
    offered: bool = True
    uncertain: bool = False
    retry_after_s: float | None = None


Answer = Sent | Failed


class Told(StrEnum):
    """What a receipt says."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a provider says of an attempt after it has accepted it.

    Attributes:
        reference: the provider's id of the message.
        attempt_id: ours, where the provider gives it back.
        told: what it says.
        at: when that was, aware; the moment of receiving where the provider gives none.
        permanent: of a failure: trying again on this channel is useless.
        reason: of a failure, a short code, named after the provider.
        detail: of a failure, the provider's words; masked before they are kept.
    """

    reference: str
    attempt_id: UUID | None
    told: Told
    at: datetime
    permanent: bool = False
    reason: str = ""
    detail: str = ""


_ATTEMPT = 7


def reply_id() -> UUID:
    """The ids (delivery and attempt) of what is answered in a conversation: it is no delivery, so
    nothing is kept of it, and its receipts are of nothing that is known."""
    return uuid4()


def is_of_reply(receipt: Receipt) -> bool:
    """Whether a receipt is of such an answer: attempts at deliveries have ids of version 7."""
    return receipt.attempt_id is not None and receipt.attempt_id.version != _ATTEMPT


@dataclass(frozen=True, slots=True)
class InboundText:
    """A text message of a citizen. It may come more than once.

    Attributes:
        id: of the provider.
        sender: as the provider has the number; it need not be one.
        text: as it was written.
        at: when it came to the provider, aware; the moment of receiving where it does not tell.
    """

    id: str
    sender: str = field(repr=False)
    text: str = field(repr=False)
    at: datetime
