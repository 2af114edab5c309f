"""Times of Open311: how clients write them, how they are told, and the 90 days."""

import re
from datetime import date, datetime, timedelta

from palika.india import INDIA
from palika.moments import in_utc
from palika.text import plain_digits

SPAN = timedelta(days=90)
"""The standard's own: so long a time can be asked for at once, and is when nothing else is said."""

_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)
# In a URL an unescaped + is a space: "2026-07-01T10:00:00 05:30".
_LOST_PLUS = re.compile(r"(T[\d:.]+) (?=\d{2}:?\d{2}\Z)")


def read(text: str, *, to_its_end: bool = False) -> datetime:
    """A time as the W3C's note has it, in either script's digits; no zone is India's.

    A day is its first moment, or with ``to_its_end`` its last second.

    Raises:
        ValueError: it is none, or of no year that is stored; the message says which.
    """
    written = plain_digits(text.strip())
    try:
        moment = datetime.fromisoformat(_LOST_PLUS.sub(r"\1+", written))
    except ValueError as error:
        raise ValueError("must be a time such as 2026-07-01T10:00:00+05:30") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=INDIA)
    first = in_utc(moment)
    return first + _DAY - _SECOND if to_its_end and _is_day(written) else first


def _is_day(written: str) -> bool:
    try:
        date.fromisoformat(written)
    except ValueError:
        return False
    return True


def told(moment: str) -> str:
    """A time in whole seconds, in India's zone."""
    return datetime.fromisoformat(moment).astimezone(INDIA).isoformat(timespec="seconds")


def window(
    start: datetime | None, end: datetime | None, now: datetime
) -> tuple[datetime, datetime]:
    """From when (included) until when (not included) is asked; 90 days where one end is missing.

    Raises:
        ValueError: it ends before it begins, or is longer than 90 days.
    """
    if start is None and end is None:
        return now - SPAN, now + _SECOND
    if end is None:
        end = (start or now) + SPAN
    elif start is None:
        start = end - SPAN
    elif end < start:
        raise ValueError("ends before it begins")
    elif end - start > SPAN:
        raise ValueError("may not span more than 90 days")
    # The second that is named belongs to it, as it is told without its fractions.
    return start or now, end + _SECOND
