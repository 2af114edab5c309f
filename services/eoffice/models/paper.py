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

from services.eoffice.domain.receipts import MAIL
from services.eoffice.models.base import Base, Sealed


class Paper(Sealed, Base):
    """A PDF in the store, or an e-mail as it came. It belongs to nothing by itself: receipts and
    files name it.

    Attributes:
        name: what the desk calls it.
        key: in the store.
        source: the media type of what came: a scan is kept as PDF too, an e-mail as it is.
        size: bytes of what is kept.
        pages: of an e-mail none: it is not shown.
        sha256: of what is kept.
        received_sha256: of what came; the same scan handed in twice has it twice.
    """

    __tablename__ = "paper"
    __table_args__ = (
        CheckConstraint(
            "CASE source WHEN 'message/rfc822' THEN pages = 0 ELSE pages >= 1 END", name="pages"
        ),
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

    @property
    def role(self) -> str:
        """``original``: the e-mail that was taken apart, as it came; else ``paper``."""
        return "original" if self.source == MAIL else "paper"


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
