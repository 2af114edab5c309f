"""The sample: which resolutions another officer looks at, decided by chance that can be repeated.

A day's resolutions are drawn when the day is over, with a seed that is made at that moment and then
kept. Nobody who resolves a grievance can know whether it will be looked at, nobody can draw a day
twice until the sample suits, and whoever doubts it can draw again with the seed that was kept:

    lot = the first 8 bytes of SHA-256("seed:grievance id:moment of the resolution"), as a number
    picked = lot / 2**64 < percent / 100

(the moment in UTC, ISO 8601, with microseconds).
"""

import hashlib
import uuid
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction

from palika.errors import Conflict
from palika.india import day_of, readable

LOTS = 2**64
_CATCH_UP = 31
"""Draws that were missed are made up for, so many days back at the most."""


class Outcome(StrEnum):
    """What the check finds."""

    CONFIRMED = "confirmed"
    NOT_DONE = "not_done"


def lot(seed: str, grievance_id: uuid.UUID, resolved_at: datetime) -> int:
    """What a resolution draws: from 0 to 2**64 - 1."""
    moment = resolved_at.astimezone(UTC).isoformat(timespec="microseconds")
    drawn = hashlib.sha256(f"{seed}:{grievance_id}:{moment}".encode()).digest()
    return int.from_bytes(drawn[:8], "big")


def is_picked(drawn: int, percent: Fraction) -> bool:
    """Whether this lot is in a sample of so many percent."""
    return drawn * 100 < percent * LOTS


def days_to_draw(last: date | None, now: datetime) -> list[date]:
    """The days that are over and have not been drawn, the earliest first.

    Args:
        last: the last day that was drawn; None: none was, and it begins with yesterday.
        now: the present moment.
    """
    yesterday = day_of(now) - timedelta(days=1)
    first = yesterday if last is None else last + timedelta(days=1)
    first = max(first, yesterday - timedelta(days=_CATCH_UP - 1))
    return [first + timedelta(days=each) for each in range((yesterday - first).days + 1)]


def not_picked() -> Conflict:
    """The refusal to check a resolution that was not drawn."""
    return Conflict("this resolution was not picked to be checked", {"sampled": False})


def check_unchecked(number: str, checked_at: datetime | None, outcome: str | None) -> None:
    """Refuse to check the grievance of that number again, which was checked then, with that
    outcome. Raises Conflict."""
    if checked_at is not None:
        raise Conflict(f"{number} was checked at {readable(checked_at)}", {"outcome": outcome})


def check_over(day: date, now: datetime) -> None:
    """Refuse to draw a day that is not over. Raises Conflict."""
    if day >= day_of(now):
        raise Conflict(f"{day} is not over: it is drawn when it is", {"day": str(day)})
