"""Objections to an assessment, with every step."""

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
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.tax.models.base import Base

_OPEN = "state IN ('filed', 'hearing_set', 'heard')"


class Objection(Base):
    """An objection to a bill, or to an order that changed what a property is assessed by.

    Attributes:
        number: the city's own.
        bill_id, order_id: what it is against; one of the two.
        objector: the name of who objects, an owner or somebody for them.
        grounds: what is wrong, in their words.
        disputed_paise: how much of what is asked for they do not accept; None is all of it.
        received_on: the day on which it came.
        state: one of ``domain.objections.MOVES``.
        hearing_at: of the next or the last hearing.
        adjourned: how often the hearing was put off.
        outcome: one of ``domain.objections.OUTCOMES``.
        decided_order_id: the order by which the property is assessed anew, where there is one.
        version: counts its steps.
    """

    __tablename__ = "objection"
    __table_args__ = (
        Index("uq_objection_number", "number", unique=True),
        Index("ix_objection_property_id", "property_id"),
        Index("uq_objection_bill", "bill_id", unique=True, postgresql_where=text(_OPEN)),
        Index(
            "uq_objection_order",
            "order_id",
            "property_id",
            unique=True,
            postgresql_where=text(_OPEN),
        ),
        CheckConstraint("(bill_id IS NULL) <> (order_id IS NULL)", name="against"),
        CheckConstraint(
            "state IN ('filed', 'hearing_set', 'heard', 'decided', 'withdrawn')",
            name="state",
        ),
        CheckConstraint("(state = 'decided') = (outcome IS NOT NULL)", name="decided"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    number: Mapped[str] = mapped_column(Text)
    property_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("property.id"))
    bill_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("bill.id"))
    order_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("register_order.id"))
    objector: Mapped[str] = mapped_column(Text)
    grounds: Mapped[str] = mapped_column(Text)
    disputed_paise: Mapped[int | None] = mapped_column(BigInteger)
    received_on: Mapped[date]
    filed_at: Mapped[datetime]
    filed_by: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    hearing_at: Mapped[datetime | None]
    adjourned: Mapped[int] = mapped_column(Integer)
    outcome: Mapped[str | None] = mapped_column(Text)
    decided_order_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("register_order.id"))
    version: Mapped[int] = mapped_column(Integer)


class ObjectionStep(Base):
    """A step of an objection. Never changed, never removed.

    Attributes:
        step: one of ``domain.objections.STEPS``.
        details: what was said at it.
    """

    __tablename__ = "objection_step"
    __table_args__ = (Index("ix_objection_step_objection_id", "objection_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    objection_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("objection.id"))
    step: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(Text)
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)
