"""What formulas need over days that are not whole months, read from `measure`.

One statement for each aggregate, however many measures, departments and windows are asked about.
Sketches are merged before they are asked: a percentile of the city is that of all its departments'
values, and who was counted in two departments is counted once.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.kpi.domain import sketches
from services.kpi.domain.formula import Input, Value
from services.kpi.domain.period import Window


class Wanted(NamedTuple):
    """An input over days, of one department and of some wards; None: of all."""

    input: Input
    department: str | None
    days: Window
    wards: tuple[str, ...] | None = None


Cells = Mapping[int, Value]
"""What is in each cell of a sketch; what is no sketch has the cell 0 alone."""

# A branch for those of one department and one for those of all: each reads along the key.
_ASKED = """
    SELECT * FROM unnest(
        CAST(:n AS int[]), CAST(:measure AS text[]), CAST(:department AS text[]),
        CAST(:first AS date[]), CAST(:last AS date[]), CAST(:ward AS text[])
    ) AS asked (n, measure, department, first, last, ward)
"""
_FROM = """
    FROM asked JOIN measure AS m ON m.measure = asked.measure AND m.day <= asked.last
    AND (asked.ward IS NULL OR m.ward = asked.ward)
"""
_DEPARTMENTS = ("AND m.department = asked.department", "AND asked.department IS NULL")


def _both(each: str) -> str:
    return " UNION ALL ".join(each.replace("{department}", which) for which in _DEPARTMENTS)


_SUMS = text(f"""
    WITH asked AS ({_ASKED})
    {
    _both(f'''
    SELECT n, m.cell, sum(m.value) {_FROM} {{department}}
    AND m.day >= coalesce(asked.first, '-infinity') GROUP BY n, m.cell
    ''')
}
""")
# The newest entry of all wards must be in the window; of each ward the last counts, however old: so
# what a ward is asked for is what it counts for in the whole (`domain/sides.py`). Where a measure
# was entered by ward and then for the whole city, the wards' values end where the city's begins:
# what counts is of the kind of places of which the newest is (`reading.by`), entered since the last
# of another kind. Nearly all are of one kind all along; only of the others that is looked for.
_LAST = text(f"""
    WITH asked AS ({_ASKED}), whole AS (
        SELECT DISTINCT n, measure, department, first, last FROM asked
    ), last AS ({
    _both(
        '''
    SELECT * FROM (
        SELECT DISTINCT ON (n, m.department, m.ward)
        n, asked.first, asked.last, m.measure, m.department, m.ward, m.day, m.value
        FROM whole AS asked JOIN measure AS m ON m.measure = asked.measure AND m.day <= asked.last
        {department} ORDER BY n, m.department, m.ward, m.day DESC
    ) AS each
    '''
    )
}), meant AS (
        SELECT last.*, by,
        first_value(by) OVER (PARTITION BY n, last.department ORDER BY last.day DESC, by) AS newest
        FROM last LEFT JOIN reading ON reading.in_force
        AND reading.department = last.department AND reading.measure = last.measure
        AND reading.place = last.ward AND reading.day = last.day
    ), changed AS (
        SELECT department, measure FROM reading
        WHERE in_force AND (department, measure) IN (SELECT department, measure FROM last)
        GROUP BY department, measure HAVING count(DISTINCT by) > 1
    ), ended AS (
        SELECT n, department, max(reading.day) AS day FROM (
            SELECT DISTINCT n, department, measure, last, newest FROM meant
        ) AS each JOIN changed USING (department, measure)
        JOIN reading USING (department, measure)
        WHERE in_force AND reading.day <= last AND by IS DISTINCT FROM newest
        GROUP BY n, department
    ), counts AS (
        SELECT meant.*, bool_or(meant.day >= meant.first) OVER (PARTITION BY meant.n) AS fresh
        FROM meant LEFT JOIN ended ON ended.n = meant.n AND ended.department = meant.department
        WHERE by IS NOT DISTINCT FROM newest AND meant.day > coalesce(ended.day, '-infinity')
    )
    SELECT counts.n, 0, sum(value) FROM counts JOIN asked ON asked.n = counts.n
    WHERE fresh AND (asked.ward IS NULL OR asked.ward = counts.ward)
    GROUP BY counts.n
""")  # noqa: S608 constants of the code alone, values are bound
# The values of a day, over all wards, added up; and the mean of those days.
_AVERAGES = text(f"""
    WITH asked AS ({_ASKED})
    {
    _both(f'''
    SELECT n, m.department, sum(m.value), count(DISTINCT m.day) {_FROM} {{department}}
    AND m.day >= asked.first GROUP BY n, m.department
    ''')
}
""")


def read(session: Session, wanted: Iterable[Wanted]) -> dict[Wanted, Value]:
    """The value of each that has data."""
    groups: dict[str, list[Wanted]] = defaultdict(list)
    for each in dict.fromkeys(wanted):
        aggregation = each.input.aggregation
        groups[_AS.get(aggregation, aggregation)].append(each)
    found: dict[Wanted, Value] = {}
    for how, members in groups.items():
        for each, cells in _ROWS[how](session, members).items():
            value = value_of(each.input, cells)
            if value is not None:
                found[each] = value
    return found


_AS = {"percentile": "sum", "distinct": "sum", "first": "last"}
"""What is read in the same way as another aggregate."""


def value_of(one: Input, cells: Cells) -> Value | None:
    """The value of an input, from its cells; None without data."""
    if not cells:
        return None
    if one.aggregation == "percentile":
        return sketches.percentile(_counts(cells), one.q or Fraction(50))
    if one.aggregation == "distinct":
        return sketches.distinct(_counts(cells))
    return cells[0]


def _counts(cells: Cells) -> dict[int, int]:
    return {cell: int(value) for cell, value in cells.items()}


def _asked(members: Sequence[Wanted]) -> dict[str, list[Any]]:
    rows = [
        (n, each.input.measure, each.department, each.days.first, each.days.last, ward)
        for n, each in enumerate(members)
        for ward in (each.wards if each.wards is not None else (None,))
    ]
    names = ("n", "measure", "department", "first", "last", "ward")
    return {name: [row[at] for row in rows] for at, name in enumerate(names)}


def _sums(session: Session, members: Sequence[Wanted]) -> dict[Wanted, Cells]:
    return _cells(session, _SUMS, members)


def _last(session: Session, members: Sequence[Wanted]) -> dict[Wanted, Cells]:
    """Of a level: the last value of each ward, added up."""
    return _cells(session, _LAST, members)


def _cells(session: Session, query: Any, members: Sequence[Wanted]) -> dict[Wanted, Cells]:
    found: dict[Wanted, dict[int, Value]] = {}
    for n, cell, value in session.execute(query, _asked(members)):
        found.setdefault(members[n], {})[cell] = int(value)
    return dict(found)


def _averages(session: Session, members: Sequence[Wanted]) -> dict[Wanted, Cells]:
    found: dict[Wanted, Cells] = {}
    for n, _, value, days in session.execute(_AVERAGES, _asked(members)):
        before = found.get(members[n], {0: 0})[0]
        found[members[n]] = {0: before + Fraction(int(value), days)}
    return found


_ROWS: Mapping[str, Callable[[Session, Sequence[Wanted]], dict[Wanted, Cells]]] = {
    "sum": _sums,
    "last": _last,
    "average": _averages,
}
