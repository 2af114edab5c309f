"""Applications for a transfer of title."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.tax.models.base import Base


class Mutation(Base):
    """An application to write down that title has passed, until it is ordered or refused.

    A property has one open application at most.

    Attributes:
        number: the city's own.
        reason: one of ``domain.register_rules.REASONS``.
        state: one of ``domain.mutations.MOVES``.
        effective_from: the day on which title has passed.
        owners: those there will be, all of them, as ``domain.mutations.owners_as_json`` has them.
        transfers: by which they come about; None where the owners themselves were given.
        facts: of the deed, or what stands for it (``domain.register_rules.FACTS``).
        stands: later changes of the owners that stand.
        owners_order_id: the order whose owners it was worked out from: it must still hold.
        fee_paise: what was charged for it.
        objections_until: until this day it is not ordered; None: there is no such time.
        order_id: of its order.
        version: counts its steps.
    """

    __tablename__ = "mutation"
    __table_args__ = (
        Index("uq_mutation_number", "number", unique=True),
        Index("ix_mutation_property_id", "property_id"),
        Index(
            "uq_mutation_open",
            "property_id",
            unique=True,
            postgresql_where=text("state = 'applied'"),
        ),
        CheckConstraint(
            "state IN ('applied', 'ordered', 'refused', 'withdrawn')",
            name="state",
        ),
        CheckConstraint("(state = 'ordered') = (order_id IS NOT NULL)", name="ordered"),
        CheckConstraint("fee_paise >= 0", name="fee"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    number: Mapped[str] = mapped_column(Text)
    property_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("property.id"))
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    effective_from: Mapped[date]
    owners: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    transfers: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB(none_as_null=True))
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    stands: Mapped[list[str]] = mapped_column(JSONB)
    owners_order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("register_order.id"))
    fee_paise: Mapped[int] = mapped_column(BigInteger)
    objections_until: Mapped[date | None]
    applied_at: Mapped[datetime]
    applied_by: Mapped[str] = mapped_column(Text)
    order_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("register_order.id"))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(Text)
    remark: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer)
