"""What happened to a grievance, and what it has to do with others."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from palika.correlation import TieColumns
from services.grievance.models.base import Base


class Timeline(Base):
    """One step: who, when, from where to where, and what was said. Never changed, never removed.

    ``public`` entries are shown to the citizen, without the actor; ``note`` is what people wrote;
    ``data`` are the step's facts (an officer's post, a reason's code, a rating).
    """

    __tablename__ = "timeline"
    __table_args__ = (Index("ix_timeline_grievance_id", "grievance_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    grievance_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("grievance.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    step: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    actor_role: Mapped[str] = mapped_column(Text)
    public: Mapped[bool] = mapped_column(Boolean)
    from_state: Mapped[str | None] = mapped_column(Text)
    to_state: Mapped[str] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")


class Follower(Base):
    """Somebody who has the same grievance as another citizen, and is told what becomes of that.

    Whom: the ``subject`` of a citizen with a login, or who is reached by ``phone`` or ``email``;
    one of the three is there.
    """

    __tablename__ = "follower"
    __table_args__ = (
        UniqueConstraint("grievance_id", "phone"),
        UniqueConstraint("grievance_id", "email"),
        UniqueConstraint("grievance_id", "subject"),
        CheckConstraint("num_nonnulls(subject, phone, email) > 0", name="somebody"),
        Index(
            "ix_follower_subject",
            "subject",
            "followed_at",
            "id",
            postgresql_where=text("subject IS NOT NULL"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    grievance_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("grievance.id", ondelete="CASCADE"))
    subject: Mapped[str | None] = mapped_column(Text)
    name: Mapped[str | None] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    followed_at: Mapped[datetime]


class Link(Base):
    """Two grievances that have to do with each other: a row for the pair, the smaller id first."""

    __tablename__ = "link"
    __table_args__ = (
        CheckConstraint("grievance_id < other_id", name="ordered"),
        Index("ix_link_other_id", "other_id"),
    )

    grievance_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("grievance.id", ondelete="CASCADE"), primary_key=True
    )
    other_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("grievance.id", ondelete="CASCADE"), primary_key=True
    )
    linked_at: Mapped[datetime]
    linked_by: Mapped[str] = mapped_column(Text)


class Tie(TieColumns, Base):
    """That a grievance belongs, or belonged, to a matter of several services."""
