"""The words of what can be found."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.eoffice.models.base import Base, Derived


class SearchWords(Derived, Base):
    """The words of one thing, or of one page of it, made of its own row (``searching/``).

    Attributes:
        id: of a file its own; else made of the kind, the thing and the page (``searching/``).
        thing: whose words these are: of a paper in a file its place there (``correspondence``).
        page: of a paper, or of the papers of a receipt, from 1; else 0.
        file_id: the file that it is, or is in; none of a receipt, which is one in a file or not.
        receipt_id: the receipt that it is, or is a paper of.
        grade: its own secrecy.
        secrecy: its own or its file's, whichever is higher: what a reader is asked for.
        at: the moment by which it is listed.
        title: what is shown of it.
        words: of a subject, those that may be suggested, as they are written.
        tokens: what it is found by; those of its month and its day are among them.
    """

    __tablename__ = "search_words"
    __table_args__ = (
        CheckConstraint("grade BETWEEN 0 AND 3", name="grade"),
        CheckConstraint("secrecy BETWEEN grade AND 3", name="secrecy"),
        Index("ix_search_words_tokens", "tokens", postgresql_using="gin"),
        Index("ix_search_words_at", "at", "id"),
        Index("ix_search_words_thing", "kind", "thing", "page", unique=True),
        Index("ix_search_words_file", "file_id"),
        # The newest subjects, of which words are suggested.
        Index(
            "ix_search_words_suggested",
            "at",
            postgresql_where=text("words <> '{}'::text[]"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    thing: Mapped[uuid.UUID] = mapped_column(Uuid)
    page: Mapped[int] = mapped_column(Integer)
    file_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("file.id"))
    receipt_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    department: Mapped[str] = mapped_column(Text)
    grade: Mapped[int] = mapped_column(Integer)
    secrecy: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime]
    title: Mapped[str] = mapped_column(Text)
    words: Mapped[list[str]] = mapped_column(ARRAY(Text))
    tokens: Mapped[list[str]] = mapped_column(ARRAY(Text))
