"""Notices of the ladder of recovery, what was served, and certificates."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.tax.models.base import Base


class Notice(Base):
    """A step of the ladder for a property.

    Attributes:
        step: its code in ``data/notices.yaml``.
        state: ``prepared`` while nobody has signed it, ``issued``, ``served``, ``cancelled``.
        prepared_by: the identity of who prepared it.
        issued_on: the day (in Asia/Kolkata) on which it was lawful, and left the office.
        owed_paise: what was late then, with interest up to that day and without its own fee.
        dues, fees_paise, earlier: what it said when it was issued: of each half-year its code, the
            tax and the interest; the fees of earlier steps; of the bill and the steps before it
            the step, the number and the day of service. None while nobody has issued it, and of
            notices from before there were these columns: their document is made of the ledger.
        fee_entry_id: of the ledger, that charged its fee; None without a fee.
        signed_by: the identity of who signed; ``signatory`` and ``post`` are what stands on it.
        served_on: when it came to the owner.
        cancelled_why: in words, when it is cancelled.
    """

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("number"),
        CheckConstraint("state IN ('prepared', 'issued', 'served', 'cancelled')", name="state"),
        Index("ix_notice_property_id", "property_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    number: Mapped[str] = mapped_column(Text)
    property_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("property.id"))
    step: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    prepared_at: Mapped[datetime]
    prepared_by: Mapped[str] = mapped_column(Text)
    issued_on: Mapped[date | None]
    owed_paise: Mapped[int] = mapped_column(BigInteger)
    fee_paise: Mapped[int] = mapped_column(BigInteger)
    dues: Mapped[list[list[Any]] | None] = mapped_column(JSONB)
    fees_paise: Mapped[int | None] = mapped_column(BigInteger)
    earlier: Mapped[list[list[str]] | None] = mapped_column(JSONB)
    fee_entry_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("ledger_entry.id"))
    signed_at: Mapped[datetime | None]
    signed_by: Mapped[str | None] = mapped_column(Text)
    signatory: Mapped[str | None] = mapped_column(Text)
    post: Mapped[str | None] = mapped_column(Text)
    served_on: Mapped[date | None]
    cancelled_why: Mapped[str | None] = mapped_column(Text)


class Service(Base):
    """That a bill or a notice came to the owner: from this day the law counts. Never changed.

    Attributes:
        kind: ``bill`` or ``notice``.
        number: of the bill or the notice.
        how: one of ``domain.serving.WAYS``.
        by: the identity of who wrote it down.
    """

    __tablename__ = "service"
    __table_args__ = (
        UniqueConstraint("kind", "number"),
        CheckConstraint("kind IN ('bill', 'notice')", name="kind"),
        Index("ix_service_property_id", "property_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    property_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("property.id"))
    kind: Mapped[str] = mapped_column(Text)
    number: Mapped[str] = mapped_column(Text)
    served_on: Mapped[date]
    how: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime]


class Certificate(Base):
    """A certificate that nothing was owed on a day. Never changed.

    Attributes:
        paid_to: the last half-year that was demanded and is paid, written 20261.
        issued_on: the day (in Asia/Kolkata).
    """

    __tablename__ = "certificate"
    __table_args__ = (
        UniqueConstraint("number"),
        Index("ix_certificate_property_id", "property_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    number: Mapped[str] = mapped_column(Text)
    property_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("property.id"))
    paid_to: Mapped[str] = mapped_column(Text)
    issued_on: Mapped[date]
    valid_until: Mapped[date]
    issued_at: Mapped[datetime]
    by: Mapped[str] = mapped_column(Text)
