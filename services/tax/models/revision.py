"""A rule that was changed back: how far its differences are posted, and what is given back when;
credit that was given back."""

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.tax.models.base import Base


class RuleRevision(Base):
    """One run over all properties by which a changed rule reaches what was billed before.

    It is written with each batch, in its transaction: after a stop it goes on behind ``after_id``.

    Attributes:
        order_id: the resolution that it rests on; its number is the reference of all entries.
        rule: the code of the deduction, the concession or the head.
        begun_at: when the run was begun.
        after_id: the last property that was looked at; None before the first.
        seen, changed: properties that were looked at, and those whose tax is another.
        lowered_paise, raised_paise: of all of them; what was lowered is above 0.
        promised_paise: to be given back, in parts.
        done_at: None until all were looked at.
    """

    __tablename__ = "rule_revision"

    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("register_order.id"), primary_key=True)
    rule: Mapped[str] = mapped_column(Text)
    begun_at: Mapped[datetime]
    after_id: Mapped[uuid.UUID | None]
    seen: Mapped[int] = mapped_column(Integer)
    changed: Mapped[int] = mapped_column(Integer)
    lowered_paise: Mapped[int] = mapped_column(BigInteger)
    raised_paise: Mapped[int] = mapped_column(BigInteger)
    promised_paise: Mapped[int] = mapped_column(BigInteger)
    done_at: Mapped[datetime | None]


class RefundInstalment(Base):
    """A part of what is promised to be given back, by the financial year in which it is.

    Attributes:
        year: the one in which the financial year begins.
        paise: what was promised.
        credited_paise: what became an advance of it; None while it is to come. It is less where
            less was there any more (a cheque came back).
    """

    __tablename__ = "refund_instalment"
    __table_args__ = (
        CheckConstraint("paise > 0", name="paise"),
        Index("ix_refund_instalment_year", "year", "property_id"),
    )

    property_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("property.id"), primary_key=True)
    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("register_order.id"), primary_key=True)
    year: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    paise: Mapped[int] = mapped_column(BigInteger)
    credited_paise: Mapped[int | None] = mapped_column(BigInteger)
    credited_at: Mapped[datetime | None]


class CreditRefund(Base):
    """Credit that was given back by bank.

    Attributes:
        reference: of the bank order: the same one is the same refund.
        reason: why it was given back.
        by: the subject who answers for it.
        entry_id: of the ledger, by which it left.
    """

    __tablename__ = "credit_refund"
    __table_args__ = (
        CheckConstraint("amount_paise > 0", name="amount"),
        Index("ix_credit_refund_property_id", "property_id"),
    )

    reference: Mapped[str] = mapped_column(Text, primary_key=True)
    property_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("property.id"))
    amount_paise: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    entry_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("ledger_entry.id"))
