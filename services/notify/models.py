"""The tables of the notify service."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Identity, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from palika.database import make_base
from services.notify.domain.sending import STATES
from services.notify.domain.whatsapp_text import Approval, Category

Base = make_base()


def _in(values: Iterable[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)


_STATES = _in(STATES)


class Delivery(Base):
    """One message to one recipient because of one event; see `domain/sending.py` for its life.

    No name, telephone number or address is kept: they are asked for when the message is sent, and
    of the address a masked form stays. The body, which has the name in it, is not kept either.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        # One message for an event, whatever is redelivered.
        UniqueConstraint("event_id", "recipient_ref", "template", name="uq_delivery_message"),
        CheckConstraint(f"state IN ({_STATES})", name="state"),
        Index(
            "ix_delivery_due", "next_attempt_at", "id", postgresql_where=text("state = 'created'")
        ),
        Index("ix_delivery_sending", "sending_at", postgresql_where=text("state = 'sending'")),
        Index("ix_delivery_recipient_ref", "recipient_ref"),
        Index("ix_delivery_state", "state", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    event_id: Mapped[UUID]
    event_type: Mapped[str] = mapped_column(Text)
    template: Mapped[str] = mapped_column(Text)
    audience: Mapped[str] = mapped_column(Text)
    """The service that knows the recipient, by `recipient_ref`."""
    recipient_ref: Mapped[str] = mapped_column(Text)
    fields: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """The event's own data, for the template: nothing personal is in it."""
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    """A code: see `domain/sending.py`, and each channel's own."""
    detail: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    next_attempt_at: Mapped[datetime]
    channel: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(Text)
    """Masked: r•••@e•••.in."""
    subject: Mapped[str | None] = mapped_column(Text)
    reference: Mapped[str | None] = mapped_column(Text)
    """What the channel calls the message: an e-mail's Message-ID."""
    created_at: Mapped[datetime]
    sending_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]


class TemplateVersion(Base):
    """What a template said from a moment on. Append-only: a delivery names template and version."""

    __tablename__ = "template_version"
    __table_args__ = (
        UniqueConstraint("name", "version", name="uq_template_version_name"),
        CheckConstraint("version > 0", name="version"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    """In the order of saving: who has read up to one reads on from there."""
    name: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """As `data/templates/*.yaml` have it."""
    digest: Mapped[str] = mapped_column(Text)
    """SHA-256 of the content: the same content is the same version."""
    saved_by: Mapped[str] = mapped_column(Text)
    """Who: `officer:…`, or `file` for the shipped ones."""
    saved_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(Text, server_default="")


class WhatsappTemplate(Base):
    """A template as it is registered with Meta in one language, and what Meta says of it."""

    __tablename__ = "whatsapp_template"
    __table_args__ = (
        CheckConstraint(f"category IN ({_in(Category)})", name="category"),
        CheckConstraint(f"state IN ({_in(Approval)})", name="state"),
    )

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    language: Mapped[str] = mapped_column(Text, primary_key=True)
    """Meta's code: mr, en_GB."""
    category: Mapped[str | None] = mapped_column(Text)
    """None of one that Meta has told of and no template here names."""
    body: Mapped[str | None] = mapped_column(Text)
    """The text that was registered, with {{1}}; None likewise."""
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    """Why it is rejected or paused, as Meta has it."""
    changed_at: Mapped[datetime]
