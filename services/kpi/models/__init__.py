"""The tables of the KPI service."""

from datetime import date

from sqlalchemy import BigInteger, Index, Integer, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from services.kpi.models.alerts import Alert as Alert
from services.kpi.models.base import Base as Base
from services.kpi.models.readings import Batch as Batch
from services.kpi.models.readings import Reading as Reading
from services.kpi.models.readings import SignOff as SignOff
from services.kpi.models.readings import Told as Told

MONTHS = ("m04", "m05", "m06", "m07", "m08", "m09", "m10", "m11", "m12", "m01", "m02", "m03")
"""The months of a financial year, as the columns of `measure_year` have them."""

PRINT = -1
"""The cell of `measure_year` that tells whether a sketch has changed: see `MeasureYear`."""


class Measure(Base):
    """What events have added up to, per measure, department, ward, day and cell.

    `ward` is '' where there is none; `day` is a date in Asia/Kolkata; `value` is a count, paise or
    minutes, as the measure's name says. `cell` is 0, but of a distribution or a distinct count
    (`domain/sketches.py`). Written by `commands/project.py` alone.
    """

    __tablename__ = "measure"
    # Rows are updated far more often than they are added: room on the page keeps updates local.
    __table_args__ = (
        Index("ix_measure_day", "day"),
        {"postgresql_with": {"fillfactor": 70}},
    )

    measure: Mapped[str] = mapped_column(Text, primary_key=True)
    department: Mapped[str] = mapped_column(Text, primary_key=True)
    ward: Mapped[str] = mapped_column(Text, primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    cell: Mapped[int] = mapped_column(Integer, primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)


class MeasureYear(Base):
    """The roll-up of `measure` by month, over all wards: what a dashboard reads.

    `year` is the one in which the financial year begins (2026: April 2026 to March 2027). A month
    without data is null, and so is never a zero. Of a level, a month with an entry has the last
    value of each ward up to its end, added up. Written with `measure`, in the same transaction.

    A sketch has one more cell, `PRINT`: its fingerprint, the sum of its cells times a number that
    is each cell's own (`sketches.weight`). Two months of the same fingerprint have the same cells,
    so what was worked out of them need not be read again.
    """

    __tablename__ = "measure_year"
    __table_args__ = (
        Index(
            "ix_measure_year_plain",
            "measure",
            "department",
            "year",
            postgresql_where=text("cell <= 0"),
        ),
        {"postgresql_with": {"fillfactor": 50}},
    )

    measure: Mapped[str] = mapped_column(Text, primary_key=True)
    department: Mapped[str] = mapped_column(Text, primary_key=True)
    year: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    cell: Mapped[int] = mapped_column(Integer, primary_key=True)
    m04: Mapped[int | None] = mapped_column(BigInteger)
    m05: Mapped[int | None] = mapped_column(BigInteger)
    m06: Mapped[int | None] = mapped_column(BigInteger)
    m07: Mapped[int | None] = mapped_column(BigInteger)
    m08: Mapped[int | None] = mapped_column(BigInteger)
    m09: Mapped[int | None] = mapped_column(BigInteger)
    m10: Mapped[int | None] = mapped_column(BigInteger)
    m11: Mapped[int | None] = mapped_column(BigInteger)
    m12: Mapped[int | None] = mapped_column(BigInteger)
    m01: Mapped[int | None] = mapped_column(BigInteger)
    m02: Mapped[int | None] = mapped_column(BigInteger)
    m03: Mapped[int | None] = mapped_column(BigInteger)
