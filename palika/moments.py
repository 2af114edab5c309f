"""Moments as they are stored: in UTC, and of years that every calendar on the way can show.

Plain Python. What comes from outside may be any moment that ISO 8601 can write; of some, the one
in UTC, or in India, is on no calendar, and PostgreSQL takes no offset of more than 16 hours.
"""

from datetime import UTC, datetime
from typing import Final

EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)


def in_utc(moment: datetime) -> datetime:
    """An aware moment, in UTC.

    Raises:
        ValueError: it has no time zone, or is not from ``EARLIEST`` to ``LATEST``.
    """
    if moment.tzinfo is None:
        raise ValueError("has no time zone")
    # Compared first: Python compares any two aware moments, but does not convert all.
    if not EARLIEST <= moment <= LATEST:
        raise ValueError(f"must be of the years {EARLIEST.year} to {LATEST.year - 1}")
    return moment.astimezone(UTC)
