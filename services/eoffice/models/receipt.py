"""Receipts (DAK): what came in, where it is, and how it went."""

import uuid
from datetime import date, datetime

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Date,
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

from services.eoffice.domain.movement import Priority
from services.eoffice.domain.receipts import Medium, Standing, State
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models.base import WAS, Base, Sealed


class Receipt(Sealed, Base):
    """A letter, an e-mail or what was handed over, diarised; ``version`` counts its steps.

    Attributes:
        number: of the office that diarised it, without gaps in a year.
        office: a section's code, or that of a department whose post has no section.
        ref: the sender's own number of it.
        dated: the day that stands on it.
        received_on: the day of India on which it came.
        message_id: of an e-mail; the same one is not diarised twice.
        body: of an e-mail, its text.
        seen_at: when the post that has it first opened it; of what is physical, when it came there.
        own_secrecy: how secret it was before a file made it more so; None: none did, or that was
            before it was kept.
        file_id: the file it was put in.
        follow_up_on: the day on which the post that has it wants to be reminded.
        ended_at: when it was put in a file, or closed without one.
    """

    __tablename__ = "receipt"
    __table_args__ = (
        UniqueConstraint("number"),
        UniqueConstraint("message_id"),
        CheckConstraint("medium IN ('letter', 'email', 'hand')", name="medium"),
        CheckConstraint("state IN ('open', 'filed', 'closed', 'weeded')", name="state"),
        CheckConstraint("(state = 'filed') = (file_id IS NOT NULL)", name="filed"),
        CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="ended"),
        CheckConstraint("secrecy BETWEEN 0 AND 3", name="secrecy"),
        CheckConstraint("priority BETWEEN 0 AND 2", name="priority"),
        CheckConstraint("own_secrecy <= secrecy", name="own_secrecy"),
        Index("ix_receipt_diarised_at", "diarised_at", "id"),
        Index(
            "ix_receipt_inbox",
            "held_by",
            text("priority DESC"),
            "held_since",
            "id",
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_receipt_due", "due_on", postgresql_where=text("state = 'open'")),
        Index("ix_receipt_file", "file_id"),
        # What a sender has sent of one day: is this the same letter?
        Index("ix_receipt_sender", text("lower(sender_name)"), "dated"),
        # What was closed without a file waits for its years to be over.
        Index("ix_receipt_closed", "ended_at", "id", postgresql_where=text("state = 'closed'")),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    number: Mapped[str] = mapped_column(Text)
    office: Mapped[str] = mapped_column(Text)
    department: Mapped[str] = mapped_column(Text)
    medium: Mapped[str] = mapped_column(Text)
    sender_kind: Mapped[str] = mapped_column(Text)
    sender_name: Mapped[str] = mapped_column(Text)
    sender_address: Mapped[str | None] = mapped_column(Text)
    sender_phone: Mapped[str | None] = mapped_column(Text)
    sender_email: Mapped[str | None] = mapped_column(Text)
    ref: Mapped[str | None] = mapped_column(Text)
    dated: Mapped[date | None] = mapped_column(Date)
    received_on: Mapped[date] = mapped_column(Date)
    message_id: Mapped[str | None] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    body: Mapped[str | None] = mapped_column(Text)
    category: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    secrecy: Mapped[int] = mapped_column(Integer)
    own_secrecy: Mapped[int | None] = mapped_column(Integer, info={WAS: None})
    priority: Mapped[int] = mapped_column(Integer)
    vip: Mapped[bool] = mapped_column(Boolean)
    due_on: Mapped[date | None] = mapped_column(Date)
    remark: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    held_by: Mapped[str] = mapped_column(Text)
    held_since: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    sent_by: Mapped[str | None] = mapped_column(Text)
    file_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("file.id"))
    follow_up_on: Mapped[date | None] = mapped_column(Date)
    end_remark: Mapped[str | None] = mapped_column(Text)
    diarised_by: Mapped[str] = mapped_column(Text)
    diarised_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    moves: Mapped[int] = mapped_column(Integer)
    version: Mapped[int] = mapped_column(Integer)

    @property
    def standing(self) -> Standing:
        """What the rules look at."""
        return Standing(
            number=self.number,
            state=State(self.state),
            medium=Medium(self.medium),
            held_by=self.held_by,
            version=self.version,
            seen=self.seen_at is not None,
            sent_by=self.sent_by,
            secrecy=Secrecy(self.secrecy),
            priority=Priority(self.priority),
        )


class ReceiptPaper(Sealed, Base):
    """A paper of a receipt: the letter first, what it encloses after it. A paper is of one only."""

    __tablename__ = "receipt_paper"
    __table_args__ = (
        PrimaryKeyConstraint("receipt_id", "position"),
        UniqueConstraint("paper_id"),
    )

    receipt_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("receipt.id"))
    position: Mapped[int] = mapped_column(Integer)
    paper_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("paper.id"))


class ReceiptCorrection(Sealed, Base):
    """Something that was said wrongly of a receipt, and what is said since; ``position`` counts a
    receipt's from 1. With the receipt's own texts it is weeded: its act says no more than what was
    corrected, and why.

    Attributes:
        name: the column; ``due_on`` where another category brought the day forward.
        was: what it said, of a day as ISO 8601; ``became``: what it says since.
    """

    __tablename__ = "receipt_correction"
    __table_args__ = (PrimaryKeyConstraint("receipt_id", "position"),)

    receipt_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("receipt.id"))
    position: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(Text)
    was: Mapped[str | None] = mapped_column(Text)
    became: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    by_post: Mapped[str] = mapped_column(Text)
    by_person: Mapped[str | None] = mapped_column(Text)
    made_at: Mapped[datetime]


class ReceiptMovement(Sealed, Base):
    """One move of a receipt from post to post; ``position`` counts its moves from 1."""

    __tablename__ = "receipt_movement"
    __table_args__ = (
        PrimaryKeyConstraint("receipt_id", "position"),
        CheckConstraint("kind IN ('send', 'pull_back', 'pull_up', 'transfer')", name="kind"),
        Index("ix_receipt_movement_from_post", "from_post", "receipt_id"),
        Index("ix_receipt_movement_to_post", "to_post", "receipt_id"),
    )

    receipt_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("receipt.id"))
    position: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(Text)
    from_post: Mapped[str] = mapped_column(Text)
    to_post: Mapped[str] = mapped_column(Text)
    by_post: Mapped[str] = mapped_column(Text)
    by_person: Mapped[str | None] = mapped_column(Text)
    moved_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    minutes_held: Mapped[int] = mapped_column(Integer)
    remark: Mapped[str | None] = mapped_column(Text)
