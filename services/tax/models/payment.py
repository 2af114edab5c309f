"""Payments, whatever way they came."""

import uuid
from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from services.tax.models.base import Base


class Payment(Base):
    """Money received; ``reference`` is the payer's, the gateway's or the bank's, and unique.

    Attributes:
        property_id: for which; None while that is not known (suspense).
        bill_id: the property's latest bill then; None where a fee was paid before there was one.
        ward: the property's then, which its events tell; None in suspense.
        balance_paise: what the property owed after it, that day.
        mode: one of ``domain.payment.MODES``.
        channel: one of ``domain.payment.CHANNELS``: where it was taken.
        received_on: the day (in Asia/Kolkata) from which it counts.
        paid_at: when it was written down.
        entry_id: of the ledger.
        state: ``received``; ``bounced`` or ``reversed`` when it was taken back.
        receipt_number: of the receipt, if one was given.
        taken_by: the subject who took it, ``gateway`` of what came by itself; ``unknown`` of what
            was taken before this was kept.
        reason: why it counts from an earlier day than is usual, or what it is out of: a charge, a
            payment in suspense, the money of a held order.
    """

    __tablename__ = "payment"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("receipt_number"),
        CheckConstraint("amount_paise > 0", name="amount"),
        CheckConstraint("state IN ('received', 'bounced', 'reversed')", name="state"),
        Index("ix_payment_bill_id", "bill_id"),
        Index("ix_payment_property_id", "property_id"),
        # As ``queries.online.came_as`` asks.
        Index(
            "ix_payment_came_as",
            text("split_part(reference, '#', 1)"),
            postgresql_where=text("channel = 'online'"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    property_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("property.id"))
    bill_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("bill.id"))
    reference: Mapped[str] = mapped_column(Text)
    amount_paise: Mapped[int] = mapped_column(BigInteger)
    balance_paise: Mapped[int] = mapped_column(BigInteger)
    mode: Mapped[str] = mapped_column(Text)
    channel: Mapped[str] = mapped_column(Text)
    received_on: Mapped[date]
    paid_at: Mapped[datetime]
    entry_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("ledger_entry.id"))
    state: Mapped[str] = mapped_column(Text)
    receipt_number: Mapped[str | None] = mapped_column(Text)
    taken_by: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    ward: Mapped[str | None] = mapped_column(Text)
