"""Interest on what is late: simple, by the month.

Rule 41 of Chapter VIII of Schedule D of the Maharashtra Municipal Corporations Act, as amended in
2010: 2 % for each month or part of one; the first half-year's tax is due three months from its
bill, the second's by 31 December. The day after that is the demand's ``late_from``.

- A month begins on the day of the month of ``late_from`` (on the last day of a shorter month), and
  is charged in full as soon as it has begun, on the tax that was unpaid before its first day.
- Interest is on tax alone: never on interest, never on a fee.
- Each month's amount is rounded by itself, so that a statement's lines add up.
- It is a function of the entries: what is paid or taken back later with an earlier value date
  changes it, and the difference is the next interest entry, up or down.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import accumulate
from typing import NamedTuple

from services.tax.domain.half_year import HalfYear
from services.tax.domain.ledger.accounts import INTEREST, Account
from services.tax.domain.ledger.book import Book, Change
from services.tax.domain.ledger.entries import Draft, Kind, charged
from services.tax.domain.ledger.figures import check_percent
from services.tax.domain.months import months_later
from services.tax.domain.rounding import Rounding

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class InterestRate:
    """What a month costs that begins on this day or later, until another rate's first day."""

    first_day: date
    percent: Fraction

    def __post_init__(self) -> None:
        """Refuse what is no percentage. Raises ValueError."""
        check_percent(self.percent, f"interest from {self.first_day}")


@dataclass(frozen=True, slots=True)
class Stay:
    """A court's stay: no month that begins in it is charged (illustrative).

    Attributes:
        first_day: of the stay.
        last_day: of the stay; None while it lasts.
        half_years: what it is about; None is everything of the property.
    """

    first_day: date
    last_day: date | None = None
    half_years: Set[HalfYear] | None = None

    def covers(self, half_year: HalfYear, day: date) -> bool:
        """Whether a month of a half-year's interest that begins on a day is stayed."""
        if self.half_years is not None and half_year not in self.half_years:
            return False
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)


@dataclass(frozen=True, slots=True)
class MonthlyInterest:
    """How a city charges interest.

    Attributes:
        rates: by their first days; before the first of them nothing is charged.
        rounding: of each month's amount.
    """

    rates: tuple[InterestRate, ...]
    rounding: Rounding

    def __post_init__(self) -> None:
        """Refuse rates that are not in order. Raises ValueError."""
        days = [rate.first_day for rate in self.rates]
        if days != sorted(set(days)):
            raise ValueError("the rates of interest must be in the order of their first days")

    def on(self, day: date) -> Fraction:
        """Percent of a month that begins on a day."""
        percent = Fraction(0)
        for rate in self.rates:
            if rate.first_day > day:
                break
            percent = rate.percent
        return percent


class Charge(NamedTuple):
    """Months in a row that cost the same: the line by which interest is explained.

    Attributes:
        half_year: whose tax is late.
        first_day: on which the first of the months begins.
        months: how many.
        unpaid: the tax that was unpaid before each of them began, in paise.
        percent: a month.
        paise: of all the months.
    """

    half_year: HalfYear
    first_day: date
    months: int
    unpaid: int
    percent: Fraction
    paise: int

    @property
    def month(self) -> int:
        """Of each of the months, in paise: it is rounded, and their sum is not."""
        return self.paise // self.months


def months_begun(late_from: date, day: date) -> int:
    """How many months, counted from the first late day, have begun by the end of a day."""
    if day < late_from:
        return 0
    months = (day.year - late_from.year) * 12 + day.month - late_from.month
    if day.day >= late_from.day or day.day >= months_later(late_from, months).day:
        months += 1
    return months


def next_month(late_from: date, day: date) -> date:
    """The first day of the first month that has not begun by the end of a day; the first late day
    itself, when that is to come."""
    return months_later(late_from, months_begun(late_from, day))


