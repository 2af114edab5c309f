"""Campaigns, those who are still to be told, and the rows that could not be used."""

from datetime import datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.notify.domain.campaigns import CampaignState
from services.notify.models.base import Base, one_of


class Campaign(Base):
    """One message to many; ``domain/campaigns.py`` has its life. Who changes it locks the row."""

    __tablename__ = "campaign"
    __table_args__ = (
        UniqueConstraint("name"),
        CheckConstraint(one_of("state", CampaignState), name="state"),
        CheckConstraint("approved_by <> created_by", name="two_people"),
        CheckConstraint("(hours_from IS NULL) = (hours_to IS NULL)", name="hours"),
        Index("ix_campaign_state", "state", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    """The ``event_id`` of its deliveries."""
    name: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    problem: Mapped[str | None] = mapped_column(Text)
    """Why it does not go on, or why it was cancelled."""
    template: Mapped[str] = mapped_column(Text)
    template_version: Mapped[int]
    """With which its rows were checked; later, with which somebody has let it go on."""
    channels: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """Of the template then: the ``units`` of a recipient are in this order."""
    fields: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """What is the same for all."""
    audience: Mapped[str | None] = mapped_column(Text)
    """The service that was asked for the recipients; None: a file."""
    query: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """``name`` and ``arguments`` of the query."""
    query_after: Mapped[str | None] = mapped_column(Text)
    """The cursor of the page that is next."""
    digest: Mapped[str | None] = mapped_column(Text)
    """SHA-256 of the file."""
    rows: Mapped[int | None]
    """Of the file; of a query nobody knows before its end."""
    loaded_to: Mapped[int]
    """The last row that has been read."""
    recipients: Mapped[int]
    rejected: Mapped[int]
    sample: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Sealed: language and fields of the first recipient, for test messages."""
    estimate: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    estimated_at: Mapped[datetime | None]
    start_at: Mapped[datetime | None]
    hours_from: Mapped[time | None]
    hours_to: Mapped[time | None]
    """Of the day in India."""
    per_minute: Mapped[int | None]
    """Its own limit."""
    tokens: Mapped[float] = mapped_column(Float)
    filled_at: Mapped[datetime]
    fed_to: Mapped[int]
    """The last row that has become a delivery."""
    fed: Mapped[int]
    """So many have."""
    window_at: Mapped[datetime | None]
    """``fed`` was ``window_fed`` then: its speed is seen by it."""
    window_fed: Mapped[int]
    last_rate: Mapped[float | None] = mapped_column(Float)
    """Deliveries a minute in the window before."""
    tests: Mapped[int]
    created_by: Mapped[str] = mapped_column(Text)
    created_by_person: Mapped[str | None] = mapped_column(Text)
    """Their code in the e-office; None: not known."""
    created_at: Mapped[datetime]
    approved_by: Mapped[str | None] = mapped_column(Text)
    approved_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(Text)
    ended_at: Mapped[datetime | None]


class CampaignRecipient(Base):
    """Who is still to be told. It goes when it becomes a delivery, or its campaign is cancelled."""

    __tablename__ = "campaign_recipient"
    __table_args__ = (
        UniqueConstraint("campaign_id", "recipient_ref", name="uq_campaign_recipient_once"),
    )

    campaign_id: Mapped[UUID] = mapped_column(
        ForeignKey("campaign.id", ondelete="CASCADE"), primary_key=True
    )
    row_no: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    recipient_ref: Mapped[str] = mapped_column(Text)
    """As of the delivery: the key of the address, or the id that the service knows them by."""
    recipient_key: Mapped[str | None] = mapped_column(Text)
    """Where ``recipient_ref`` is no key: the one of the address."""
    other_key: Mapped[str | None] = mapped_column(Text)
    """Of a second address."""
    language: Mapped[str] = mapped_column(Text)
    units: Mapped[list[int | None]] = mapped_column(ARRAY(SmallInteger))
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Contact and fields of a file's row."""
    fields: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """What the service has given for this one; nothing personal."""


class CampaignRejection(Base):
    """What is wrong with a row that nothing is sent for."""

    __tablename__ = "campaign_rejection"

    campaign_id: Mapped[UUID] = mapped_column(
        ForeignKey("campaign.id", ondelete="CASCADE"), primary_key=True
    )
    row_no: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    place: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    """One row may have several mistakes."""
    field: Mapped[str] = mapped_column(Text)
    rule: Mapped[str] = mapped_column(Text)
    value: Mapped[str] = mapped_column(Text)
    """Masked."""
