"""The record room: how long a closed file is kept, what stops its weeding, and what was weeded; the
same of receipts that were closed without a file.

Receipts have tables of their own: the record has a digest over all columns of each row, and with a
column more every row of before would seem changed.
"""

import uuid
from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Text,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from services.eoffice.domain.retention import Category, Keeping
from services.eoffice.models.base import Base, Sealed


class Recording(Sealed, Base):
    """A file that the record room has: of which category it is, and until when it is kept.

    Attributes:
        department: the file's, which never changes.
        record_class: the line of the schedule that fitted when it was recorded.
        years: of category C.
        reason: why it is of another category than the schedule says; None: it is not.
        due_on: from this day of India on it is due: of C for weeding, of A and B for review; None:
            the file was opened again.
        weeded_at: when its content was destroyed.
    """

    __tablename__ = "recording"
    __table_args__ = (
        CheckConstraint("category IN ('A', 'B', 'C')", name="category"),
        CheckConstraint("(category = 'C') = (years IS NOT NULL)", name="years"),
        Index(
            "ix_recording_due",
            "due_on",
            "file_id",
            postgresql_where=text("due_on IS NOT NULL AND weeded_at IS NULL"),
        ),
        Index(
            "ix_recording_department",
            "department",
            "due_on",
            "file_id",
            postgresql_where=text("due_on IS NOT NULL AND weeded_at IS NULL"),
        ),
    )

    file_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("file.id"), primary_key=True)
    department: Mapped[str] = mapped_column(Text)
    record_class: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(Text)
    years: Mapped[int | None] = mapped_column(Integer)
    reason: Mapped[str | None] = mapped_column(Text)
    due_on: Mapped[date | None] = mapped_column(Date)
    recorded_by: Mapped[str] = mapped_column(Text)
    recorded_person: Mapped[str | None] = mapped_column(Text)
    recorded_at: Mapped[datetime]
    weeded_at: Mapped[datetime | None]

    @property
    def keeping(self) -> Keeping:
        """As the rules have it."""
        return Keeping(Category(self.category), self.years)


class HoldColumns:
    """What a hold says, whatever it holds back."""

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    remark: Mapped[str] = mapped_column(Text)
    placed_by: Mapped[str] = mapped_column(Text)
    placed_person: Mapped[str | None] = mapped_column(Text)
    placed_at: Mapped[datetime]
    lifted_by: Mapped[str | None] = mapped_column(Text)
    lifted_person: Mapped[str | None] = mapped_column(Text)
    lifted_at: Mapped[datetime | None]
    lifted_remark: Mapped[str | None] = mapped_column(Text)


class Hold(HoldColumns, Sealed, Base):
    """What stops the weeding of a file until it is lifted; the city's kinds are in
    ``data/retention.yaml``."""

    __tablename__ = "hold"
    __table_args__ = (
        CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name="lifted"),
        Index("ix_hold_file", "file_id", postgresql_where=text("lifted_at IS NULL")),
    )

    file_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("file.id"))


class ReceiptHold(HoldColumns, Sealed, Base):
    """What stops the weeding of a receipt, and of the file that it is in."""

    __tablename__ = "receipt_hold"
    __table_args__ = (
        CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name="lifted"),
        Index("ix_receipt_hold_receipt", "receipt_id"),
    )

    receipt_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("receipt.id"))


class Weeding(Sealed, Base):
    """A list of files and receipts that the record room proposes to weed; it is kept for good."""

    __tablename__ = "weeding"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    remark: Mapped[str] = mapped_column(Text)
    proposed_by: Mapped[str] = mapped_column(Text)
    proposed_person: Mapped[str | None] = mapped_column(Text)
    proposed_at: Mapped[datetime]


class WeedingLine:
    """A line of such a list, and what was decided about it."""

    weeding_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("weeding.id"))
    position: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(Text)
    decided_by: Mapped[str | None] = mapped_column(Text)
    decided_person: Mapped[str | None] = mapped_column(Text)
    decided_at: Mapped[datetime | None]
    remark: Mapped[str | None] = mapped_column(Text)


class WeedingFile(WeedingLine, Sealed, Base):
    """A file of such a list, and what was decided about it.

    Attributes:
        archive: the SHA-256 of the manifest of its last archive when it was weeded; None: none was
            made.
    """

    __tablename__ = "weeding_file"
    __table_args__ = (
        PrimaryKeyConstraint("weeding_id", "file_id"),
        CheckConstraint("state IN ('proposed', 'approved', 'refused')", name="state"),
        CheckConstraint("(state = 'proposed') = (decided_at IS NULL)", name="decided"),
        # A file is on one open list at a time.
        Index(
            "ix_weeding_file_open",
            "file_id",
            unique=True,
            postgresql_where=text("state = 'proposed'"),
        ),
    )

    file_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("file.id"))
    archive: Mapped[str | None] = mapped_column(Text)


class WeedingReceipt(WeedingLine, Sealed, Base):
    """A receipt of such a list, that was closed without a file, and what was decided about it."""

    __tablename__ = "weeding_receipt"
    __table_args__ = (
        PrimaryKeyConstraint("weeding_id", "receipt_id"),
        CheckConstraint("state IN ('proposed', 'approved', 'refused')", name="state"),
        CheckConstraint("(state = 'proposed') = (decided_at IS NULL)", name="decided"),
        Index("ix_weeding_receipt_receipt", "receipt_id"),
        # A receipt is on one open list at a time.
        Index(
            "ix_weeding_receipt_open",
            "receipt_id",
            unique=True,
            postgresql_where=text("state = 'proposed'"),
        ),
    )

    receipt_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("receipt.id"))


class WeededPaperColumns:
    """What is left of a weeded paper: what its bytes were is known by ``sha256``, and by nothing
    else.

    ``removed_at``: when the store had them no more; None: that is still to be done.
    """

    paper_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    key: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    pages: Mapped[int] = mapped_column(Integer)
    removed_at: Mapped[datetime | None]


class WeededPaper(WeededPaperColumns, Sealed, Base):
    """A paper of a weeded file, or the ZIP of an archive that is kept no more (``pages`` 0)."""

    __tablename__ = "weeded_paper"
    __table_args__ = (
        Index("ix_weeded_paper_left", "paper_id", postgresql_where=text("removed_at IS NULL")),
        Index("ix_weeded_paper_file", "file_id"),
    )

    file_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("file.id"))


class WeededReceiptPaper(WeededPaperColumns, Sealed, Base):
    """A paper of a receipt that was weeded without a file."""

    __tablename__ = "weeded_receipt_paper"
    __table_args__ = (
        Index(
            "ix_weeded_receipt_paper_left",
            "paper_id",
            postgresql_where=text("removed_at IS NULL"),
        ),
        Index("ix_weeded_receipt_paper_receipt", "receipt_id"),
    )

    receipt_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("receipt.id"))
