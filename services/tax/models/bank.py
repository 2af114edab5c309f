"""Statements of the city's bank accounts; what becomes of what waits in suspense."""

import uuid
from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from services.tax.models.base import Base


class BankStatement(Base):
    """A statement that was taken in. Never changed, never removed."""

    __tablename__ = "bank_statement"
    __table_args__ = (
        UniqueConstraint("digest"),
        Index("ix_bank_statement_account", "account", "last_day"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    layout: Mapped[str] = mapped_column(Text)
    account: Mapped[str] = mapped_column(Text)
    first_day: Mapped[date]
    last_day: Mapped[date]
    opening_paise: Mapped[int] = mapped_column(BigInteger)
    closing_paise: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str] = mapped_column(Text)
    taken_at: Mapped[datetime]
    taken_by: Mapped[str] = mapped_column(Text)


class BankLine(Base):
    """One transaction of a statement.

    Attributes:
        line: of the file.
        utr: the bank's reference of a transfer.
        purpose: of a credit, ``domain.reconciliation.Purpose``; None of a debit.
        payment_id: the payment that it is, in suspense or not.
        entry_id: of the ledger, of the gateway's settlements.
    """

    __tablename__ = "bank_line"
    __table_args__ = (
        UniqueConstraint("statement_id", "line"),
        CheckConstraint("(debit_paise > 0) <> (credit_paise > 0)", name="sides"),
        Index(
            "uq_bank_line_utr",
            "account",
            "utr",
            text("(credit_paise > 0)"),
            unique=True,
            postgresql_where=text("utr IS NOT NULL"),
        ),
        Index("ix_bank_line_booked_on", "account", "booked_on"),
        Index("ix_bank_line_payment_id", "payment_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    statement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("bank_statement.id"))
    account: Mapped[str] = mapped_column(Text)
    line: Mapped[int] = mapped_column(Integer)
    booked_on: Mapped[date]
    value_date: Mapped[date]
    narration: Mapped[str] = mapped_column(Text)
    utr: Mapped[str | None] = mapped_column(Text)
    debit_paise: Mapped[int] = mapped_column(BigInteger)
    credit_paise: Mapped[int] = mapped_column(BigInteger)
    balance_paise: Mapped[int] = mapped_column(BigInteger)
    purpose: Mapped[str | None] = mapped_column(Text)
    payment_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("payment.id"))
    entry_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("ledger_entry.id"))


class SuspenseUse(Base):
    """What became of a part of a payment in suspense. Never changed, but for a refund's end.

    Attributes:
        payment_id: the payment that waits.
        kind: ``identified``, ``returned``, or ``refund``: on its way back through the gateway.
        made_id: the payment that it became.
    """

    __tablename__ = "suspense_use"
    __table_args__ = (
        CheckConstraint("amount_paise > 0", name="amount"),
        CheckConstraint("kind IN ('identified', 'returned', 'refund')", name="kind"),
        UniqueConstraint("key"),
        Index("ix_suspense_use_payment_id", "payment_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    key: Mapped[str] = mapped_column(Text)
    payment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("payment.id"))
    kind: Mapped[str] = mapped_column(Text)
    amount_paise: Mapped[int] = mapped_column(BigInteger)
    made_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("payment.id"))
    entry_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("ledger_entry.id"))
    by: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    note: Mapped[str] = mapped_column(Text)
