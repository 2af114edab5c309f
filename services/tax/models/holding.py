"""What keeps the city from recovering."""

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.tax.models.base import Base


class Hold(Base):
    """A court's stay, a case, a dispute, or that a village was merged: of a property, or a zone.

    What it says is never changed but for its end.

    Attributes:
        property_id: whose; None where it is about all of a zone.
        zone: of the rate sheet; None where it is about one property.
        kind: one of ``domain.holding.KINDS``.
        reference: of the case or the resolution.
        since: its first day.
        last_day: None while it lasts.
        half_years: what it is about (20261), None is everything.
    """

    __tablename__ = "hold"
    __table_args__ = (
        Index(
            "uq_hold_reference",
            "kind",
            "reference",
            "property_id",
            "zone",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_hold_property_id", "property_id"),
        Index("ix_hold_zone", "zone", postgresql_where=text("zone IS NOT NULL")),
        CheckConstraint("(property_id IS NULL) <> (zone IS NULL)", name="whose"),
        CheckConstraint("last_day IS NULL OR last_day >= since", name="days"),
        CheckConstraint(
            "kind IN ('stay', 'court_case', 'dispute', 'merged_village')",
            name="kind",
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    property_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("property.id"))
    zone: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    reference: Mapped[str] = mapped_column(Text)
    since: Mapped[date]
    last_day: Mapped[date | None]
    half_years: Mapped[list[int] | None] = mapped_column(ARRAY(SmallInteger))
    remark: Mapped[str | None] = mapped_column(Text)
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(Text)
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None] = mapped_column(Text)
    lifted_reference: Mapped[str | None] = mapped_column(Text)
