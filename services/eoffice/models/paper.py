"""Papers: what came as a PDF, or was scanned; and the text that is read of them."""

import uuid
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.eoffice.models.base import Base, Sealed


class Paper(Sealed, Base):
    """A PDF in the store. It belongs to nothing by itself: receipts and files name it.

    Attributes:
        name: what the desk calls it.
        key: in the store.
        source: the media type of what came: a scan is kept as PDF too.
        size: bytes of what is kept.
        sha256: of what is kept.
        received_sha256: of what came; the same scan handed in twice has it twice.
    """

    __tablename__ = "paper"
    __table_args__ = (
        CheckConstraint("pages >= 1", name="pages"),
        Index("ix_paper_added_at", "added_at", "id"),
        Index("ix_paper_key", "key"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(BigInteger)
    pages: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(Text)
    received_sha256: Mapped[str] = mapped_column(Text)
    added_by: Mapped[str] = mapped_column(Text)
    added_at: Mapped[datetime]


class PaperText(Sealed, Base):
    """What the search knows of a paper; made after it was kept.

    Attributes:
        pages: the text of each, in order; none: it could not be read, and may be
            read again.
        cut: there was more than is kept.
    """

    __tablename__ = "paper_text"

    paper_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("paper.id"), primary_key=True)
    pages: Mapped[list[str]] = mapped_column(ARRAY(Text))
    cut: Mapped[bool] = mapped_column(Boolean)
    read_at: Mapped[datetime]
