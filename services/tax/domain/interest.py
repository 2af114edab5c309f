"""From when, and at what rate, arrears bear interest. The ledger computes the interest itself."""

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from services.tax.domain.half_year import HalfYear
from services.tax.domain.months import months_later


@dataclass(frozen=True, slots=True)
class Term:
    """Until when a half-year's tax is free of interest: the later day of those that are set.

    Attributes:
        months_after_bill: the last day is the one of the same date so many months after the bill's
            day, or the last of that month if it has none.
        by: month and day, of the financial year.
    """

    months_after_bill: int | None
    by: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class InterestRule:
    """Simple interest for each month or part of one.

    Attributes:
        percent: a month.
        terms: for the first and the second half-year.
    """

    percent: Fraction
    terms: tuple[Term, Term]

    def last_free_day(self, half_year: HalfYear, billed_on: date) -> date:
        """The last day (in Asia/Kolkata) on which paying costs no interest."""
        term = self.terms[half_year.half - 1]
        days = []
        if term.months_after_bill is not None:
            days.append(months_later(billed_on, term.months_after_bill))
        if term.by is not None:
            month, day = term.by
            days.append(date(half_year.year + (month < 4), month, day))
        return max(days)

    def runs_from(self, half_year: HalfYear, billed_on: date) -> date:
        """The first day of the first month for which interest is due on what is unpaid."""
        return self.last_free_day(half_year, billed_on) + timedelta(days=1)
