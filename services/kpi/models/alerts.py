"""Alerts: what the owners of KPIs were told of, from its beginning to its end."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Double, Index, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.kpi.models.base import Base


class Alert(Base):
    """An episode of one kind of one KPI; of each there is one open at a time (`uq_alert_open`).

    `period`, `value`, `target`, `target_high` (of a band), `band_low`, `band_high` and `facts` are
    those of its beginning, the `end_` ones those of its end. `told_at` is when its owner was told
    last, `told_to` who that was, and `tellings` how often: once, and once more for each post that
    has taken the KPI over; `told_event` is the event of the last time (none of what was told
    before it was kept), and `told_group` the group in which it was told then: None, it was told
    alone. What is muted is told when that ends, if it is still open then. Of what
    is `silent` nobody is told, since it was found in a period of the past (`domain/news.py`); when
    it is found in a newer one it is told, and says what was found there.
    """

    __tablename__ = "alert"
    __table_args__ = (
        Index(
            "uq_alert_open",
            "code",
            "kind",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_alert_began", "began_at", "id"),
        Index("ix_alert_matter", "correlation_id"),
        Index("ix_alert_department", "department", "began_at"),
        Index("ix_alert_group", "told_group", postgresql_where=text("told_group IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    correlation_id: Mapped[UUID]
    code: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    department: Mapped[str] = mapped_column(Text)
    owner: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    period: Mapped[str] = mapped_column(Text)
    running: Mapped[bool]
    value: Mapped[float] = mapped_column(Double)
    target: Mapped[float | None] = mapped_column(Double)
    target_high: Mapped[float | None] = mapped_column(Double)
    band_low: Mapped[float | None] = mapped_column(Double)
    band_high: Mapped[float | None] = mapped_column(Double)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    began_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    told_to: Mapped[str | None] = mapped_column(Text)
    tellings: Mapped[int] = mapped_column(SmallInteger)
    silent: Mapped[bool]
    told_event: Mapped[UUID | None]
    told_group: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = mapped_column(Text)
    end_period: Mapped[str | None] = mapped_column(Text)
    end_value: Mapped[float | None] = mapped_column(Double)
    end_target: Mapped[float | None] = mapped_column(Double)
    end_target_high: Mapped[float | None] = mapped_column(Double)
    end_band_low: Mapped[float | None] = mapped_column(Double)
    end_band_high: Mapped[float | None] = mapped_column(Double)
    end_facts: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    acknowledged_by: Mapped[str | None] = mapped_column(Text)
    acknowledged_at: Mapped[datetime | None]
    note: Mapped[str | None] = mapped_column(Text)
    mute: Mapped["AlertMute | None"] = relationship(
        primaryjoin="and_(foreign(Alert.code) == AlertMute.code,"
        " foreign(Alert.kind) == AlertMute.kind)",
        viewonly=True,
    )


class AlertMute(Base):
    """That the owner of a KPI wants to be told of nothing of a kind, up to the end of a day.

    It is of the KPI, not of an episode: what is said last holds, for whatever is open or begins.
    """

    __tablename__ = "alert_mute"

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    until: Mapped[date]
    muted_by: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    muted_at: Mapped[datetime]
