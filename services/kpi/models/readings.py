"""What is entered by hand: batches of readings, sign-offs, and who was reminded of what."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from services.kpi.models.base import Base


class Batch(Base):
    """A form, a file or a call: what one person has entered at once for one department.

    `state` is draft, submitted, decided (nothing of it waits any more) or dropped. `asked` is the
    digest of what the caller asked for, so that asking twice is told from asking for something
    else under the same id. `entered_by_person` is who has entered it for the post, and
    `submitted_by_person` who has submitted it, by their codes in the e-office; None: not known.
    """

    __tablename__ = "batch"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    department: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    via: Mapped[str] = mapped_column(Text)
    file_name: Mapped[str | None] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
    asked: Mapped[str] = mapped_column(Text)
    entered_by: Mapped[str] = mapped_column(Text)
    entered_by_person: Mapped[str | None] = mapped_column(Text)
    entered_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    submitted_by_person: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (Index("ix_batch_department", "department", "entered_at"),)


class Reading(Base):
    """A value that was entered, of one measure, place and period; never changed afterwards.

    `value` is in whole numbers of 10^-`decimals` units of the measure. `place` is a ward, a zone,
    or '' for the whole city; `day` the last day of the period, on which the value counts. `state`
    is draft, submitted, approved, sent_back or dropped. Approved versions of one value are numbered
    from 1; the last of them is `in_force`, and `replaced` is the value that was in force before.

    `kind`, `decimals` and `by` are what the measure was when the value was entered: `by` is `ward`,
    `zone`, or '' for the whole city. The catalogue may change; `domain/meaning.py` compares.
    """

    __tablename__ = "reading"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batch.id"))
    line: Mapped[int] = mapped_column(Integer)
    measure: Mapped[str] = mapped_column(Text)
    department: Mapped[str] = mapped_column(Text)
    place: Mapped[str] = mapped_column(Text)
    period: Mapped[str] = mapped_column(Text)
    day: Mapped[date]
    kind: Mapped[str] = mapped_column(Text)
    decimals: Mapped[int] = mapped_column(SmallInteger)
    by: Mapped[str] = mapped_column(Text)
    value: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str | None] = mapped_column(Text)
    after_sign_off: Mapped[bool]
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int | None] = mapped_column(Integer)
    in_force: Mapped[bool]
    replaced: Mapped[int | None] = mapped_column(BigInteger)
    outlier: Mapped[bool]
    submitted_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(Text)
    decided_at: Mapped[datetime | None]
    remark: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        Index("uq_reading_line", "batch_id", "line", unique=True),
        Index(
            "uq_reading_in_force",
            *("department", "measure", "place", "day"),
            unique=True,
            postgresql_where=text("in_force"),
        ),
        Index(
            "uq_reading_submitted",
            *("department", "measure", "place", "day"),
            unique=True,
            postgresql_where=text("state = 'submitted'"),
        ),
        Index("ix_reading_day", "department", "day"),
    )


class SignOff(Base):
    """A period of a department that is closed: after it there are corrections only.

    `missing` is how many values had not been entered then.
    """

    __tablename__ = "sign_off"

    department: Mapped[str] = mapped_column(Text, primary_key=True)
    period: Mapped[str] = mapped_column(Text, primary_key=True)
    signed_by: Mapped[str] = mapped_column(Text)
    signed_at: Mapped[datetime]
    note: Mapped[str | None] = mapped_column(Text)
    missing: Mapped[int] = mapped_column(Integer)


class Told(Base):
    """That an owner was told once what is due, or overdue, of a period."""

    __tablename__ = "reading_told"

    department: Mapped[str] = mapped_column(Text, primary_key=True)
    period: Mapped[str] = mapped_column(Text, primary_key=True)
    due_on: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    missing: Mapped[int] = mapped_column(SmallInteger)
    told_at: Mapped[datetime]
