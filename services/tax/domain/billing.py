"""Bills: their period, their number, when they fall due."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from palika.errors import Invalid
from palika.india import day_of

_PERIOD = re.compile(r"^((?:19|20)[0-9]{2})-([0-9]{2})$")


@dataclass(frozen=True, slots=True)
class BillingRules:
    """What a city decides: see ``data/billing.yaml``."""

    bill_prefix: str
    due_month: int
    due_day: int
    least_days: int

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
