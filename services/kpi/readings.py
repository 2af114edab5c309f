"""Reading what formulas need from the measures: few statements, however many KPIs ask.

Sketches are merged before they are asked: a percentile of the city is that of all its departments'
values, and who was counted in two departments is counted once.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from sqlalchemy import Select, func, literal, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from services.kpi.domain import sketches
from services.kpi.domain.formula import Input, Value
from services.kpi.domain.period import Window
from services.kpi.models import Measure


class Wanted(NamedTuple):
    """An input over days, of one department or (None) of all."""

    input: Input
    department: str | None
    days: Window


def read(session: Session, wanted: Iterable[Wanted]) -> dict[Wanted, Value]:
    """The value of each that has data: one statement for each aggregation and window of days."""
    groups: dict[tuple[str, Window], list[Wanted]] = defaultdict(list)
    for each in dict.fromkeys(wanted):
        aggregation = each.input.aggregation
        groups[_AS.get(aggregation, aggregation), each.days].append(each)
    found: dict[Wanted, Value] = {}
    for (how, days), members in groups.items():
        rows = _ROWS[how](session, days, sorted({each.input.measure for each in members}))
        for each in members:
            by_department = rows.get(each.input.measure, {})
            of = list(by_department) if each.department is None else [each.department]
            value = _value(each.input, [by_department[one] for one in of if one in by_department])
            if value is not None:
                found[each] = value
    return found


_AS = {"percentile": "sum", "distinct": "sum", "first": "last"}
"""What is read in the same way as another aggregate."""
Cells = Mapping[int, Value]
"""What is in each cell of a sketch; what is no sketch has the cell 0 alone."""
Rows = Mapping[str, Mapping[str, Cells]]
"""Cells by measure and department."""


def _value(one: Input, departments: list[Cells]) -> Value | None:
    """The value of an input over the departments; None without data."""
    merged: dict[int, Value] = {}
    for cells in departments:
        for cell, value in cells.items():
            merged[cell] = merged.get(cell, 0) + value
    if not merged:
        return None
    if one.aggregation == "percentile":
        return sketches.percentile(_counts(merged), one.q or Fraction(50))
    if one.aggregation == "distinct":
        return sketches.distinct(_counts(merged))
    return merged[0]


def _counts(cells: Cells) -> dict[int, int]:
    return {cell: int(value) for cell, value in cells.items()}


def _within(days: Window, measures: list[str], *columns: Any) -> Select[Any]:
    query = select(Measure.measure, Measure.department, *columns).where(
        Measure.measure.in_(measures), Measure.day <= days.last
    )
    return query if days.first is None else query.where(Measure.day >= days.first)


def _sums(session: Session, days: Window, measures: list[str]) -> Rows:
    query = _within(days, measures, Measure.cell, func.sum(Measure.value).label("value"))
    by = (Measure.measure, Measure.department, Measure.cell)
    return _by_department(session, query.group_by(*by))


def _last(session: Session, days: Window, measures: list[str]) -> Rows:
    """Of a level: the last value of each ward, added up."""
    place = (Measure.measure, Measure.department, Measure.ward)
    last = (
        _within(days, measures, Measure.value)
        .ext(distinct_on(*place))
        .order_by(*place, Measure.day.desc())
        .subquery()
    )
    value = func.sum(last.c.value).label("value")
    query = select(last.c.measure, last.c.department, literal(0).label("cell"), value)
    return _by_department(session, query.group_by(last.c.measure, last.c.department))


def _averages(session: Session, days: Window, measures: list[str]) -> Rows:
    """Of a level: the values of a day, over all wards, added up; and the mean of those days."""
    columns = (
        func.sum(Measure.value).label("value"),
        func.count(Measure.day.distinct()).label("days"),
    )
    query = _within(days, measures, *columns).group_by(Measure.measure, Measure.department)
    found: dict[str, dict[str, Cells]] = defaultdict(dict)
    for row in session.execute(query):
        found[row.measure][row.department] = {0: Fraction(int(row.value), row.days)}
    return found


def _by_department(session: Session, query: Select[Any]) -> Rows:
    found: dict[str, dict[str, dict[int, Value]]] = defaultdict(lambda: defaultdict(dict))
    for row in session.execute(query):
        found[row.measure][row.department][row.cell] = int(row.value)
    return found


_ROWS: Mapping[str, Callable[[Session, Window, list[str]], Rows]] = {
    "sum": _sums,
    "last": _last,
    "average": _averages,
}
