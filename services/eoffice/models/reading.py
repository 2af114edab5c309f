"""Who has read a file from outside."""

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, Index, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from services.eoffice.models.base import Base, Sealed


class Reading(Sealed, Base):
    """That somebody has read in a file on a day of India; of a day the first time is kept.

    Its act stands in a chain of readings, one a file (``domain.reading.chain_of``), so that who
    reads a file does not wait for who works on it.

    Attributes:
        file_id: of a file of this office, or of one that was brought in. No foreign key: it would
            let a reader wait for who has the file locked.
        reader: the person; where a service read for a post, the post.
        post: for which they read.
        what: what of the file they read first; see ``domain.reading.What``.
    """

    __tablename__ = "reading"
    __table_args__ = (
        UniqueConstraint("file_id", "day", "reader"),
        CheckConstraint(
            "what IN ('note_sheet', 'contents', 'paper', 'letter', 'archive')", name="what"
        ),
        Index("ix_reading_newest", "file_id", "read_at", "id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    file_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    day: Mapped[date] = mapped_column(Date)
    reader: Mapped[str] = mapped_column(Text)
    post: Mapped[str] = mapped_column(Text)
    what: Mapped[str] = mapped_column(Text)
    read_at: Mapped[datetime]
