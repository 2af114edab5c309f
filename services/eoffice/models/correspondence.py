"""The correspondence side of a file, and the letters that go out of it."""

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

from services.eoffice.models.base import WAS, Base, Sealed


class Correspondence(Sealed, Base):
    """One paper of a file, in its table of contents; ``position`` counts from 1, and its pages go
    on where those of the paper before it end.

    Attributes:
        kind: ``receipt``, ``issued``, ``enclosure`` or ``note`` (a paper of the office itself).
        paper_id: of the bytes; None: the paper is outside the office (a bound volume, a sample).
        receipt_id: of what it came in with.
        letter_id: of the letter that it is the office copy of.
        added_by: the post.
        struck_at: when it was struck out; its pages and its bytes stay. ``struck_by`` and
            ``struck_why``: the post, and the reason.
        moved_to: the file that it was taken to, struck out here.
    """

    __tablename__ = "correspondence"
    __table_args__ = (
        UniqueConstraint("file_id", "position"),
        CheckConstraint("kind IN ('receipt', 'issued', 'enclosure', 'note')", name="kind"),
        CheckConstraint("first_page >= 1 AND last_page >= first_page", name="pages"),
        CheckConstraint("position >= 1", name="position"),
        CheckConstraint("(struck_at IS NULL) = (struck_by IS NULL)", name="struck"),
        # The page of a file: which paper is it in?
        Index("ix_correspondence_page", "file_id", "last_page"),
        Index(
            "ix_correspondence_receipt",
            "receipt_id",
            postgresql_where=text("receipt_id IS NOT NULL"),
        ),
        Index("ix_correspondence_paper", "paper_id", postgresql_where=text("paper_id IS NOT NULL")),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    file_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("file.id"))
    position: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    paper_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    first_page: Mapped[int] = mapped_column(Integer)
    last_page: Mapped[int] = mapped_column(Integer)
    receipt_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    letter_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("letter.id"))
    added_at: Mapped[datetime]
    added_by: Mapped[str] = mapped_column(Text)
    struck_at: Mapped[datetime | None] = mapped_column(info={WAS: None})
    struck_by: Mapped[str | None] = mapped_column(Text, info={WAS: None})
    struck_why: Mapped[str | None] = mapped_column(Text, info={WAS: None})
    moved_to: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("file.id"), info={WAS: None})


class Letter(Sealed, Base):
    """A letter out of a file: a draft for approval, approved, being sent, dispatched.

    Attributes:
        template: of ``data/letters.yaml``; the text of each version is in ``letter_version``.
        version: its newest version; approved is that one and no other.
        to_name: whom it is to; ``to_address`` on paper, ``to_email``, ``to_phone``.
        number: given at dispatch, by department and year, without gaps.
        channel: how it went: ``post``, ``hand``, ``email``, ``whatsapp``, ``sms``; None of one that
            is being sent: notify has refused it.
        tracking: the post office's number, or notify's of the message.
    """

    __tablename__ = "letter"
    __table_args__ = (
        UniqueConstraint("number"),
        CheckConstraint(
            "state IN ('draft', 'approved', 'sending', 'dispatched', 'discarded')", name="state"
        ),
        CheckConstraint(
            "(state IN ('sending', 'dispatched')) = (number IS NOT NULL)", name="dispatched"
        ),
        CheckConstraint("language IN ('mr', 'en')", name="language"),
        Index("ix_letter_file", "file_id", "begun_at", "id"),
        # What went out in a month.
        Index(
            "ix_letter_dispatched_at",
            "dispatched_at",
            postgresql_where=text("dispatched_at IS NOT NULL"),
        ),
        Index(
            "ix_letter_sending",
            "dispatched_at",
            "id",
            postgresql_where=text("state = 'sending'"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    file_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("file.id"))
    template: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer)
    to_name: Mapped[str] = mapped_column(Text)
    to_address: Mapped[str | None] = mapped_column(Text)
    to_email: Mapped[str | None] = mapped_column(Text)
    to_phone: Mapped[str | None] = mapped_column(Text)
    begun_by: Mapped[str] = mapped_column(Text)
    begun_at: Mapped[datetime]
    approved_by: Mapped[str | None] = mapped_column(Text)
    approved_person: Mapped[str | None] = mapped_column(Text)
    approved_at: Mapped[datetime | None]
    number: Mapped[str | None] = mapped_column(Text)
    channel: Mapped[str | None] = mapped_column(Text)
    tracking: Mapped[str | None] = mapped_column(Text)
    dispatched_by: Mapped[str | None] = mapped_column(Text)
    dispatched_at: Mapped[datetime | None]


class LetterVersion(Sealed, Base):
    """What a letter said at one time, and to whom; versions count from 1 and are never changed.

    Of versions from before addressees were kept there is none (``to_name`` is None); of the newest
    it is the letter's, and is put down here before that changes.
    """

    __tablename__ = "letter_version"
    __table_args__ = (PrimaryKeyConstraint("letter_id", "version"),)

    letter_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("letter.id"))
    version: Mapped[int] = mapped_column(Integer)
    subject: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    to_name: Mapped[str | None] = mapped_column(Text, info={WAS: None})
    to_address: Mapped[str | None] = mapped_column(Text, info={WAS: None})
    to_email: Mapped[str | None] = mapped_column(Text, info={WAS: None})
    to_phone: Mapped[str | None] = mapped_column(Text, info={WAS: None})
    by_post: Mapped[str] = mapped_column(Text)
    by_person: Mapped[str | None] = mapped_column(Text)
    saved_at: Mapped[datetime]
