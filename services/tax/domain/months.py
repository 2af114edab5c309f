"""Counting in months, as terms and interest do."""

from calendar import monthrange
from datetime import date

_IN_EVERY_MONTH = 28


def months_later(day: date, months: int) -> date:
    """The same day so many months later; the month's last when it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    of_month = day.day
    if of_month > _IN_EVERY_MONTH:
        of_month = min(of_month, monthrange(year, month + 1)[1])
    return date(year, month + 1, of_month)
