"""What is one for all of India: its time, its telephone numbers, and how its numbers are written.
Plain Python: domain rules use it too.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Final

from palika.errors import Invalid
from palika.text import plain_digits

INDIA: Final = timezone(timedelta(hours=5, minutes=30), "IST")
"""Asia/Kolkata. It has had one offset and no daylight saving since 1945, so it needs no database
of time zones."""


def day_of(moment: datetime) -> date:
    """The date in India of an aware moment."""
    return moment.astimezone(INDIA).date()


def start_of(day: date) -> datetime:
    """The first moment of a day in India, in UTC."""
    return datetime.combine(day, time(), INDIA).astimezone(UTC)


def end_of(day: date) -> datetime:
    """The first moment that is not of a day in India any more, in UTC."""
    return start_of(day + timedelta(days=1))


def in_digits(day: date) -> str:
    """A day as 01-04-2026, as it is written in India."""
    return f"{day:%d-%m-%Y}"


def readable(moment: datetime) -> str:
    """An aware moment for people, in Asia/Kolkata: ``28 Nov 2026, 14:05``."""
    return f"{moment.astimezone(INDIA):%-d %b %Y, %H:%M}"


_SEPARATORS = re.compile(r"[\s().-]")
_INTERNATIONAL = re.compile(r"\+[1-9][0-9]{7,14}")
_INDIAN_MOBILE = re.compile(r"(?:91|0)?([6-9][0-9]{9})")


def normal_phone(text: str) -> str:
    """A telephone number as ``+`` and digits (E.164).

    An Indian mobile number may come without its country code; digits may be of either script.

    Raises:
        Invalid: not a telephone number.
    """
    digits = _SEPARATORS.sub("", plain_digits(text))
    if _INTERNATIONAL.fullmatch(digits):
        return digits
    indian = _INDIAN_MOBILE.fullmatch(digits)
    if indian is None:
        rule = "must be a 10-digit Indian mobile number, or + with country code and number"
        raise Invalid("not a telephone number", {"phone": [rule]})
    return f"+91{indian[1]}"


def grouped(number: int) -> str:
    """A whole number in the Indian manner: 11500000 is 1,15,00,000."""
    digits = str(abs(number))
    head, tail = digits[:-3], digits[-3:]
    groups = [head[max(end - 2, 0) : end] for end in range(len(head), 0, -2)]
    return f"{'-' if number < 0 else ''}{','.join([*reversed(groups), tail])}"


def rupees(paise: int) -> str:
    """An amount in paise, for people: 11500050 is ₹1,15,000.50."""
    whole, rest = divmod(abs(paise), 100)
    return f"{'-' if paise < 0 else ''}₹{grouped(whole)}.{rest:02}"
