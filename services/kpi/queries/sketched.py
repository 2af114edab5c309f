"""What sketches say of months: worked out once, and again only of the cells that have changed."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from services.kpi.domain.formula import Input, Value
from services.kpi.domain.sketches import Registers
from services.kpi.queries.by_day import value_of
from services.kpi.queries.by_month import Pair, Row

_EARLIEST = -32_768
_MOST = 200
"""Spans of a sketch that are remembered."""


class Sketched(NamedTuple):
    """An input that is read from a sketch, and its months (`first` None: all before `last`)."""

    pair: Pair
    input: Input
    first: int | None
    last: int


class _Span:
    """The cells of some months, added up, and what they were found to say."""

    def __init__(self, first: int | None, last: int) -> None:
        self._first, self._last = first, last
        self._counts: dict[int, Value] = {}
        self._months: dict[int, int] = {}
        """How many months of each cell are there: without any it is no cell, and not one of 0."""
        self._registers: Registers | None = None
        self._known: dict[Input, Value | None] = {}

    def move(
        self,
        year: int,
        cell: int,
        before: tuple[int | None, ...] | None,
        now: tuple[int | None, ...],
    ) -> None:
        """A cell of a financial year has changed, from what it was in its months."""
        start = year * 12 + 3
        first = 0 if self._first is None else max(self._first - start, 0)
        last = self._last - start + 1
        if last <= first:
            return
        came = [each for each in now[first:last] if each is not None]
        gone = [each for each in (before or ())[first:last] if each is not None]
        if not came and not gone:
            return
        was = int(self._counts.get(cell, 0))
        after = was + sum(came) - sum(gone)
        months = self._months.get(cell, 0) + len(came) - len(gone)
        if months:
            self._counts[cell], self._months[cell] = after, months
        else:
            self._counts.pop(cell, None)
            self._months.pop(cell, None)
        if self._registers is not None:
            self._registers.move(cell, was, after)
        self._known.clear()

    def value(self, one: Input) -> Value | None:
        """What the cells say; None without data."""
        if one not in self._known:
            self._known[one] = self._worked_out(one)
        return self._known[one]

    def _worked_out(self, one: Input) -> Value | None:
        if one.aggregation != "distinct" or not self._counts:
            return value_of(one, self._counts)
        if self._registers is None:
            self._registers = Registers()
            for cell, count in self._counts.items():
                self._registers.move(cell, 0, int(count))
        return self._registers.distinct()


class Sketch:
    """A measure of one department, or of all: the spans of months that were asked about."""

    def __init__(self) -> None:
        self._spans: dict[tuple[int | None, int], _Span] = {}

    def value(self, one: Sketched, rows: Callable[[range], Iterable[Row]]) -> Value | None:
        """What it says; `rows` gives its cells in some years, if they have to be added up."""
        key = one.first, one.last
        span = self._spans.get(key)
        if span is None:
            while len(self._spans) >= _MOST:
                del self._spans[next(iter(self._spans))]
            span = self._spans[key] = _Span(*key)
            since = _EARLIEST if one.first is None else (one.first - 3) // 12
            for year, cell, *months in rows(range(since, (one.last - 3) // 12 + 1)):
                span.move(year, cell, None, tuple(months))
        return span.value(one.input)

    def move(
        self,
        year: int,
        cell: int,
        before: tuple[int | None, ...] | None,
        now: tuple[int | None, ...],
    ) -> None:
        """A cell has changed."""
        if before != now:
            for span in self._spans.values():
                span.move(year, cell, before, now)
