"""What the definitions of KPIs were, since when."""

from datetime import datetime
from typing import Any

from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.kpi.models.base import Base


class Definition(Base):
    """A definition (`defining.py`) of a KPI that held from a moment on, until the next of it.

    The moment is that of the start of the first process that had it. It is not `exactly` known of
    those that the first record of all found: they are older, nobody knows by how much.
    """

    __tablename__ = "definition"

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    since: Mapped[datetime] = mapped_column(primary_key=True)
    exactly: Mapped[bool]
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
