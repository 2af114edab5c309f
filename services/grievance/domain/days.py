"""Days as people mean them when they ask for a list: days of the calendar in India."""

import re
from datetime import date, datetime, timedelta

from palika.india import day_of

_RELATIVE = re.compile(r"today(?:-(\d{1,4}))?")
_WRITTEN = re.compile(r"\d{4}-\d{2}-\d{2}")
_YEARS = range(1900, 2200)


def day(text: str, now: datetime) -> date:
    """The day that is meant: ``2026-07-01``, ``today``, or ``today-7``, a week before.

    "Today" is the day that the calendar in India shows, not the last 24 hours.

    Raises:
        ValueError: it is none of these.
    """
    relative = _RELATIVE.fullmatch(text)
    if relative is not None:
        return day_of(now) - timedelta(days=int(relative[1] or 0))
    if _WRITTEN.fullmatch(text):
        written = date.fromisoformat(text)
        if written.year in _YEARS:
            return written
    raise ValueError("must be a day (2026-07-01), today, or today-7 for a week before")
