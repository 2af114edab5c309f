"""What all processes know together of a provider: its token bucket and its circuit."""

from datetime import datetime

from sqlalchemy import Float, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.notify.models.base import Base


class ProviderState(Base):
    """See ``domain/bucket.py`` and ``domain/breaker.py``. Whoever changes it locks the row."""

    __tablename__ = "provider_state"

    provider: Mapped[str] = mapped_column(Text, primary_key=True)
    tokens: Mapped[float] = mapped_column(Float)
    filled_at: Mapped[datetime]
    since: Mapped[datetime]
    good: Mapped[int]
    bad: Mapped[int]
    slow: Mapped[int]
    opened: Mapped[int]
    open_until: Mapped[datetime | None]
