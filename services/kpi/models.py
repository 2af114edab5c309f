"""The tables of the KPI service."""

from datetime import date

from sqlalchemy import BigInteger, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from palika.database import make_base

Base = make_base()


class Measure(Base):
    """What events have added up to, per measure, department, ward and day.

    `ward` is '' where there is none; `day` is a date in Asia/Kolkata; `value` is a count, paise or
    minutes, as the measure's name says. Written by the projection and the rebuild alone.
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
    value: Mapped[int] = mapped_column(BigInteger)
