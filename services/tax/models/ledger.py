"""The ledger: entries of ``domain/ledger``, append-only."""

import uuid
from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.tax.models.base import Base


class LedgerEntry(Base):
    """One entry with its lines, which sum to nothing. The database refuses to change or remove it.

    The lines are four arrays of one length: a bill's demand is one row, not two dozen (decision
    0020). The view ``ledger_line`` has a row a line, for whoever reads with SQL. Half-years are
    written 20261.

    Attributes:
        property_id: whose; None while that is not known (suspense).
        half_year: of a demand, which a property has one of for each half-year; None of the others.
        accounts, half_years, heads, paise: the lines; a line without a half-year has None and ''.
    """

    __tablename__ = "ledger_entry"
    __table_args__ = (
        Index("ix_ledger_entry_property_id", "property_id"),
        Index(
            "uq_ledger_entry_demand",
            "property_id",
            "half_year",
            unique=True,
            postgresql_where=text("half_year IS NOT NULL"),
        ),
        # Nothing is taken back twice.
        Index(
            "uq_ledger_entry_undoes",
            "undoes",
            unique=True,
            postgresql_where=text("undoes IS NOT NULL"),
        ),
        CheckConstraint("ledger_balances(accounts, half_years, heads, paise)", name="balances"),
        CheckConstraint("(kind = 'demand') = (half_year IS NOT NULL)", name="demand"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    property_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("property.id"))
    kind: Mapped[str] = mapped_column(Text)
    value_date: Mapped[date]
    posted_at: Mapped[datetime]
    reference: Mapped[str] = mapped_column(Text)
    late_from: Mapped[date | None]
    if_paid_to: Mapped[int | None] = mapped_column(SmallInteger)
    undoes: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("ledger_entry.id"))
    half_year: Mapped[int | None] = mapped_column(SmallInteger)
    accounts: Mapped[list[str]] = mapped_column(ARRAY(Text))
    half_years: Mapped[list[int | None]] = mapped_column(ARRAY(SmallInteger))
    heads: Mapped[list[str]] = mapped_column(ARRAY(Text))
    paise: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
