"""What measures have been in each month, read from `measure_year`: one statement for all of them.

A month of a sketch is known by its fingerprint (`models.MeasureYear`): its cells are read once, and
again only when it has changed. All that is remembered here is remembered by what it was worked out
of, so nothing ever has to be forgotten.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from services.kpi.domain.formula import Input, Value
from services.kpi.models import MONTHS, PRINT
from services.kpi.queries.by_day import value_of

_MOST = 50_000
_EARLIEST, _LATEST = -32_768, 32_767

Row = tuple[Any, ...]
"""year, cell, and the twelve months from April."""


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
    of it is known by that.
    """

    __slots__ = ("_first", "_prints", "_values", "rows")

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = tuple(rows)
        years = [row[0] for row in rows]
        self._first = first = min(years, default=0) * 12 + 3
        size = 12 * (max(years, default=0) - min(years, default=0) + 1) if years else 0
        self._values: list[int | None] = [None] * size
        self._prints: list[int | None] = [None] * size
        for year, cell, *months in rows:
            at = year * 12 + 3 - first
            (self._prints if cell == PRINT else self._values)[at : at + 12] = months

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

    def content(self, first: int | None, last: int) -> tuple[Any, ...]:
        """What is known of the months of a sketch without its cells; () without data."""
        values = self._cut(self._values, first, last)
        prints = self._cut(self._prints, first, last)
        return tuple(each for each in zip(values, prints, strict=True) if each != (None, None))

    def _cut(self, of: list[int | None], first: int | None, last: int) -> list[int | None]:
        start = 0 if first is None else max(first - self._first, 0)
        return of[start : max(last - self._first + 1, 0)]


_PLAIN = f"""
    SELECT y.measure, y.department, y.year, y.cell, {", ".join(f"y.{m}" for m in MONTHS)}
    FROM unnest(%s::text[], %s::text[], %s::int[]) AS asked (measure, department, first)
    JOIN measure_year AS y ON y.measure = asked.measure AND y.department = asked.department
    AND y.year >= asked.first AND y.cell <= 0
    UNION ALL
    SELECT y.measure, NULL, y.year, y.cell, {", ".join(f"sum(y.{m})::bigint" for m in MONTHS)}
    FROM unnest(%s::text[], %s::int[]) AS asked (measure, first)
    JOIN measure_year AS y ON y.measure = asked.measure AND y.year >= asked.first AND y.cell <= 0
    GROUP BY y.measure, y.year, y.cell
"""
_CELLS = f"""
    SELECT y.measure, asked.department, y.year, y.cell, {
    ", ".join(f"sum(y.{m})::bigint" for m in MONTHS)
}
    FROM unnest(%s::text[], %s::text[], %s::int[]) AS asked (measure, department, first)
    JOIN measure_year AS y ON y.measure = asked.measure AND y.year >= asked.first
    AND (asked.department IS NULL OR y.department = asked.department)
    GROUP BY y.measure, asked.department, y.year, y.cell
"""


class Reading:
    """Which measures to read and from which financial year on; made once, read often."""

    def __init__(self, asked: Mapping[Pair, int | None]) -> None:
        self.asked = dict(asked)
        own = [(*pair, year) for pair, year in asked.items() if pair.department is not None]
        city = [(pair.measure, year) for pair, year in asked.items() if pair.department is None]
        self._arguments = (
            *(_array([row[n] for row in own]) for n in (0, 1)),
            _array([_EARLIEST if row[2] is None else row[2] for row in own]),
            _array([row[0] for row in city]),
            _array([_EARLIEST if row[1] is None else row[1] for row in city]),
        )
        self._kept: dict[Pair, Months] = {}

    def read(self, session: Session) -> dict[Pair, Months]:
        """The months of each."""
        connection = session.connection()
        rows: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
        for row in connection.exec_driver_sql(_PLAIN, self._arguments).cursor:
            rows[row[:2]].append(row[2:])
        found: dict[Pair, Months] = {}
        for pair in self.asked:
            now = tuple(sorted(rows.get(pair, ()), key=_place))
            kept = self._kept.get(pair)
            if kept is None or kept.rows != now:
                kept = self._kept[pair] = Months(now)
            found[pair] = kept
        return found


