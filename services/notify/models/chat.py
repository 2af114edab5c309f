"""The chatbot's conversations. Citizens are known by a key; what they say lies sealed, and is taken
away when it has served."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.notify.models.base import Base, one_of


class Queued(StrEnum):
    """What has become of something that was heard."""

    WAITING = "waiting"
    SAYING = "saying"
    """The conversation has gone on by it; replies are still to be sent."""
    DONE = "done"
    DROPPED = "dropped"
    """Too many at once, or its replies could not be sent for a day."""


class Asked(StrEnum):
    """Where a question for a person stands."""

    OPEN = "open"
    """A person is to answer: nobody has yet, or the citizen has written again."""
    ANSWERED = "answered"
    CLOSED = "closed"
    TAKEN_BACK = "taken_back"
    EXPIRED = "expired"


class ConversationRow(Base):
    """A citizen's conversation: one row each, locked while it changes.

    ``turn`` is the lock that is held over slow calls, when no row is: whoever has it takes one
    message after the other; who comes meanwhile leaves theirs in the queue.
    """

    __tablename__ = "conversation"
    __table_args__ = (
        Index("ix_conversation_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    recipient_key: Mapped[str] = mapped_column(Text, primary_key=True)
    state: Mapped[str] = mapped_column(Text, server_default="")
    """Of the table of states; empty: none is going on."""
    language: Mapped[str] = mapped_column(Text, server_default="")
    memory: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Sealed: what was said and found, and the way back."""
    contact: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Sealed: number and name, as long as the conversation goes on."""
    tenure: Mapped[int] = mapped_column(Integer, server_default="1")
    """One more after a silence in which the number may have changed hands."""
    began_at: Mapped[datetime]
    heard_at: Mapped[datetime]
    """Of the citizen, the last time: WhatsApp's 24 hours run from it."""
    nudged_at: Mapped[datetime | None]
    """When the citizen was told by a template that there is an answer, since they last wrote."""
    due_at: Mapped[datetime | None]
    """When silence is next looked at."""
    reminded_at: Mapped[datetime | None]
    turn: Mapped[UUID | None]
    turn_until: Mapped[datetime | None]
    """With a turn: from when on it counts as lost; without: not before this is it taken again."""


class ConversationMessage(Base):
    """Something that was heard: a citizen's message, an officer's answer, a tick of time."""

    __tablename__ = "conversation_message"
    __table_args__ = (
        CheckConstraint(one_of("state", Queued), name="state"),
        Index(
            "ix_conversation_message_queue",
            "recipient_key",
            "number",
            postgresql_where=text("state IN ('waiting', 'saying')"),
        ),
        Index("ix_conversation_message_received_at", "received_at"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    """WhatsApp's: the same message may come more than once."""
    recipient_key: Mapped[str] = mapped_column(
        ForeignKey("conversation.recipient_key", ondelete="CASCADE")
    )
    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    """In the order in which they came."""
    at: Mapped[datetime]
    received_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(Text, server_default=Queued.WAITING.value)
    heard: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Sealed, until the conversation has gone on by it."""
    replies: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Sealed, until they are sent."""
    said: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    """So many of the replies were sent."""
    tries: Mapped[int] = mapped_column(SmallInteger, server_default="0")


class PropertyLink(Base):
    """A citizen has proved to have the number that the register has for a property."""

    __tablename__ = "property_link"
    __table_args__ = (
        Index(
            "uq_property_link_current",
            "recipient_key",
            "property_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    recipient_key: Mapped[str] = mapped_column(Text)
    property_id: Mapped[UUID]
    number: Mapped[str] = mapped_column(Text)
    """The property's."""
    phone_key: Mapped[str] = mapped_column(Text)
    """Of the number that the code went to: the link holds while the register has it."""
    linked_at: Mapped[datetime]
    used_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str | None] = mapped_column(Text)
    """``unlinked``, ``register_changed``, ``unused``."""


class LinkCode(Base):
    """A code that was sent for linking. It is not kept, only its hash under the city's key."""

    __tablename__ = "link_code"
    __table_args__ = (
        Index("ix_link_code_recipient_key", "recipient_key", "made_at"),
        Index("ix_link_code_phone_key", "phone_key", "made_at"),
        Index("uq_link_code_asked_by", "asked_by", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    recipient_key: Mapped[str] = mapped_column(Text)
    phone_key: Mapped[str] = mapped_column(Text)
    properties: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """What it links: ``id`` and ``number`` each."""
    code_hash: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[str] = mapped_column(Text)
    """The message by which it was asked for."""
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    """Wrong ones."""
    used_at: Mapped[datetime | None]
    used_by: Mapped[str | None] = mapped_column(Text)
    """The message that brought it."""


class Handover(Base):
    """A citizen's question for a person of the city."""

    __tablename__ = "handover"
    __table_args__ = (
        CheckConstraint(one_of("state", Asked), name="state"),
        Index(
            "uq_handover_current",
            "recipient_key",
            unique=True,
            postgresql_where=text("state IN ('open', 'answered')"),
        ),
        Index("ix_handover_state", "state", "asked_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    recipient_key: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default=Asked.OPEN.value)
    language: Mapped[str] = mapped_column(Text)
    contact: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Sealed; taken away when it is over."""
    words: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Sealed: what was said on both sides, each ``by``, ``at``, ``text``, ``message``."""
    asked_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    answered_by: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    """The subjects of those who have answered."""
    ended_at: Mapped[datetime | None]
