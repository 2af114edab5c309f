"""What is one for all of India: its time, and how its numbers are written. Plain Python: domain
rules use it too.
"""

from datetime import date, datetime, timedelta, timezone
from typing import Final

INDIA: Final = timezone(timedelta(hours=5, minutes=30), "IST")
"""Asia/Kolkata. It has had one offset and no daylight saving since 1945, so it needs no database
of time zones."""


def day_of(moment: datetime) -> date:
    """The date in India of an aware moment."""
    return moment.astimezone(INDIA).date()


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
