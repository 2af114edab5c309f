"""The note sheet of a file: yellow drafts, and the green notes that they become."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from services.eoffice.models.base import Base, Guarded, Sealed


class NoteDraft(Guarded, Base):
    """A yellow note: what an officer is writing, saved again and again.

    ``post`` is whose note it becomes; ``by_post`` and ``by_person`` saved it last (a PA writes for
    the officer). ``version`` counts the saves.
    """

    __tablename__ = "note_draft"
    __table_args__ = (
        CheckConstraint("language IN ('mr', 'en')", name="language"),
        Index("ix_note_draft_file", "file_id", "post"),
        Index("ix_note_draft_post", "post", "saved_at", "id"),
        Index("ix_note_draft_by_post", "by_post", "saved_at", "id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    file_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("file.id"))
    post: Mapped[str] = mapped_column(Text)
    by_post: Mapped[str] = mapped_column(Text)
    by_person: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    markup: Mapped[str] = mapped_column(Text)
    begun_at: Mapped[datetime]
    saved_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(Integer)


class Note(Sealed, Base):
    """A green note, for good once its file has moved on; ``number`` counts a file's notes from 1.

    Attributes:
        id: that of the draft it was.
        markup: as it was written; ``domain/markup.py`` says what it may hold.
        by_post: who had written it, where ``post`` only confirmed.
        moves: how often the file had moved when it was confirmed: while that is so, it has not been
            sent and its author may take it back.
    """

    __tablename__ = "note"
    __table_args__ = (
        UniqueConstraint("file_id", "number"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("language IN ('mr', 'en')", name="language"),
    )
    signed_columns = (
        *("file_id", "number", "post", "person", "capacity"),
        *("language", "markup", "confirmed_at"),
    )
    signed_by = "person"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    file_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("file.id"))
    number: Mapped[int] = mapped_column(Integer)
    post: Mapped[str] = mapped_column(Text)
    person: Mapped[str | None] = mapped_column(Text)
    capacity: Mapped[str] = mapped_column(Text)
    by_post: Mapped[str] = mapped_column(Text)
    by_person: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    markup: Mapped[str] = mapped_column(Text)
    confirmed_at: Mapped[datetime]
    moves: Mapped[int] = mapped_column(Integer)
