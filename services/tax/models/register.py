"""The register: properties, the orders that changed them, what each order made of them."""

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
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.tax.models.base import Base


class Property(Base):
    """A property on the roll, as it is now; ``number`` is the city's own.

    What its tax is computed of is in ``PropertyState``, half-year by half-year. The owner's name
    and how to reach them are of whom the bill goes to: the first of the owners of today.

    Attributes:
        zone: of the rate sheet; None while it was never assessed.
        use: of all its floors, or ``mixed``; None while it was never assessed.
        status: ``active``, or what became of it: ``split``, ``merged``, ``demolished``.
        owners_order_id: the order whose owners are those of today.
        version: counts the orders about it.
    """

    __tablename__ = "property"
    __table_args__ = (
        UniqueConstraint("number"),
        Index(
            "ix_property_number_begins",
            "number",
            postgresql_ops={"number": "text_pattern_ops"},
        ),
        # What a bank leaves of a number in a note (``domain.reconciliation.key_of``).
        Index(
            "ix_property_bare_number",
            text("regexp_replace(upper(number), '[^0-9A-Z]', '', 'g')"),
        ),
        CheckConstraint(
            "status IN ('active', 'split', 'merged', 'demolished', 'annulled')", name="status"
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    number: Mapped[str] = mapped_column(Text)
    ward: Mapped[str] = mapped_column(Text)
    zone: Mapped[str | None] = mapped_column(Text)
    use: Mapped[str | None] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    owner_name: Mapped[str] = mapped_column(Text)
    owner_phone: Mapped[str | None] = mapped_column(Text)
    owner_email: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    owners_order_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("register_order.id"))
    version: Mapped[int] = mapped_column(Integer)
    registered_at: Mapped[datetime]


class RegisterOrder(Base):
    """An order that put a property on the roll, or changed one or several. Never changed.

    Attributes:
        kind: one of ``domain.register.KINDS``; or ``rule``, of a resolution by which what was
            billed is revised (``commands.revise_rule``), which is about no one property.
        number: of the order, as the office has it; unique.
        dated: the day of the order.
        effective_from: the day from which it holds.
        recorded_at: when it was written down: until then nobody could know of it.
        by: the identity of who wrote it down.
        details: what belongs to its kind (the deed of a sale, the grounds of a reassessment).
    """

    __tablename__ = "register_order"
    __table_args__ = (UniqueConstraint("number"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    number: Mapped[str] = mapped_column(Text)
    dated: Mapped[date]
    effective_from: Mapped[date]
    recorded_at: Mapped[datetime]
    by: Mapped[str] = mapped_column(Text)
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)


class PropertyState(Base):
    """What a property is from a day on, by an order. Never changed, never removed.

    What holds on a day, as known at a moment, is ``domain.register.Register.at``.

    Attributes:
        recorded_at: when the order was written down: who asks as of before does not know of it.
        floors: as ``domain.register.floors_as_json`` has them.
        claims: the concessions that are granted.
    """

    __tablename__ = "property_state"
    __table_args__ = (
        Index("ix_property_state_property_id", "property_id"),
        Index("ix_property_state_order_id", "order_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    property_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("property.id"))
    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("register_order.id"))
    effective_from: Mapped[date]
    recorded_at: Mapped[datetime]
    ward: Mapped[str] = mapped_column(Text)
    zone: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    floors: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    claims: Mapped[list[str]] = mapped_column(ARRAY(Text))


class Owner(Base):
    """An owner of a property, by an order, with their share. Never changed, never removed.

    The shares of the owners of one property and order add up to the whole.

    Attributes:
        position: 1 is whom the bill goes to.
        kind: ``person``, or one of ``domain.register.OWNER_KINDS``.
        share: a fraction, ``share_of`` parts of ``share_in``.
    """

    __tablename__ = "owner"
    __table_args__ = (
        UniqueConstraint("property_id", "order_id", "position"),
        CheckConstraint("share_of > 0 AND share_of <= share_in", name="share"),
        Index("ix_owner_order_id", "order_id"),
        Index("ix_owner_phone", "phone", "property_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    property_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("property.id"))
    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("register_order.id"))
    position: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    share_of: Mapped[int] = mapped_column(Integer)
    share_in: Mapped[int] = mapped_column(Integer)
    phone: Mapped[str | None] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)


class OwnerWord(Base):
    """A word of the names of a property's owners by an order, folded (``name_words`` in the
    database): by these they are looked up. Kept by a trigger on ``owner``."""

    __tablename__ = "owner_word"
    __table_args__ = (Index("ix_owner_word_property_id", "property_id", "order_id", "word"),)

    word: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    property_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    order_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