def _place(row: Row) -> tuple[int, int]:
    return row[0], row[1]


def _array(values: Iterable[str | int | None]) -> str:
    """A PostgreSQL array literal."""
    return "{" + ",".join(map(_element, values)) + "}"


def _element(value: str | int | None) -> str:
    if isinstance(value, str):
        escaped = value.replace("\\", r"\\").replace('"', r"\"")
        return f'"{escaped}"'
    return "NULL" if value is None else str(value)


class Sketched(NamedTuple):
    """An input that is read from a sketch, and its months (`first` None: all before `last`)."""

    pair: Pair
    input: Input
    first: int | None
    last: int


class Sketches:
    """What was worked out of sketches, by their content."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], Value | None] = {}

    def value(self, one: Sketched, months: Months) -> Value | None:
        """The value of one whose content is known; see `learn`."""
        content = months.content(one.first, one.last)
        return self._known[_key(one, content)] if content else None

    def unknown(self, one: Sketched, months: Months) -> bool:
        """Whether its cells have to be read."""
        content = months.content(one.first, one.last)
        return bool(content) and _key(one, content) not in self._known

    def learn(
        self, session: Session, asked: Sequence[Sketched], months: dict[Pair, Months]
    ) -> None:
        """Read the cells of those that are unknown, and work them out.

        What has changed since `months` was read is replaced there: all that is worked out is known
        by what it was worked out of.
        """
        if len(self._known) > _MOST:
            self._known.clear()
        pairs = {one.pair for one in asked if self.unknown(one, months[one.pair])}
        if not pairs:
            return
        again = [one for one in asked if one.pair in pairs]
        first: dict[Pair, int] = {}
        for one in again:
            year = _EARLIEST if one.first is None else (one.first - 3) // 12
            first[one.pair] = min(year, first.get(one.pair, _LATEST))
        plain, cells = _cells(session, first)
        for pair, year in first.items():
            before = [row for row in months[pair].rows if row[0] < year]
            now = Months([*before, *sorted(plain[pair], key=_place)])
            if now.rows != months[pair].rows:
                months[pair] = now
        for one in again:
            content = months[one.pair].content(one.first, one.last)
            if content and _key(one, content) not in self._known:
                merged: dict[int, Value] = {}
                for number, of_month in cells[one.pair].items():
                    if (one.first is None or number >= one.first) and number <= one.last:
                        for cell, value in of_month.items():
                            merged[cell] = merged.get(cell, 0) + value
                self._known[_key(one, content)] = value_of(one.input, merged)


def _cells(
    session: Session, first: Mapping[Pair, int]
) -> tuple[dict[Pair, list[Row]], dict[Pair, dict[int, dict[int, int]]]]:
    """The plain rows of each from a financial year on, and its cells by month."""
    arguments = (
        _array([pair.measure for pair in first]),
        _array([pair.department for pair in first]),
        _array(first.values()),
    )
    rows: dict[Pair, list[Row]] = defaultdict(list)
    cells: dict[Pair, dict[int, dict[int, int]]] = defaultdict(lambda: defaultdict(dict))
    for measure, department, year, cell, *months in session.connection().exec_driver_sql(
        _CELLS, arguments
    ):
        pair = Pair(measure, department)
        if cell <= 0:
            rows[pair].append((year, cell, *months))
        if cell != PRINT:
            for number, value in enumerate(months, year * 12 + 3):
                if value is not None:
                    cells[pair][number][cell] = value
    return rows, cells


def _key(one: Sketched, content: tuple[Any, ...]) -> tuple[Any, ...]:
    return one.pair, one.input.aggregation, one.input.q, content
