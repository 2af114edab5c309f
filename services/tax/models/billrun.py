"""Bill runs: what each is about, how far it is, and what could not be billed."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.tax.models.base import Base


class BillRun(Base):
    """A run that bills every property for a period.

    Attributes:
        period: as a bill has it.
        wards: to which it is limited; None is the whole city.
        billed_at: the moment of all its bills, also of those that are made when it is resumed.
        known_on: that day, in Asia/Kolkata.
        rules: a hash of the rate sheet and of the rules of collection by which it bills.
        state: ``open``, ``finished``; ``abandoned``: its bills stand, the rest is another run's.
        billed_before: how many properties had their bill of the period when it began.
        totals: when it is finished, what it made: see ``billrun.totals``.
    """

    __tablename__ = "bill_run"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'finished', 'abandoned')", name="state"),
        # Whoever starts the period's run while one is open goes on with that.
        Index("uq_bill_run_open", "period", unique=True, postgresql_where=text("state = 'open'")),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    period: Mapped[str] = mapped_column(Text)
    wards: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    billed_at: Mapped[datetime]
    known_on: Mapped[date]
    rules: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    billed_before: Mapped[int] = mapped_column(Integer)
    totals: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    ended_at: Mapped[datetime | None]


class BillRunChunk(Base):
    """Properties of a run that are billed in one transaction; that transaction writes the rest.

    Attributes:
        no: in the order of wards and numbers.
        first_serial: of the bill of its first property; each has its own, used or not.
        done_at: when they were billed.
        bills, demanded_paise, entries, events: what was made: as many bills as events.
        nothing: of how many there was nothing to demand.
        billed_before: how many somebody had billed meanwhile.
        problems: how many could not be billed.
    """

    __tablename__ = "bill_run_chunk"
    __table_args__ = (
        PrimaryKeyConstraint("run_id", "no"),
        Index("ix_bill_run_chunk_open", "run_id", "no", postgresql_where=text("done_at IS NULL")),
    )

    run_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("bill_run.id"))
    no: Mapped[int] = mapped_column(Integer)
    first_serial: Mapped[int] = mapped_column(BigInteger)
    property_ids: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(Uuid))
    properties: Mapped[int] = mapped_column(Integer)
    done_at: Mapped[datetime | None]
    bills: Mapped[int] = mapped_column(Integer)
    demanded_paise: Mapped[int] = mapped_column(BigInteger)
    entries: Mapped[int] = mapped_column(Integer)
    events: Mapped[int] = mapped_column(Integer)
    nothing: Mapped[int] = mapped_column(Integer)
    billed_before: Mapped[int] = mapped_column(Integer)
    problems: Mapped[int] = mapped_column(Integer)


class BillRunProblem(Base):
    """A property that a run could not bill, with the reason for people."""

    __tablename__ = "bill_run_problem"
    __table_args__ = (
        PrimaryKeyConstraint("run_id", "property_id"),
        Index("ix_bill_run_problem_property_id", "property_id"),
    )

    run_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("bill_run.id"))
    property_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("property.id"))
    reason: Mapped[str] = mapped_column(Text)
