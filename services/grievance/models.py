"""The grievance service's one table."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Integer, Text, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from palika.database import make_base

Base = make_base()

_OPEN = text("state <> 'resolved'")


class Grievance(Base):
    """One grievance, as it stands now; what happened to it is told by its events.

    ``version`` counts its steps from 1 and is the ``sequence`` of its events. ``source`` and
    ``source_id`` are another system's name and key, if it came from one; ``source_status`` is the
    status that system had it in, as it came. ``on_time`` and ``minutes_taken`` belong to
    ``resolved_at``: a later change of the promise does not change what was once said of it.
    """

    __tablename__ = "grievance"
    __table_args__ = (
        UniqueConstraint("number"),
        UniqueConstraint("source", "source_id"),
        CheckConstraint("state IN ('filed', 'assigned', 'resolved')", name="state"),
        CheckConstraint("(state = 'resolved') = (resolved_at IS NOT NULL)", name="resolved"),
        CheckConstraint("state <> 'assigned' OR officer IS NOT NULL", name="assigned"),
        CheckConstraint("(source IS NULL) = (source_id IS NULL)", name="source"),
        # One index for each way in which the list is asked for; all in the list's own order, so
        # that a page is read and never sorted. Open grievances are few among many: their own
        # indexes keep the desks' lists quick however long the past becomes.
        Index("ix_grievance_filed_at", "filed_at", "id"),
        Index("ix_grievance_department", "department", "filed_at", "id"),
        Index("ix_grievance_ward", "ward", "filed_at", "id"),
        Index("ix_grievance_category", "category", "filed_at", "id"),
        Index("ix_grievance_open", "filed_at", "id", postgresql_where=_OPEN),
        Index(
            "ix_grievance_open_department", "department", "filed_at", "id", postgresql_where=_OPEN
        ),
        Index("ix_grievance_open_ward", "ward", "filed_at", "id", postgresql_where=_OPEN),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    number: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(Text)
    department: Mapped[str] = mapped_column(Text)
    ward: Mapped[str | None] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(Text)
    citizen_name: Mapped[str | None] = mapped_column(Text)
    citizen_phone: Mapped[str | None] = mapped_column(Text)
    citizen_email: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    channel: Mapped[str] = mapped_column(Text)
    source: Mapped[str | None] = mapped_column(Text)
    source_id: Mapped[str | None] = mapped_column(Text)
    source_status: Mapped[str | None] = mapped_column(Text)
    filed_by: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer)
    filed_at: Mapped[datetime]
    due_at: Mapped[datetime]
    officer: Mapped[str | None] = mapped_column(Text)
    assigned_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    on_time: Mapped[bool | None]
    minutes_taken: Mapped[int | None] = mapped_column(Integer)
    remark: Mapped[str | None] = mapped_column(Text)
    times_reopened: Mapped[int] = mapped_column(Integer)
    reopened_at: Mapped[datetime | None]
    reopen_reason: Mapped[str | None] = mapped_column(Text)
