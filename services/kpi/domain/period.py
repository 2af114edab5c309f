"""Periods: days, weeks, months, quarters, halves and financial years, all in Asia/Kolkata.

Codes: `2026-11-28` a day, `2026-W48` a week (ISO: it begins on Monday), `2026-11` a month,
`2026-Q3` a quarter (October to December of the financial year 2026-27), `2026-H2` a half,
`2026` a financial year: April 2026 to March 2027.

The public may ask about whole months that are over. What is told of any two such periods differs
by whole months. Of shorter ones, or of a month that still runs, the difference of two answers could
be a single day, and a 1 on it one known person's grievance.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from palika.errors import Invalid
from services.kpi.domain.formula import NOW, Shift

FREQUENCIES = ("day", "week", "month", "quarter", "half_year", "year")
"""From the shortest to the longest."""
_MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
MONTHS_OF = {name: months for name, months in _MONTHS.items() if months < 12}
"""The frequencies of which several make a year, and how many months each has."""
_CODE = re.compile(
    r"(?P<year>[0-9]{4})(?:-(?:(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2}))?"
    r"|W(?P<week>[0-9]{2})|Q(?P<quarter>[1-4])|H(?P<half>[12])))?",
    re.ASCII,
)
_EARLIEST, _LATEST = 1900, 2200
FIRST_YEAR = 2000
"""The first financial year that may be asked about."""
YEARS_AHEAD = 20
_ONE_DAY = timedelta(days=1)


class Window(NamedTuple):
    """Days, both included; `first` None: from the beginning of the records."""

    first: date | None
    last: date


@dataclass(frozen=True, slots=True)
class Period:
    """One period: its frequency, first and last day."""

    frequency: str
    first: date
    last: date

    @property
    def code(self) -> str:
        """As it is written: `2026-Q3`."""
        year = financial_year(self.first)
        if self.frequency == "week":
            of, week, _ = self.first.isocalendar()
            return f"{of:04}-W{week:02}"
        if self.frequency == "quarter":
            return f"{year:04}-Q{_place(self.first, 3)}"
        if self.frequency == "half_year":
            return f"{year:04}-H{_place(self.first, 6)}"
        if self.frequency == "year":
            return f"{year:04}"
        return self.first.isoformat()[: 7 if self.frequency == "month" else 10]

    @property
    def year(self) -> int:
        """The financial year (2026 is 2026-27) in which it ends."""
        return financial_year(self.last)

    def previous(self) -> "Period":
        """The one before, of equal kind."""
        return containing(self.first - _ONE_DAY, self.frequency)

    def next(self) -> "Period":
        """The one after, of equal kind."""
        return containing(self.last + _ONE_DAY, self.frequency)

    def last_year(self) -> "Period":
        """The same period of the year before: of week 53, which few years have, week 52; of
        29 February, the 28th."""
        if self.frequency == "week":
            of, week, _ = self.first.isocalendar()
            return containing(date.fromisocalendar(of - 1, min(week, 52), 1), "week")
        day = 28 if (self.first.month, self.first.day) == (2, 29) else self.first.day
        return containing(self.first.replace(year=self.first.year - 1, day=day), self.frequency)

    def over(self, day: date) -> int:
        """How many per cent of its days are over when a day begins, rounded down; 100: all are."""
        days = (self.last - self.first).days + 1
        return 100 * min(max((day - self.first).days, 0), days) // days

    def window(self, shift: Shift = NOW, upto: date | None = None) -> Window:
        """The days that a shift of a formula means, seen from this period.

        `upto`: this period is known up to that day alone; of one before it count the days up to the
        same one there.
        """
        period = self
        for step in shift.back:
            period = period.previous() if step == "previous" else period.last_year()
        last = period.last if upto is None else self.same_day(upto, period)
        if shift.span == "year_to_date":
            return Window(date(period.year, 4, 1), last)
        return Window(None if shift.span == "stock" else period.first, last)

    def same_day(self, day: date, of: "Period") -> date:
        """The day of another period of this frequency that is as far from its beginning as a day is
        from this one's: by months and days, the last of a month for the last of a month; of weeks
        by days."""
        if self.frequency not in _MONTHS:
            return min(of.first + (day - self.first), of.last)
        months = 12 * (day.year - self.first.year) + day.month - self.first.month
        first = _first_of(financial_year(of.first), (of.first.month - 4) % 12 + months)
        last = (first + timedelta(days=31)).replace(day=1) - _ONE_DAY
        whole = (day + _ONE_DAY).day == 1
        return last if whole else min(first.replace(day=min(day.day, last.day)), last)

    def __str__(self) -> str:
        return self.code


def financial_year(day: date) -> int:
    """The financial year of a day, as the year in which it begins: 2026 ends in March 2027."""
    return day.year if day.month >= 4 else day.year - 1


def containing(day: date, frequency: str) -> Period:
    """The period of that frequency in which a day is."""
    if frequency == "day":
        return Period(frequency, day, day)
    if frequency == "week":
        monday = day - timedelta(days=day.weekday())
        return Period(frequency, monday, monday + timedelta(days=6))
    months = _MONTHS[frequency]
    since_april = (day.month - 4) % 12 // months * months
    first = _first_of(financial_year(day), since_april)
    return Period(frequency, first, _first_of(financial_year(day), since_april + months) - _ONE_DAY)


def period(code: object) -> Period:
    """The period of a code.

    Raises:
        Invalid: on `period`, there is none.
    """
    found = _CODE.fullmatch(code) if isinstance(code, str) else None
    if found and _EARLIEST <= int(found["year"]) <= _LATEST:
        try:
            return _of_parts({k: int(v) for k, v in found.groupdict().items() if v is not None})
        except ValueError:
            pass
    raise Invalid(
        f"{code!r:.40} is no period.",
        {
            "period": [
                "must be as 2026-11, 2026-Q3, 2026-H2, 2026 (a financial year), 2026-W48 or"
                " 2026-11-28"
            ]
        },
    )


def askable(today: date) -> tuple[date, date]:
    """The first and the last day about which may be asked: whole financial years, up to
    `YEARS_AHEAD` after the running one. What is compared with them stays on the calendar."""
    return date(FIRST_YEAR, 4, 1), date(financial_year(today) + YEARS_AHEAD + 1, 3, 31)


def of_days(first: date, last: date) -> Period | None:
    """The longest period that has exactly these days; None if none has."""
    for frequency in reversed(FREQUENCIES):
        found = containing(first, frequency)
        if (found.first, found.last) == (first, last):
            return found
    return None


def twelve_months(last: Period) -> list[Period]:
    """The periods of a frequency (of `MONTHS_OF`) that make a year with the given one, which is the
    last of them."""
    found = [last]
    while len(found) < 12 // MONTHS_OF[last.frequency]:
        found.append(found[-1].previous())
    return found[::-1]


def code_of(first: Period, last: Period) -> str:
    """The days from one month, quarter or half up to another, as they are written: a financial year
    by its code, others as `2025-11/2026-10`."""
    found = of_days(first.first, last.last)
    return found.code if found else f"{first.first:%Y-%m}/{last.last:%Y-%m}"


def last_public(today: date, frequency: str) -> Period:
    """The last period of a frequency that the public may ask about: it is over, and of whole months
    (instead of days and weeks, a month)."""
    longer = frequency if frequency in _MONTHS else "month"
    return containing(today, longer).previous()


def check_public(first: date, last: date, today: date) -> None:
    """Refuse a period that is not of whole months before the present one.

    Raises:
        Invalid: names the day that is wrong, and the rule.
    """
    wrong = {}
    if first.day != 1:
        wrong["from_day"] = ["must be the first day of a month, unless for the staff"]
    if last >= today.replace(day=1) or (last + _ONE_DAY).day != 1:
        wrong["to_day"] = ["must be the last day of a month that is over, unless for the staff"]
    if wrong:
        raise Invalid("the public is told of whole months", wrong)


def _of_parts(parts: dict[str, int]) -> Period:
    """Raises ValueError: there is no such day, month or week."""
    year = parts["year"]
    if "day" in parts:
        return containing(date(year, parts["month"], parts["day"]), "day")
    if "month" in parts:
        return containing(date(year, parts["month"], 1), "month")
    if "week" in parts:
        return containing(date.fromisocalendar(year, parts["week"], 1), "week")
    if "quarter" in parts:
        return containing(_first_of(year, 3 * (parts["quarter"] - 1)), "quarter")
    if "half" in parts:
        return containing(_first_of(year, 6 * (parts["half"] - 1)), "half_year")
    return containing(date(year, 4, 1), "year")


def _first_of(year: int, months: int) -> date:
    """The first day of the month that comes so many months after April of a financial year."""
    years, month = divmod(3 + months, 12)
    return date(year + years, month + 1, 1)


def _place(day: date, months: int) -> int:
    return (day.month - 4) % 12 // months + 1
