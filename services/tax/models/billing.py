"""Bills."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.tax.models.base import Base


class Bill(Base):
    """What a property was asked to pay for a period, as the bill said it.

    Only ``version`` ever changes: it counts the bill (1) and what was paid since, and is the
    ``sequence`` of their events. What is owed by now is in the ledger.

    Attributes:
        period: a financial year, ``2026-27``, or a half of one, ``2026-27/1``.
        amount_paise: the tax of the period, net of concessions.
        arrears_paise: what was owed before it, interest up to the day of the bill included.
        advance_paise: the owner's credit that day, which this bill uses.
        known_on: what was decided, and written down, by this day counted.
        lines: by half-year and head the tax and what concessions took off, in paise:
            ``{"20261": {"general": [1200, 480]}}``.
    """

    __tablename__ = "bill"
    __table_args__ = (
        UniqueConstraint("number"),
        UniqueConstraint("property_id", "period"),
        CheckConstraint("amount_paise > 0", name="amount"),
        CheckConstraint("arrears_paise >= 0 AND advance_paise >= 0", name="others"),
        # As ``queries.matching`` asks for bills of an amount.
        Index(
            "ix_bill_payable",
            text("(amount_paise + arrears_paise - advance_paise)"),
            "billed_at",
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    number: Mapped[str] = mapped_column(Text)
    property_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("property.id"))
    period: Mapped[str] = mapped_column(Text)
    amount_paise: Mapped[int] = mapped_column(BigInteger)
    arrears_paise: Mapped[int] = mapped_column(BigInteger)
    advance_paise: Mapped[int] = mapped_column(BigInteger)
    rateable_value_paise: Mapped[int] = mapped_column(BigInteger)
    lines: Mapped[dict[str, Any]] = mapped_column(JSONB)
    known_on: Mapped[date]
    billed_at: Mapped[datetime]
    due_on: Mapped[date]
    version: Mapped[int] = mapped_column(Integer)

    @property
    def payable_paise(self) -> int:
        """What the bill asked for in all; 0 when the credit was enough."""
        return max(self.amount_paise + self.arrears_paise - self.advance_paise, 0)
