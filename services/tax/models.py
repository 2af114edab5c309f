"""The tax service's tables. Money is integer paise."""

import uuid
from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.orm import Mapped, mapped_column

from palika.database import make_base
from services.tax.domain.payment import Account

Base = make_base()


class Property(Base):
    """An assessed property and how to reach its owner; ``number`` is the city's own."""

    __tablename__ = "property"
    __table_args__ = (UniqueConstraint("number"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    number: Mapped[str] = mapped_column(Text)
    ward: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    owner_name: Mapped[str] = mapped_column(Text)
    owner_phone: Mapped[str | None] = mapped_column(Text)
    owner_email: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    registered_at: Mapped[datetime]


class Bill(Base):
    """What a property is asked to pay for a period, and how much of it is paid.

    ``version`` counts the bill (1) and its payments; it is the ``sequence`` of their events.
    """

    __tablename__ = "bill"
    __table_args__ = (
        UniqueConstraint("number"),
        UniqueConstraint("property_id", "period"),
        CheckConstraint("amount_paise > 0", name="amount"),
        CheckConstraint("paid_paise BETWEEN 0 AND amount_paise", name="paid"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    number: Mapped[str] = mapped_column(Text)
    property_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("property.id"))
    period: Mapped[str] = mapped_column(Text)
    amount_paise: Mapped[int] = mapped_column(BigInteger)
    paid_paise: Mapped[int] = mapped_column(BigInteger)
    billed_at: Mapped[datetime]
    due_on: Mapped[date] = mapped_column(Date)
    version: Mapped[int] = mapped_column(Integer)

    @property
    def account(self) -> Account:
        """What is asked for and what is paid."""
        return Account(self.amount_paise, self.paid_paise)


class Payment(Base):
    """Money received for a bill; ``reference`` is the payer's or the gateway's, and unique."""

    __tablename__ = "payment"
    __table_args__ = (
        UniqueConstraint("reference"),
        CheckConstraint("amount_paise > 0", name="amount"),
        Index("ix_payment_bill_id", "bill_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    bill_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("bill.id"))
    reference: Mapped[str] = mapped_column(Text)
    amount_paise: Mapped[int] = mapped_column(BigInteger)
    balance_paise: Mapped[int] = mapped_column(BigInteger)
    mode: Mapped[str] = mapped_column(Text)
    paid_at: Mapped[datetime]
