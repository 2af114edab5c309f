"""What citizens have said about being written to. They are known by a key, not by an address."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.notify.models.base import Base


class Consent(Base):
    """A citizen's word about a purpose; the last one counts, and none is taken away."""

    __tablename__ = "consent"
    __table_args__ = (Index("ix_consent_recipient_key", "recipient_key", "purpose", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    recipient_key: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(Text)
    agreed: Mapped[bool]
    source: Mapped[str] = mapped_column(Text)
    """How it was said: ``whatsapp``, ``sms``, ``voice``, ``portal``, ``officer``."""
    said_at: Mapped[datetime]
    wording: Mapped[str | None] = mapped_column(Text)
    """The words that the citizen agreed to, or refused, as they were shown."""


class Preference(Base):
    """Which channels a citizen likes best, and in which language."""

    __tablename__ = "preference"

    recipient_key: Mapped[str] = mapped_column(Text, primary_key=True)
    channels: Mapped[list[str]] = mapped_column(ARRAY(Text))
    language: Mapped[str | None] = mapped_column(Text)
    changed_at: Mapped[datetime]


class DayCount(Base):
    """How many messages of the capped purposes a citizen was sent on a day of India."""

    __tablename__ = "day_count"

    recipient_key: Mapped[str] = mapped_column(Text, primary_key=True)
    purpose: Mapped[str] = mapped_column(Text, primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    sent: Mapped[int]
