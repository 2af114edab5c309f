"""How an input of a formula is read over a window of days: of whole months, other days, or both."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple

from services.kpi.domain.formula import Input, Value
from services.kpi.domain.period import Window
from services.kpi.queries import by_day
from services.kpi.queries.by_month import Pair, month_of
from services.kpi.queries.mirror import Mirror
from services.kpi.queries.sketched import Sketched

SKETCHED = frozenset({"percentile", "distinct"})
"""The aggregations that are made of sketches."""
_ONE_DAY = timedelta(days=1)


class Step(NamedTuple):
    """How an input of a period is read: of whole months, of other days, or of both (a sum)."""

    input: Input
    pair: Pair | None
    first: int | None
    last: int
    days: tuple[by_day.Wanted, ...]
    sketched: Sketched | None

    @classmethod
    def of(cls, one: Input, department: str | None, window: Window) -> "Step":
        """How an input over a window is read: `department` None is of all."""
        first, last = window
        ends = (last + _ONE_DAY).day == 1
        begins = first is None or first.day == 1
        pair = Pair(one.measure, department)
        if one.aggregation != "average" and begins and ends:
            number = None if first is None else month_of(first)
            sketched = None
            if one.aggregation in SKETCHED:
                sketched = Sketched(pair, one, number, month_of(last))
            return cls(one, pair, number, month_of(last), (), sketched)
        if one.aggregation != "sum":
            return cls(one, None, None, 0, (by_day.Wanted(one, department, window),), None)
        # Of a sum: the whole months that are in it, and the days before and after them.
        whole = _first_of_next(first) if first is not None and not begins else first
        end = last if ends else last.replace(day=1) - _ONE_DAY
        if whole is not None and whole > end:
            return cls(one, None, None, 0, (by_day.Wanted(one, department, window),), None)
        rest = []
        if first is not None and whole is not None and first < whole:
            rest.append(by_day.Wanted(one, department, Window(first, whole - _ONE_DAY)))
        if end < last:
            rest.append(by_day.Wanted(one, department, Window(end + _ONE_DAY, last)))
        number = None if whole is None else month_of(whole)
        return cls(one, pair, number, month_of(end), tuple(rest), None)

    def value(self, mirror: Mirror, days: Mapping[by_day.Wanted, Value | None]) -> Value | None:
        """What it comes to, with the values of its `days`; None without data."""
        if self.sketched is not None:
            return mirror.value(self.sketched)
        found: Value | None = None
        if self.pair is not None:
            of = mirror.months(self.pair)
            if self.input.aggregation == "sum":
                found = of.sum(self.first, self.last)
            else:
                found = of.last(self.first, self.last)
        for want in self.days:
            of_days = days[want]
            if of_days is not None:
                found = of_days if found is None else found + of_days
        return found


def _first_of_next(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
