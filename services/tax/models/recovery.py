"""Recovery: models and their scores, what was done about whom, what stops it, campaigns."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.tax.models.base import Base


class RecoveryModel(Base):
    """A trained model. Never changed, never removed: scores name it.

    Attributes:
        version: its name.
        sha256: of ``document``, in hexadecimal: what is read is held against it.
        document: the model as JSON (decision 0019).
        data_until: the last day whose payments it has seen.
        figures: what it was measured to do.
        card: the card, by language.
    """

    __tablename__ = "recovery_model"
    __table_args__ = (UniqueConstraint("version"), UniqueConstraint("sha256"))

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    version: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    document: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    trained_at: Mapped[datetime]
    data_until: Mapped[date]
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB)
    card: Mapped[dict[str, str]] = mapped_column(JSONB)


class RecoveryScore(Base):
    """What a model said of a property on a day: by which version, and why.

    Attributes:
        chances, paise: by action, in the order of ``domain.recovery.ACTIONS``.
        reasons: the weightiest: code, by how much, words in both languages.
    """

    __tablename__ = "recovery_score"
    __table_args__ = (Index("ix_recovery_score_model_id", "model_id"),)

    property_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("property.id"), primary_key=True)
    scored_on: Mapped[date] = mapped_column(primary_key=True)
    model_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("recovery_model.id"), primary_key=True)
    owed_paise: Mapped[int] = mapped_column(BigInteger)
    chances: Mapped[list[float]] = mapped_column(ARRAY(Float))
    paise: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)


class RecoveryPromise(Base):
    """That an owner has promised to pay by a day: they are left alone until then.

    Attributes:
        from_day: on which it was given.
        until: by which they will pay.
        reason: who promised, and why then.
    """

    __tablename__ = "recovery_promise"
    __table_args__ = (UniqueConstraint("property_id", "until"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    property_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("property.id"))
    from_day: Mapped[date]
    until: Mapped[date]
    reason: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime]


class RecoveryAct(Base):
    """An action that was taken about a property, by a campaign or without one.

    Attributes:
        action: one of ``domain.recovery.ACTIONS`` but ``none``.
        taken_on: the day, in Asia/Kolkata.
        outcome: one of ``domain.recovery.OUTCOMES``; None until somebody told it, on ``told_on``.
        item_id: of the campaign, if it was one's.
    """

    __tablename__ = "recovery_act"
    __table_args__ = (
        Index("ix_recovery_act_property_id", "property_id"),
        Index("ix_recovery_act_taken_on", "taken_on"),
        Index(
            "uq_recovery_act_item_id",
            "item_id",
            unique=True,
            postgresql_where=text("item_id IS NOT NULL"),
        ),
        CheckConstraint("(outcome IS NULL) = (told_on IS NULL)", name="told"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    property_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("property.id"))
    action: Mapped[str] = mapped_column(Text)
    taken_on: Mapped[date]
    outcome: Mapped[str | None] = mapped_column(Text)
    told_on: Mapped[date | None]
    item_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("campaign_item.id"))
    by: Mapped[str] = mapped_column(Text)


class Campaign(Base):
    """A plan that was kept, for a person to approve.

    Attributes:
        state: ``planned``, ``approved``, ``closed`` (all items have ended) or ``cancelled``.
        model_id: by whose scores it was made.
        wait_days: so many days after its action an item ends.
        figures: of the plan: how many, why not the others, prices, its value and its bound.
        version: counts its steps.
    """

    __tablename__ = "campaign"
    __table_args__ = (
        UniqueConstraint("name"),
        CheckConstraint("state IN ('planned', 'approved', 'closed', 'cancelled')", name="state"),
        CheckConstraint("state <> 'approved' OR approved_by IS NOT NULL", name="approved"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    model_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("recovery_model.id"))
    first_day: Mapped[date]
    last_day: Mapped[date]
    wait_days: Mapped[int] = mapped_column(Integer)
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB)
    planned_by: Mapped[str] = mapped_column(Text)
    planned_at: Mapped[datetime]
    approved_by: Mapped[str | None] = mapped_column(Text)
    approved_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(Integer)


class CampaignItem(Base):
    """What a campaign does about one property, or that it does nothing, to compare with.

    Attributes:
        state: ``planned``; ``sent`` once it was done; then ``paid`` or ``not_paid`` when its time
            is over; ``stopped`` before it was done, for ``stopped_by``. Of who is left alone by
            chance ``control`` until then.
        code, words: why it was planned.
        chance, gain_paise: what was expected.
        owed_paise: when it was planned.
        signed_by: of an attachment: nothing is done before.
        paid_paise: what came in in its time; None until it has ended.
    """

    __tablename__ = "campaign_item"
    __table_args__ = (
        UniqueConstraint("campaign_id", "property_id"),
        Index("ix_campaign_item_property_id", "property_id"),
        Index(
            "ix_campaign_item_open",
            "day",
            postgresql_where=text("state IN ('planned', 'sent', 'control')"),
        ),
        CheckConstraint(
            "state IN ('planned', 'control', 'sent', 'paid', 'not_paid', 'stopped')", name="state"
        ),
        CheckConstraint("(state = 'stopped') = (stopped_by IS NOT NULL)", name="stopped"),
        CheckConstraint(
            "action <> 'attachment' OR state IN ('planned', 'stopped') OR signed_by IS NOT NULL",
            name="signed",
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    campaign_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("campaign.id"))
    property_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("property.id"))
    action: Mapped[str] = mapped_column(Text)
    day: Mapped[date]
    state: Mapped[str] = mapped_column(Text)
    code: Mapped[str] = mapped_column(Text)
    words: Mapped[dict[str, str]] = mapped_column(JSONB)
    chance: Mapped[float] = mapped_column(Float)
    gain_paise: Mapped[int] = mapped_column(BigInteger)
    cost_paise: Mapped[int] = mapped_column(BigInteger)
    owed_paise: Mapped[int] = mapped_column(BigInteger)
    signed_by: Mapped[str | None] = mapped_column(Text)
    signed_at: Mapped[datetime | None]
    stopped_by: Mapped[str | None] = mapped_column(Text)
    paid_paise: Mapped[int | None] = mapped_column(BigInteger)
    ended_on: Mapped[date | None]
