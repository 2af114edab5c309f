"""What is looked at: photographs and papers, appeals, and the sample that is checked."""

import uuid
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    Double,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from services.grievance.models.base import Base


class Attachment(Base):
    """A photograph, paper or recording; the bytes are in the store, under ``key``."""

    __tablename__ = "attachment"
    __table_args__ = (
        CheckConstraint("phase IN ('before', 'after')", name="phase"),
        Index("ix_attachment_grievance_id", "grievance_id", "added_at"),
        # Whether anybody uses a content that is kept.
        Index("ix_attachment_key", "key", postgresql_using="hash"),
        Index("ix_attachment_thumbnail_key", "thumbnail_key", postgresql_using="hash"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    grievance_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("grievance.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(Text)
    phase: Mapped[str | None] = mapped_column(Text)
    """Of a photograph: before the work, or after it."""
    public: Mapped[bool] = mapped_column(Boolean, server_default="true")
    """Whether the grievance's citizen may see it."""
    key: Mapped[str] = mapped_column(Text)
    thumbnail_key: Mapped[str | None] = mapped_column(Text)
    content_type: Mapped[str] = mapped_column(Text)
    bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(Text)
    width: Mapped[int | None] = mapped_column(Integer)
    height: Mapped[int | None] = mapped_column(Integer)
    taken_at: Mapped[datetime | None]
    lat: Mapped[float | None] = mapped_column(Double)
    lon: Mapped[float | None] = mapped_column(Double)
    added_at: Mapped[datetime]
    added_by: Mapped[str] = mapped_column(Text)
    added_role: Mapped[str] = mapped_column(Text)
    detached_at: Mapped[datetime | None]
    """When an officer took it away: it is kept as a record, and is evidence no more."""
    detached_by: Mapped[str | None] = mapped_column(Text)
    detach_reason: Mapped[str | None] = mapped_column(Text)

    @property
    def use(self) -> str:
        """What it is for, in one word: the ``Kind`` that it was attached as."""
        return self.kind if self.phase is None else f"{self.kind}_{self.phase}"


class Appeal(Base):
    """An appeal against what became of a grievance; ``decide_by`` is its statutory clock."""

    __tablename__ = "appeal"
    __table_args__ = (
        UniqueConstraint("grievance_id", "level"),
        CheckConstraint("level BETWEEN 1 AND 3", name="level"),
        CheckConstraint("(decided_at IS NULL) = (outcome IS NULL)", name="decided"),
        Index(
            "ix_appeal_decide_by", "decide_by", "id", postgresql_where=text("decided_at IS NULL")
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    grievance_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("grievance.id", ondelete="CASCADE"))
    level: Mapped[int] = mapped_column(SmallInteger)
    against: Mapped[str] = mapped_column(Text)
    """What is appealed against (``Ground`` of ``domain/appeals.py``)."""
    grounds: Mapped[str] = mapped_column(Text)
    """Why, in the citizen's words."""
    delay: Mapped[str | None] = mapped_column(Text)
    """Why it comes late, in the citizen's words; the authority judges it."""
    appealed_at: Mapped[datetime]
    appealed_by: Mapped[str] = mapped_column(Text)
    decide_by: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(Text)
    outcome: Mapped[str | None] = mapped_column(Text)
    order_text: Mapped[str | None] = mapped_column(Text)


class SampleDraw(Base):
    """The draw for one day's resolutions: once a day, with a seed that is made when it is over."""

    __tablename__ = "sample_draw"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    seed: Mapped[str] = mapped_column(Text)
    percent: Mapped[Decimal] = mapped_column(Numeric(8, 5))
    drawn_at: Mapped[datetime]
    drawn_from: Mapped[int] = mapped_column(Integer, server_default="0")
    """How many resolutions of the day stood when it was drawn."""
    picked: Mapped[int] = mapped_column(Integer, server_default="0")


class SampleCheck(Base):
    """A resolution that chance has picked to be looked at by another officer."""

    __tablename__ = "sample_check"
    __table_args__ = (
        UniqueConstraint("grievance_id", "resolved_at"),
        Index("ix_sample_check_day", "day"),
        CheckConstraint("(checked_at IS NULL) = (outcome IS NULL)", name="checked"),
        Index(
            "ix_sample_check_open",
            "department",
            "picked_at",
            "id",
            postgresql_where=text("checked_at IS NULL"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    grievance_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("grievance.id", ondelete="CASCADE"))
    department: Mapped[str] = mapped_column(Text)
    resolved_at: Mapped[datetime]
    """The resolution that is checked: after a reopening the next one is another."""
    resolved_by: Mapped[str | None] = mapped_column(Text)
    """The post that said it was put right, and so may not check it."""
    picked_at: Mapped[datetime]
    day: Mapped[date] = mapped_column(ForeignKey("sample_draw.day"))
    """The draw that picked it: with its seed, anybody can repeat it."""
    checker: Mapped[str | None] = mapped_column(Text)
    checked_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
