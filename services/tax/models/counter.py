"""Receipts; the counters with their sessions and cheques."""

import uuid
from datetime import date, datetime
from typing import Any

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
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.tax.models.base import Base


class ReceiptSeries(Base):
    """The last serial of a series: its row is locked by who takes the next one."""

    __tablename__ = "receipt_series"

    year: Mapped[str] = mapped_column(Text, primary_key=True)
    place: Mapped[str] = mapped_column(Text, primary_key=True)
    last: Mapped[int] = mapped_column(Integer)


class Receipt(Base):
    """A receipt. One that is cancelled stays, as cancelled."""

    __tablename__ = "receipt"
    __table_args__ = (
        UniqueConstraint("year", "place", "serial"),
        UniqueConstraint("payment_id"),
        CheckConstraint(
            "(cancelled_at IS NULL) = (cancelled_by IS NULL)"
            " AND (cancelled_at IS NULL) = (cancelled_for IS NULL)",
            name="cancelled",
        ),
    )

    number: Mapped[str] = mapped_column(Text, primary_key=True)
    year: Mapped[str] = mapped_column(Text)
    place: Mapped[str] = mapped_column(Text)
    serial: Mapped[int] = mapped_column(Integer)
    payment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("payment.id"))
    given_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[str | None] = mapped_column(Text)
    cancelled_for: Mapped[str | None] = mapped_column(Text)


class CounterSession(Base):
    """A cashier's work at a counter on a day.

    Attributes:
        place: of ``data/channels.yaml``.
        state: ``open``, ``counted``, ``closed``.
        counted: what was counted: ``{"pieces": {"50000": 3}, "cash_paise": …, "cheque_paise": …}``.
        differences: of each mode, what the books have, what was counted, and why they differ.
    """

    __tablename__ = "counter_session"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'counted', 'closed')", name="state"),
        # One at a time at a counter, and one at a time of a cashier.
        Index(
            "uq_counter_session_counter",
            "place",
            "counter",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index(
            "uq_counter_session_cashier",
            "cashier",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_counter_session_day", "day"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    place: Mapped[str] = mapped_column(Text)
    counter: Mapped[str] = mapped_column(Text)
    day: Mapped[date]
    cashier: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime]
    counted_at: Mapped[datetime | None]
    counted: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    differences: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(Text)


class CounterPayment(Base):
    """A payment that was taken in a session.

    Attributes:
        corrected_in: the later session in whose books it is taken back, when its own is closed: it
            stays in the books of its own.
    """

    __tablename__ = "counter_payment"
    __table_args__ = (
        Index("ix_counter_payment_session_id", "session_id"),
        Index(
            "ix_counter_payment_corrected_in",
            "corrected_in",
            postgresql_where=text("corrected_in IS NOT NULL"),
        ),
    )

    payment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("payment.id"), primary_key=True)
    session_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("counter_session.id"))
    corrected_in: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("counter_session.id"))


class DepositSlip(Base):
    """Cash or cheques that were brought to the bank.

    Attributes:
        kind: ``cash`` or ``cheque``.
        number: of the slip, as the bank has stamped it.
        entry_id: of the ledger, of cash: cheques are the bank's money when they clear.
        bank_line_id: of the statement that has its credit.
    """

    __tablename__ = "deposit_slip"
    __table_args__ = (
        UniqueConstraint("number"),
        CheckConstraint("kind IN ('cash', 'cheque')", name="kind"),
        CheckConstraint("amount_paise > 0", name="amount"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    number: Mapped[str] = mapped_column(Text)
    amount_paise: Mapped[int] = mapped_column(BigInteger)
    deposited_on: Mapped[date]
    by: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime]
    entry_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("ledger_entry.id"))
    bank_line_id: Mapped[int | None] = mapped_column(ForeignKey("bank_line.id"))


class Cheque(Base):
    """A cheque that was taken for a payment; its steps are in ``ChequeStep``."""

    __tablename__ = "cheque"
    __table_args__ = (
        CheckConstraint(
            "state IN ('in_hand', 'deposited', 'cleared', 'bounced', 'given_back')", name="state"
        ),
        # One that came back may be brought again.
        Index(
            "uq_cheque_number",
            "micr",
            "number",
            unique=True,
            postgresql_where=text("state NOT IN ('bounced', 'given_back')"),
        ),
        Index("ix_cheque_slip_id", "slip_id"),
        Index("ix_cheque_state", "state"),
    )

    payment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("payment.id"), primary_key=True)
    number: Mapped[str] = mapped_column(Text)
    micr: Mapped[str] = mapped_column(Text)
    ifsc: Mapped[str | None] = mapped_column(Text)
    bank: Mapped[str] = mapped_column(Text)
    dated: Mapped[date]
    amount_paise: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(Text)
    slip_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("deposit_slip.id"))


class ChequeStep(Base):
    """What became of a cheque, step by step. Never changed, never removed.

    Attributes:
        on_day: the day at the bank.
        reason: of a return, its code.
        entry_id: of the ledger, where money has moved.
    """

    __tablename__ = "cheque_step"
    __table_args__ = (Index("ix_cheque_step_payment_id", "payment_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    payment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("cheque.payment_id"))
    state: Mapped[str] = mapped_column(Text)
    on_day: Mapped[date]
    by: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    reason: Mapped[str | None] = mapped_column(Text)
    entry_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("ledger_entry.id"))
