"""Which period is asked about, by whom, and which others it is compared with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from palika.errors import Invalid
from services.kpi.domain.indicators import Indicator
from services.kpi.domain.period import (
    Period,
    check_public,
    containing,
    last_public,
    of_days,
    period,
)

POINTS = 13
"""Periods of a series; of months, the first is the one a year before the last."""
NEEDS_A_PERIOD = "its formula looks at other periods: a whole week, month, quarter, half or year"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked about: one period for all KPIs, or (None) of each the one of its own frequency.

    `public`: by somebody who is not of the staff.
    """

    one: Period | None
    coded: bool
    today: date
    public: bool

    def period_of(self, frequency: str) -> Period:
        """The period of KPIs of a frequency."""
        if self.one is not None:
            return self.one
        if self.public:
            return last_public(self.today, frequency)
        return containing(self.today, frequency)

    def answerable(self, indicator: Indicator) -> bool:
        """Whether its formula can be worked out of the days."""
        return self.coded or not indicator.formula.shifted


def asked(args: Mapping[str, Any], today: date, public: bool) -> Asked:
    """Read the period of a call.

    Args:
        args: as `schemas.reading.When` has them.
        today: in Asia/Kolkata.

    Raises:
        Invalid: there is no such period, or the public must not ask about it.
    """
    code, first, last = args["period"], args["from_day"], args["to_day"]
    if code is None and first is None:
        return Asked(None, True, today, public)
    if code is not None:
        one = period(code)
        first, last = one.first, one.last
    else:
        one = of_days(first, last) or Period("day", first, last)
    if public:
        try:
            check_public(first, last, today)
        except Invalid as error:
            if code is None:
                raise
            rule = "must be of whole months that are over, unless for the staff"
            raise Invalid("the public is told of whole months", {"period": [rule]}) from error
    return Asked(one, code is not None or of_days(first, last) is not None, today, public)


@lru_cache(maxsize=256)
def points(last: Period, coded: bool) -> tuple[Period, ...]:
    """The periods of a series, the last one last; before them the same period of the year before,
    where the series does not reach back to it. Days that are no period stand alone."""
    if not coded:
        return (last,)
    found = [last]
    while len(found) < POINTS:
        found.append(found[-1].previous())
    year_ago = last.last_year()
    if year_ago not in found:
        found.append(year_ago)
    return tuple(reversed(found))


def year_before(periods: tuple[Period, ...]) -> int:
    """Where in a series the same period of the year before is, counted from its end."""
    return {"month": -13, "quarter": -5, "half_year": -3, "year": -2}.get(
        periods[-1].frequency, -len(periods)
    )
