"""What is paid through the gateway: orders, its webhooks, refunds, disputes."""

import uuid
from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from services.tax.models.base import Base


class PaymentOrder(Base):
    """An order to pay for a property online; ``number`` is its receipt at the gateway.

    Attributes:
        key: the caller's own: the same one of theirs is the same order.
        bill_id: the property's latest bill when it was made; None: it had none, and owed what was
            carried to it from a property in whose place it is.
        state: ``new`` (not known to the gateway), ``open``, ``paid``, ``expired``, ``refused`` by
            the gateway; ``held``: what the gateway says does not fit, a person has to look, even
            if what fits has come as well.
        gateway_id: its id there; of a link None until the gateway has an order of it.
        is_link: whether it is paid by a link, whose reference ``number`` is.
        link_id: the link's id at the gateway.
        link_url: of the page where it is paid.
        next_ask_at: when the gateway is asked; None: not any more.
        asked: how often it was.
        payment_id: of the payment that was posted.
        reason: why it is not paid, or held.
    """

    __tablename__ = "payment_order"
    __table_args__ = (
        UniqueConstraint("number"),
        UniqueConstraint("made_by", "key"),
        UniqueConstraint("gateway_id"),
        UniqueConstraint("link_id"),
        CheckConstraint("amount_paise > 0", name="amount"),
        CheckConstraint(
            "state IN ('new', 'open', 'paid', 'expired', 'refused', 'held')", name="state"
        ),
        Index("ix_payment_order_property_id", "property_id"),
        Index(
            "ix_payment_order_next_ask_at",
            "next_ask_at",
            postgresql_where=text("next_ask_at IS NOT NULL"),
        ),
        Index("ix_payment_order_held", "made_at", postgresql_where=text("state = 'held'")),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    number: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    property_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("property.id"))
    bill_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("bill.id"))
    amount_paise: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(Text)
    gateway_id: Mapped[str | None] = mapped_column(Text)
    is_link: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    link_id: Mapped[str | None] = mapped_column(Text)
    link_url: Mapped[str | None] = mapped_column(Text)
    made_by: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    next_ask_at: Mapped[datetime | None]
    asked: Mapped[int] = mapped_column(Integer)
    payment_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("payment.id"))
    reason: Mapped[str | None] = mapped_column(Text)


class GatewayNotice(Base):
    """A webhook that the gateway has signed, and what became of it; repetitions are counted.

    It is known by the digest of its body: the id of the event is not signed.

    Attributes:
        outcome: ``posted``, ``repeated``, ``suspense``, ``noted``, ``refused``.
        reason: of a refusal.
    """

    __tablename__ = "gateway_notice"
    __table_args__ = (Index("ix_gateway_notice_received_at", "received_at"),)

    digest: Mapped[str] = mapped_column(Text, primary_key=True)
    event_id: Mapped[str | None] = mapped_column(Text)
    event: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime]
    last_at: Mapped[datetime]
    times: Mapped[int] = mapped_column(Integer)
    order_ref: Mapped[str | None] = mapped_column(Text)
    payment_ref: Mapped[str | None] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)


class GatewayRefusal(Base):
    """How many webhooks of a day were not the gateway's, or no webhooks, by the rule they broke.

    Nothing else of them is kept: whoever can send them must not fill a table.
    """

    __tablename__ = "gateway_refusal"

    day: Mapped[date] = mapped_column(primary_key=True)
    rule: Mapped[str] = mapped_column(Text, primary_key=True)
    times: Mapped[int] = mapped_column(Integer)
    last_at: Mapped[datetime]


class GatewayRefund(Base):
    """Money that goes back through the gateway.

    Attributes:
        key: the caller's own; of one that was made at the gateway's dashboard its id there.
        payment_id: of which payment; None while that is not known.
        payment_ref: its id at the gateway.
        state: ``asked``, ``sent``, ``processed``, ``failed``; ``foreign``: made at the dashboard,
            a person has to say what it was for.
        entry_id: by which it left the ledger.
    """

    __tablename__ = "gateway_refund"
    __table_args__ = (
        UniqueConstraint("key"),
        UniqueConstraint("gateway_id"),
        CheckConstraint("amount_paise > 0", name="amount"),
        CheckConstraint(
            "state IN ('asked', 'sent', 'processed', 'failed', 'foreign')", name="state"
        ),
        Index("ix_gateway_refund_payment_id", "payment_id"),
        Index(
            "ix_gateway_refund_next_ask_at",
            "next_ask_at",
            postgresql_where=text("next_ask_at IS NOT NULL"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    key: Mapped[str] = mapped_column(Text)
    payment_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("payment.id"))
    payment_ref: Mapped[str] = mapped_column(Text)
    gateway_id: Mapped[str | None] = mapped_column(Text)
    amount_paise: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime]
    next_ask_at: Mapped[datetime | None]
    asked: Mapped[int] = mapped_column(Integer)
    entry_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("ledger_entry.id"))


class GatewayDispute(Base):
    """A payment that its payer's bank challenges: nothing of it is refunded meanwhile.

    Attributes:
        id: at the gateway.
        status: the gateway's word; ``lost`` is what a person has to act on.
        told_at: by the gateway: an older word does not replace a newer one.
        entry_id: of the ledger, of one that was lost and is posted.
    """

    __tablename__ = "gateway_dispute"
    __table_args__ = (Index("ix_gateway_dispute_payment_ref", "payment_ref"),)

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    payment_ref: Mapped[str] = mapped_column(Text)
    amount_paise: Mapped[int] = mapped_column(BigInteger)
    phase: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime]
    told_at: Mapped[datetime]
    entry_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("ledger_entry.id"))
