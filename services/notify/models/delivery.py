"""Deliveries, the attempts at them, and what the providers said of those later."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.notify.domain.care import Lane, Purpose
from services.notify.domain.messages import Told
from services.notify.domain.states import DUE, Handed, State
from services.notify.models.base import Base, one_of


class Delivery(Base):
    """One message to one recipient; ``domain/states.py`` has its life.

    No name, telephone number or address is kept in clear: they are asked for when the message is
    sent (``audience`` says of which service), or lie sealed in ``sealed`` until it has arrived.
    The body, which has the name in it, is not kept.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        # One message for an event, whatever is redelivered.
        UniqueConstraint("event_id", "recipient_ref", "template", name="uq_delivery_message"),
        CheckConstraint(one_of("state", State), name="state"),
        CheckConstraint(one_of("lane", Lane), name="lane"),
        CheckConstraint(one_of("purpose", Purpose), name="purpose"),
        Index(
            "ix_delivery_due",
            "lane",
            "next_attempt_at",
            "id",
            postgresql_where=text(one_of("state", DUE)),
        ),
        Index("ix_delivery_codes", "created_at", postgresql_where=text("lane = 'urgent'")),
        Index("ix_delivery_sending", "sending_at", postgresql_where=text("state = 'sending'")),
        Index(
            "ix_delivery_fallback",
            "fallback_at",
            postgresql_where=text("state = 'sent' AND fallback_at IS NOT NULL"),
        ),
        Index("ix_delivery_sealed", "of_use_until", postgresql_where=text("sealed IS NOT NULL")),
        Index("ix_delivery_recipient_ref", "recipient_ref"),
        Index("ix_delivery_recipient_key", "recipient_key", "id"),
        Index("ix_delivery_state", "state", "id"),
        Index(
            "ix_delivery_campaign",
            "event_id",
            "state",
            postgresql_where=text("event_type = 'campaign'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    event_id: Mapped[UUID]
    """Of the event; of what was asked for by a call, the caller's own id of it; a campaign's id."""
    event_type: Mapped[str] = mapped_column(Text)
    """``request`` or ``campaign`` when no event is behind it."""
    template: Mapped[str] = mapped_column(Text)
    template_version: Mapped[int | None]
    """The version that was last written out."""
    purpose: Mapped[str] = mapped_column(Text)
    lane: Mapped[str] = mapped_column(Text)
    audience: Mapped[str | None] = mapped_column(Text)
    """The service that knows the recipient, by ``recipient_ref``; None: ``sealed`` has them."""
    recipient_ref: Mapped[str] = mapped_column(Text)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The contact and the fields of what was asked for by a call; taken away when it has ended."""
    fields: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """The event's own data, for the template: nothing personal is in it."""
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    """A code: see ``domain/reasons.py``, and each provider's own."""
    detail: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    """How often it was handed over, to whomever."""
    tries: Mapped[int] = mapped_column(Integer, server_default="0")
    """How often of late, on the channel that it is on."""
    turn: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    """Whose turn it is among the providers of the channel; each failure passes it on."""
    next_attempt_at: Mapped[datetime]
    of_use_until: Mapped[datetime]
    fallback_at: Mapped[datetime | None]
    """When the next channel is taken, if it has not been delivered."""
    channel: Mapped[str | None] = mapped_column(Text)
    """The last that was tried; once it has arrived, the one over which."""
    spent: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    """Channels that were tried to their end."""
    skipped: Mapped[dict[str, str]] = mapped_column(JSONB, server_default="{}")
    """Why a channel was left out, by channel."""
    language: Mapped[str | None] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(Text)
    """Masked: r•••@e•••.in."""
    recipient_key: Mapped[str | None] = mapped_column(Text)
    """Of the address that was last written to: ``domain/addresses.key_of``."""
    subject: Mapped[str | None] = mapped_column(Text)
    traceparent: Mapped[str | None] = mapped_column(Text)
    """In which trace it was asked for, if that is recorded: its sending goes on in it."""
    created_at: Mapped[datetime]
    sending_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]


class Attempt(Base):
    """One hand-over of a delivery to one provider. It is there before the message leaves."""

    __tablename__ = "attempt"
    __table_args__ = (
        CheckConstraint(one_of("state", Handed), name="state"),
        Index(
            "uq_attempt_reference",
            "provider",
            "reference",
            unique=True,
            postgresql_where=text("reference IS NOT NULL"),
        ),
        Index("ix_attempt_delivery_id", "delivery_id", "id"),
        Index("ix_attempt_made_at", "made_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    """The provider is told it, where it takes a reference of ours."""
    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("delivery.id", ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(Text)
    provider: Mapped[str] = mapped_column(Text)
    units: Mapped[int] = mapped_column(SmallInteger)
    """What is paid for: segments of a text message, else 1."""
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    detail: Mapped[str | None] = mapped_column(Text)
    reference: Mapped[str | None] = mapped_column(Text)
    """What the provider calls it: an e-mail's Message-ID."""
    made_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]


class Receipt(Base):
    """What a provider said of an attempt, once, in the order in which it came."""

    __tablename__ = "receipt"
    __table_args__ = (
        # By our own id too, where it is given back: a provider may call two messages alike.
        UniqueConstraint(
            "provider",
            "reference",
            "told",
            "own_id",
            name="uq_receipt_told",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint(one_of("told", Told), name="told"),
        Index("ix_receipt_attempt_id", "attempt_id"),
        Index(
            "ix_receipt_unmatched",
            "received_at",
            postgresql_where=text("attempt_id IS NULL AND looked_at IS NOT NULL"),
        ),
        Index("ix_receipt_new", "received_at", postgresql_where=text("looked_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(Text)
    reference: Mapped[str] = mapped_column(Text)
    own_id: Mapped[UUID | None]
    """The attempt's id, where the provider gives back what we call it."""
    told: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    permanent: Mapped[bool]
    reason: Mapped[str | None] = mapped_column(Text)
    detail: Mapped[str | None] = mapped_column(Text)
    received_at: Mapped[datetime]
    looked_at: Mapped[datetime | None]
    """When it was applied, as far as it could be."""
    attempt_id: Mapped[UUID | None] = mapped_column(ForeignKey("attempt.id", ondelete="CASCADE"))
    """None until the attempt is known: a receipt may come before the provider's own answer."""
