"""What is kept beside messages: the citizens' inboxes, who has sent what again, months."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.notify.models.base import Base


class InboxMessage(Base):
    """A message that a citizen reads on the city's own pages; it lies sealed until it is forgotten.

    No other table hangs on it: a delivery is forgotten sooner.
    """

    __tablename__ = "inbox_message"
    __table_args__ = (
        Index("ix_inbox_message_recipient_key", "recipient_key", "id"),
        Index("ix_inbox_message_created_at", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    """The delivery's: handed over twice, it is kept once."""
    attempt_id: Mapped[UUID]
    recipient_key: Mapped[str] = mapped_column(Text)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """``subject`` and ``body``."""
    template: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]


class Resend(Base):
    """A delivery that somebody has sent again, by hand. Once: what came of it can be sent again."""

    __tablename__ = "resend"
    __table_args__ = (UniqueConstraint("original_id", name="uq_resend_original_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    """The new delivery; it is forgotten with it."""
    original_id: Mapped[UUID]
    by: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class ProviderMonth(Base):
    """What is left of a month of India's whose messages are forgotten, by channel and provider."""

    __tablename__ = "provider_month"

    month: Mapped[date] = mapped_column(primary_key=True)
    """Its first day."""
    channel: Mapped[str] = mapped_column(Text, primary_key=True)
    provider: Mapped[str] = mapped_column(Text, primary_key=True)
    attempts: Mapped[int] = mapped_column(BigInteger)
    accepted: Mapped[int] = mapped_column(BigInteger)
    delivered: Mapped[int] = mapped_column(BigInteger)
    failed: Mapped[int] = mapped_column(BigInteger)
    units: Mapped[int] = mapped_column(BigInteger)
    """That were paid for: segments of text messages, else messages."""
