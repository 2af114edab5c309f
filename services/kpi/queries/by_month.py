"""What a measure has been, month by month."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from weakref import ref

from services.kpi.models import PRINT

Row = tuple[Any, ...]
"""year, cell, and the twelve months from April. Of a pair no two have the same year and cell."""


class Pair(NamedTuple):
    """A measure, of one department or (None) of all."""

    measure: str
    department: str | None


def month_of(day: date) -> int:
    """The number of a day's month, counted from the year 0."""
    return day.year * 12 + day.month - 1


class Months:
    """A measure month by month, as it was read.

    `rows` are what is in the database; of equal rows there is one object, so what was worked out
    of it is known by that. `before` is what was there when it was read last, and `changed` the
    first and last month that have changed since.
    """

    __slots__ = ("__weakref__", "_before", "_first", "_prints", "_values", "changed", "rows")

    def __init__(self, rows: Sequence[Row], before: "Months | None" = None) -> None:
        self.rows = tuple(rows)
        self._before = None if before is None else ref(before)
        self.changed = (0, 0) if before is None else _changed(before.rows, self.rows)
        years = [row[0] for row in rows]
        self._first = first = min(years, default=0) * 12 + 3
        size = 12 * (max(years, default=0) - min(years, default=0) + 1) if years else 0
        self._values: list[int | None] = [None] * size
        self._prints: list[int | None] = [None] * size
        for year, cell, *months in rows:
            at = year * 12 + 3 - first
            (self._prints if cell == PRINT else self._values)[at : at + 12] = months

    def follows(self, other: "Months") -> bool:
        """Whether it differs from the other in the months of `changed` alone."""
        return self is other or (self._before is not None and self._before() is other)

    def sum(self, first: int | None, last: int) -> int | None:
        """All months from first to last, added up; None without data."""
        found = [each for each in self._cut(self._values, first, last) if each is not None]
        return sum(found) if found else None

    def last(self, first: int | None, last: int) -> int | None:
        """The last month with data."""
        for each in reversed(self._cut(self._values, first, last)):
            if each is not None:
                return each
        return None

    def newest(self, first: int | None, last: int) -> int | None:
        """Which is the last month with data."""
        start = self._first if first is None else max(first, self._first)
        for number in range(min(last, self._first + len(self._values) - 1), start - 1, -1):
            at = number - self._first
            if self._values[at] is not None or self._prints[at] is not None:
                return number
        return None

    def _cut(self, of: list[int | None], first: int | None, last: int) -> list[int | None]:
        start = 0 if first is None else max(first - self._first, 0)
        return of[start : max(last - self._first + 1, 0)]


def _changed(before: Sequence[Row], now: Sequence[Row]) -> tuple[int, int]:
    """The first and last month in which rows differ; they are sorted."""
    old = {row[:2]: row for row in before}
    new = {row[:2]: row for row in now}
    months = [
        key[0] * 12 + 3 + at
        for key in old.keys() | new.keys()
        if old.get(key) != new.get(key)
        for at in range(12)
        if key not in old or key not in new or old[key][2 + at] != new[key][2 + at]
    ]
    return min(months, default=1), max(months, default=0)
