"""The tables of scorecards. Marks, evidence and results are added and never changed, but that
evidence is taken away, with the reason. Marks are in hundredths; days are of Asia/Kolkata."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from palika.database import UtcDateTime
from services.kpi.models.base import Base


class ScorecardMark(Base):
    """A mark of a criterion, from `day` on.

    `subject` is `corporation` or a department's code; `kind` is `self`, `third_party` or
    `computed`; `readings` are the KPIs that a computed one follows from, with their values.
    """

    __tablename__ = "scorecard_mark"
    __table_args__ = (Index("ix_scorecard_mark_card", "programme", "subject", "criterion", "day"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    programme: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    criterion: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    marks: Mapped[int] = mapped_column(Integer)
    day: Mapped[date]
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    given_by: Mapped[str] = mapped_column(Text)
    assessor: Mapped[str | None] = mapped_column(Text)
    remark: Mapped[str | None] = mapped_column(Text)
    readings: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)


class ScorecardEvidence(Base):
    """Evidence for a criterion: a file in the store (`key`) or a link (`url`)."""

    __tablename__ = "scorecard_evidence"
    __table_args__ = (
        Index("ix_scorecard_evidence_card", "programme", "subject", "criterion"),
        Index("ix_scorecard_evidence_key", "key"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    programme: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    criterion: Mapped[str] = mapped_column(Text)
    exhibit: Mapped[str | None] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    url: Mapped[str | None] = mapped_column(Text)
    key: Mapped[str | None] = mapped_column(Text)
    content_type: Mapped[str | None] = mapped_column(Text)
    bytes: Mapped[int | None] = mapped_column(Integer)
    sha256: Mapped[str | None] = mapped_column(Text)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    added_by: Mapped[str] = mapped_column(Text)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    removed_by: Mapped[str | None] = mapped_column(Text)
    removed_reason: Mapped[str | None] = mapped_column(Text)


class ScorecardReview(Base):
    """A review of a programme that was held on a day."""

    __tablename__ = "scorecard_review"

    programme: Mapped[str] = mapped_column(Text, primary_key=True)
    held_on: Mapped[date] = mapped_column(primary_key=True)
    note: Mapped[str | None] = mapped_column(Text)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_by: Mapped[str] = mapped_column(Text)


class ScorecardResult(Base):
    """What another corporation was given in a programme, as a source says, from `day` on.

    `marks` and `out_of` are in hundredths.
    """

    __tablename__ = "scorecard_result"
    __table_args__ = (Index("ix_scorecard_result_programme", "programme", "corporation", "day"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    programme: Mapped[str] = mapped_column(Text)
    corporation: Mapped[str] = mapped_column(Text)
    name_mr: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)
    marks: Mapped[int] = mapped_column(Integer)
    out_of: Mapped[int] = mapped_column(Integer)
    day: Mapped[date]
    source: Mapped[str] = mapped_column(Text)
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    entered_by: Mapped[str] = mapped_column(Text)
