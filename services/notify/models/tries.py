"""What one telephone has tried that it might only guess."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.notify.models.base import Base, one_of


class Tried(StrEnum):
    """What is counted."""

    PROPERTY_NUMBER = "property_number"
    """Typed to the chatbot: one that is there is told from one that is not."""
    CALL_CHECK = "call_check"
    """The digits by which a call makes sure who is there."""


class NumberTry(Base):
    """How often a telephone has tried in an hour of the clock."""

    __tablename__ = "number_try"
    __table_args__ = (CheckConstraint(one_of("what", Tried), name="what"),)

    recipient_key: Mapped[str] = mapped_column(Text, primary_key=True)
    what: Mapped[str] = mapped_column(Text, primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    """Its beginning."""
    tries: Mapped[int] = mapped_column(Integer)
