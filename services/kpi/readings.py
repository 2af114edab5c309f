"""Reading what formulas need from the measures: few statements, however many KPIs ask."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

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
        groups[each.input.aggregation, each.days].append(each)
    found: dict[Wanted, Value] = {}
    for (aggregation, days), members in groups.items():
        rows = _ROWS[aggregation](session, days, sorted({each.input.measure for each in members}))
        for each in members:
            by_department = rows.get(each.input.measure, {})
            if each.department is None:
                values = list(by_department.values())
            else:
                values = (
                    [by_department[each.department]] if each.department in by_department else []
                )
            if values:
                found[each] = sum(values)
    return found


Rows = Mapping[str, Mapping[str, Value]]
"""Values by measure and department."""


def _within(days: Window, measures: list[str], *columns: Any) -> Select[Any]:
    query = select(Measure.measure, Measure.department, *columns).where(
        Measure.measure.in_(measures), Measure.day <= days.last
    )
    return query if days.first is None else query.where(Measure.day >= days.first)


def _sums(session: Session, days: Window, measures: list[str]) -> Rows:
    query = _within(days, measures, func.sum(Measure.value).label("value"))
    return _by_department(session, query.group_by(Measure.measure, Measure.department))


def _last(session: Session, days: Window, measures: list[str]) -> Rows:
    """Of a level: the last value of each ward, added up."""
    place = (Measure.measure, Measure.department, Measure.ward)
    last = (
        _within(days, measures, Measure.value)
        .ext(distinct_on(*place))
        .order_by(*place, Measure.day.desc())
        .subquery()
    )
    query = select(last.c.measure, last.c.department, func.sum(last.c.value).label("value"))
    return _by_department(session, query.group_by(last.c.measure, last.c.department))


def _averages(session: Session, days: Window, measures: list[str]) -> Rows:
    """Of a level: the values of a day, over all wards, added up; and the mean of those days."""
    columns = (
        func.sum(Measure.value).label("value"),
        func.count(Measure.day.distinct()).label("days"),
    )
    query = _within(days, measures, *columns).group_by(Measure.measure, Measure.department)
    found: dict[str, dict[str, Value]] = defaultdict(dict)
    for row in session.execute(query):
        found[row.measure][row.department] = Fraction(int(row.value), row.days)
    return found


def _by_department(session: Session, query: Select[Any]) -> Rows:
    found: dict[str, dict[str, Value]] = defaultdict(dict)
    for row in session.execute(query):
        found[row.measure][row.department] = int(row.value)
    return found


_ROWS = {"sum": _sums, "last": _last, "first": _last, "average": _averages}
