"""The e-office's tables."""

import uuid
from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from palika.database import make_base
from services.eoffice.domain.movement import Standing, State

Base = make_base()

_OPEN = text("state = 'open'")


class File(Base):
    """A file, and the one post that has it; ``version`` counts its steps and is their sequence."""

    __tablename__ = "file"
    __table_args__ = (
        UniqueConstraint("number"),
        CheckConstraint("state IN ('open', 'closed')", name="state"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed"),
        Index("ix_file_opened_at", "opened_at", "id"),
        Index("ix_file_department", "department", "opened_at", "id"),
        # A post's desk: what it holds now.
        Index("ix_file_desk", "held_by", "opened_at", "id", postgresql_where=_OPEN),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    number: Mapped[str] = mapped_column(Text)
    department: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    held_by: Mapped[str] = mapped_column(Text)
    held_since: Mapped[datetime]
    opened_by: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    moves: Mapped[int] = mapped_column(Integer)
    version: Mapped[int] = mapped_column(Integer)

    @property
    def standing(self) -> Standing:
        """What the rules look at."""
        return Standing(self.number, State(self.state), self.held_by, self.version)


class Movement(Base):
    """One move of a file from post to post; ``position`` counts a file's moves from 1."""

    __tablename__ = "movement"
    __table_args__ = (PrimaryKeyConstraint("file_id", "position"),)

    file_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("file.id"))
    position: Mapped[int] = mapped_column(Integer)
    from_post: Mapped[str] = mapped_column(Text)
    to_post: Mapped[str] = mapped_column(Text)
    moved_at: Mapped[datetime]
    minutes_held: Mapped[int] = mapped_column(Integer)
    remark: Mapped[str | None] = mapped_column(Text)


class FileCounter(Base):
    """The last serial given in a department and year: its row is locked while one is given."""

    __tablename__ = "file_counter"
    __table_args__ = (PrimaryKeyConstraint("department", "year"),)

    department: Mapped[str] = mapped_column(Text)
    year: Mapped[int] = mapped_column(Integer)
    last: Mapped[int] = mapped_column(Integer)
