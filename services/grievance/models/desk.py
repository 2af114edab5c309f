"""The desks: who is there to be given a grievance, who is away, and how an officer likes a list."""

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
    SmallInteger,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.grievance.models.base import Base


class Officer(Base):
    """A post that grievances are given to; a code, never a person's name.

    ``level`` is its rung of the escalation ladder (0: the officer in charge). An empty list of
    wards or categories means all of the department's.
    """

    __tablename__ = "officer"
    __table_args__ = (
        CheckConstraint("level BETWEEN 0 AND 9", name="level"),
        CheckConstraint("capacity > 0", name="capacity"),
        Index("ix_officer_department", "department", "level", postgresql_where=text("active")),
    )

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    department: Mapped[str] = mapped_column(Text)
    level: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    wards: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    categories: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    capacity: Mapped[int] = mapped_column(SmallInteger, server_default="50")
    """How many open grievances are as much as it should have: what it is given is in proportion."""
    active: Mapped[bool] = mapped_column(Boolean, server_default="true")


class Leave(Base):
    """When a post is not there; ``substitute``, if one is named, is given what is new meanwhile.

    What the post has in hand stays with it.
    """

    __tablename__ = "leave"
    __table_args__ = (
        CheckConstraint("from_at < to_at", name="order"),
        Index("ix_leave_officer", "officer", "to_at"),
        Index("ix_leave_substitute", "substitute"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    officer: Mapped[str] = mapped_column(ForeignKey("officer.code", ondelete="CASCADE"))
    from_at: Mapped[datetime]
    to_at: Mapped[datetime]
    substitute: Mapped[str | None] = mapped_column(ForeignKey("officer.code"))


class SavedView(Base):
    """A list's filters under a name; with ``shared`` for the whole department."""

    __tablename__ = "saved_view"
    __table_args__ = (
        UniqueConstraint("owner", "name"),
        Index("ix_saved_view_department", "department", postgresql_where=text("shared")),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    owner: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    department: Mapped[str | None] = mapped_column(Text)
    filters: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    shared: Mapped[bool] = mapped_column(Boolean, server_default="false")
    created_at: Mapped[datetime]
