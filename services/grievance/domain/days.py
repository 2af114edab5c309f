"""Days as people mean them when they ask for a list: days of the calendar in India."""

import re
from datetime import date, datetime, timedelta

from palika.india import day_of
from palika.text import plain_digits

_RELATIVE = re.compile(r"today(?:-(\d{1,4}))?")
_WRITTEN = re.compile(r"\d{4}-\d{2}-\d{2}")
_YEARS = range(1900, 2200)


_RULE = "must be a day (2026-07-01), today, or today-7 for a week before"


def day(text: str, now: datetime) -> date:
    """The day that is meant: ``2026-07-01``, ``today``, or ``today-7``, a week before; its digits
    may be of either script.

    "Today" is the day that the calendar in India shows, not the last 24 hours.

    Raises:
        ValueError: it is none of these; the message is the rule that it breaks.
    """
    plain = plain_digits(text)
    relative = _RELATIVE.fullmatch(plain)
    if relative is not None:
        return day_of(now) - timedelta(days=int(relative[1] or 0))
    if not _WRITTEN.fullmatch(plain):
        raise ValueError(_RULE)
    try:
        written = date.fromisoformat(plain)
    except ValueError as error:
        raise ValueError(f"must be a day of the calendar, which {plain} is not") from error
    if written.year not in _YEARS:
        raise ValueError(f"must be of the years {_YEARS.start} to {_YEARS.stop - 1}")
    return written