def charges(
    half_year: HalfYear,
    changes: Iterable[Change],
    on: date,
    rule: MonthlyInterest,
    stays: Sequence[Stay] = (),
) -> list[Charge]:
    """The interest of one half-year up to a day, each stretch of months explained.

    Of several demands the one that was late first is taken to be settled first.

    Args:
        half_year: whose.
        changes: of its tax, with value dates up to that day.
        on: the day.
        rule: the city's.
        stays: of courts.
    """
    layers: dict[date, int] = {}
    credits: dict[date, int] = {}
    for value_date, late_from, paise in changes:
        if late_from is not None:
            layers[late_from] = layers.get(late_from, 0) + paise
        else:
            credits[value_date] = credits.get(value_date, 0) - paise
    if not layers or on < min(layers) or _in_time(layers, credits):
        return []
    days = sorted(credits)
    settled_by = [0, *accumulate(credits[day] for day in days)]
    edges = _edges(days, on, rule, stays)
    found: list[Charge] = []
    before = 0
    for late_from, layer in sorted(layers.items()):
        begun = 0
        for edge in edges:
            until = months_begun(late_from, edge)
            if until == begun:
                continue
            first = months_later(late_from, begun)
            unpaid = min(layer, before + layer - settled_by[bisect_left(days, first)])
            if unpaid > 0 and not any(stay.covers(half_year, first) for stay in stays):
                percent = rule.on(first)
                paise = rule.rounding.percent(percent, unpaid) * (until - begun)
                if paise:
                    months = until - begun
                    found.append(Charge(half_year, first, months, unpaid, percent, paise))
            begun = until
        before += layer
    return found


def _in_time(layers: Mapping[date, int], credits: Mapping[date, int]) -> bool:
    """Whether all was settled before any of it was late, and stayed so: most half-years are."""
    first = min(layers)
    left = sum(layers.values())
    for day, paise in credits.items():
        if day < first or paise < 0:
            left -= paise
    return left <= 0


def _edges(
    days: Sequence[date], on: date, rule: MonthlyInterest, stays: Sequence[Stay]
) -> list[date]:
    """The days by whose end something changes for the months that begin later; the last is ``on``.

    A payment on the first day of a month comes too late for that month.
    """
    edges = {on}
    edges.update(days)
    edges.update(rate.first_day - _DAY for rate in rule.rates)
    for stay in stays:
        edges.add(stay.first_day - _DAY)
        if stay.last_day is not None:
            edges.add(stay.last_day)
    return sorted(day for day in edges if day <= on)


def explain(
    book: Book, on: date, rule: MonthlyInterest, stays: Sequence[Stay] = ()
) -> dict[HalfYear, list[Charge]]:
    """By half-year, oldest first, all interest up to a day, from its first month on.

    Args:
        book: of the entries with value dates up to that day.
        on: the day.
        rule: the city's.
        stays: of courts.
    """
    found = {
        half_year: charges(half_year, changes, on, rule, stays)
        for half_year, changes in sorted(book.taxes.items())
    }
    return {half_year: lines for half_year, lines in found.items() if lines}


def accrued(
    book: Book, on: date, rule: MonthlyInterest, stays: Sequence[Stay] = ()
) -> dict[HalfYear, int]:
    """By half-year the interest up to a day that no entry has charged yet.

    Below 0 where more was charged than the entries, as they are now, give reason for.
    """
    due = {
        half_year: -paise for (half_year, head), paise in book.charged.items() if head == INTEREST
    }
    for half_year, changes in book.taxes.items():
        paise = sum(charge.paise for charge in charges(half_year, changes, on, rule, stays))
        if paise:
            due[half_year] = due.get(half_year, 0) + paise
    return {half_year: paise for half_year, paise in sorted(due.items()) if paise}


def charge_interest(
    book: Book, on: date, rule: MonthlyInterest, stays: Sequence[Stay] = ()
) -> Draft | None:
    """The entry that charges what has accrued up to a day; None when nothing has."""
    lines = [
        line
        for half_year, paise in accrued(book, on, rule, stays).items()
        for line in charged(Account.INTEREST_INCOME, half_year, INTEREST, paise)
    ]
    return Draft(kind=Kind.INTEREST, value_date=on, lines=tuple(lines)) if lines else None
