"""Bills: their period, their number, when they fall due."""

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from palika.errors import Invalid
from palika.india import day_of

_PERIOD = re.compile(r"^((?:19|20)[0-9]{2})-([0-9]{2})$")
_PREFIX = re.compile(r"\S{1,20}")
_FIELDS = {"bill_prefix", "due", "least_days"}
_LEAST_DAYS_MAX = 366


@dataclass(frozen=True, slots=True)
class BillingRules:
    """What a city decides: see ``data/billing.yaml``."""

    bill_prefix: str
    due_month: int
    due_day: int
    least_days: int

    @classmethod
    def load(cls, raw: Any) -> "BillingRules":
        """Check and build what a city wrote in ``data/billing.yaml``.

        Raises:
            ValueError: names every field that is missing or wrong.
        """
        if not isinstance(raw, Mapping):
            raise ValueError("must be a table of fields")
        wrong = [f"{field}: unknown field" for field in sorted(map(str, raw.keys() - _FIELDS))]
        prefix: Any = raw.get("bill_prefix")
        due: Any = raw.get("due")
        least: Any = raw.get("least_days")
        if not isinstance(prefix, str) or not _PREFIX.fullmatch(prefix):
            wrong.append("bill_prefix: must be text without spaces, of 20 characters at the most")
        if not isinstance(due, Mapping) or due.keys() != {"month", "day"}:
            wrong.append("due: must have a month and a day, and nothing else")
        elif not _whole(due["month"], 4, 12):
            # The day is of the year in which the period begins, and it begins in April.
            wrong.append("due.month: must be a month of the period's first year, 4 to 12")
        elif not _whole(due["day"], 1, last := monthrange(2001, due["month"])[1]):
            wrong.append(f"due.day: must be a day of month {due['month']}, 1 to {last}")
        if not _whole(least, 0, _LEAST_DAYS_MAX):
            wrong.append(f"least_days: must be a whole number from 0 to {_LEAST_DAYS_MAX}")
        if wrong:
            raise ValueError("; ".join(wrong))
        return cls(prefix, due["month"], due["day"], least)

    def due_on(self, period: str, billed_at: datetime, wanted: date | None = None) -> date:
        """The day (in Asia/Kolkata) by which a bill is to be paid.

        Args:
            period: as ``first_year`` takes it.
            billed_at: when it is raised, aware.
            wanted: the day that the bill itself says, if it does.

        Raises:
            Invalid: ``wanted`` is before the bill is raised.
        """
        billed_on = day_of(billed_at)
        if wanted is not None:
            if wanted < billed_on:
                rule = f"must not be before the day of the bill, {billed_on.isoformat()}"
                raise Invalid("due too soon", {"due_on": [rule]})
            return wanted
        usual = date(first_year(period), self.due_month, self.due_day)
        return max(usual, billed_on + timedelta(days=self.least_days))


def _whole(value: Any, low: int, high: int) -> bool:
    return type(value) is int and low <= value <= high


def first_year(period: str) -> int:
    """The year in which a financial year begins: 2026 of ``2026-27`` (1 April to 31 March).

    Raises:
        Invalid: not a financial year.
    """
    match = _PERIOD.match(period)
    if match is None or (int(match[1]) + 1) % 100 != int(match[2]):
        rule = f"must be a financial year like 2026-27, not {period!r:.40}"
        raise Invalid("not a period", {"period": [rule]})
    return int(match[1])


def period_of(day: date) -> str:
    """The financial year of a day: ``2025-26`` of 31 March 2026."""
    year = day.year if day.month >= 4 else day.year - 1
    return f"{year}-{(year + 1) % 100:02d}"


def bill_number(prefix: str, period: str, serial: int) -> str:
    """``PT-2026-27-000001``: the serial counts from 1 in each period and may have gaps."""
    return f"{prefix}-{period}-{serial:06d}"
