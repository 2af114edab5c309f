"""Reports over the whole city, or a part of it: always counted from the rows, never averaged twice.

``pendency`` and ``ageing`` are about what is open now. The others are about what was filed in a
period, and what has become of it: so a figure of a month changes until all of it is done, and
nothing is left out that is late and not done yet. Every row has a ``code`` and ``name`` (None: has
none); ``total`` is of all.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Numeric, cast, func, select, text, tuple_
from sqlalchemy.orm import Session

from palika.errors import Invalid
from palika.india import day_of, end_of, start_of
from services.grievance import promises
from services.grievance.domain.calendar import Calendar
from services.grievance.domain.days import day
from services.grievance.models import IS_OPEN, Grievance
from services.grievance.queries.codes import check_codes
from services.grievance.queries.headings import heading
from services.grievance.reference import calendar, city

AGES = (1, 3, 7, 15, 30)
"""The last working day of each age, except of the last, which has no end."""
DAYS = 90
"""How long a period is when none is given."""
MONTHS = 120
"""A heat map has no more."""

Columns = dict[str, ColumnElement[Any]]


@dataclass(frozen=True, slots=True)
class _Period:
    """Days, both included, as they are seen at a moment."""

    now: datetime
    first: date
    last: date


def report(session: Session, args: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """A report.

    Args:
        session: in a transaction.
        args: as loaded by ``schemas.Reporting``.
        now: what is overdue, and how old something is, is measured by it.

    Returns:
        ``report``, ``by``, ``as_of``, ``from_day``, ``to_day`` (None: all days), ``columns``,
        ``headings`` (of ``by`` and each column, by language), ``rows`` and ``total``.

    Raises:
        Invalid: the period ends before it begins, or is too long for its months, or
            nothing is called by a code.
    """
    check_codes(session, args)
    name, first, last = args["name"], *(_day(args, key, now) for key in ("from_day", "to_day"))
    conditions: list[Any] = []
    if name in _OF_WHAT_IS_OPEN:
        columns = _OF_WHAT_IS_OPEN[name](now)
        conditions.append(IS_OPEN)
    else:
        last = last or day_of(now)
        first = first or last - timedelta(days=DAYS - 1)
        columns = _OF_A_PERIOD[name](_Period(now, first, last))
    if first is not None and last is not None and last < first:
        raise Invalid("the period ends before it begins", {"to_day": [f"is before {first}"]})
    for part in ("department", "ward"):
        if args[part]:
            conditions.append(getattr(Grievance, part).in_(args[part]))
    if first is not None:
        conditions.append(Grievance.filed_at >= start_of(first))
    if last is not None:
        conditions.append(Grievance.filed_at < end_of(last))
    by = args["by"] or ("ward" if name == "heat" else "department")
    group = getattr(Grievance, by)
    found = session.execute(
        select(func.grouping(group).label("all"), group.label("code"), *_labelled(columns))
        .where(*conditions)
        .group_by(func.grouping_sets(tuple_(group), tuple_()))
        .order_by(text('"all", code NULLS LAST'))
    ).mappings()
    *lines, total = [dict(row) for row in found]
    return {
        "report": name,
        "by": by,
        "as_of": now.isoformat(),
        "from_day": first and first.isoformat(),
        "to_day": last and last.isoformat(),
        "columns": list(columns),
        "headings": {column: asdict(heading(column)) for column in (by, *columns)},
        "rows": [
            {"code": row["code"], "name": _name(by, row["code"]), **_figures(row, columns)}
            for row in lines
        ],
        "total": _figures(total, columns),
    }


def _day(args: Mapping[str, Any], key: str, now: datetime) -> date | None:
    return None if args[key] is None else day(args[key], now)


def _pendency(now: datetime) -> Columns:
    runs = Grievance.paused_at.is_(None)
    return {
        "open": func.count(),
        "unassigned": func.count().filter(Grievance.officer.is_(None)),
        "waiting": func.count().filter(~runs),
        "overdue": func.count().filter(runs, Grievance.due_at < now),
        "escalated": func.count().filter(Grievance.escalation_level > 0),
        "escalated_today": func.count().filter(Grievance.escalated_at >= start_of(day_of(now))),
        "reopened": func.count().filter(Grievance.times_reopened > 0),
        "oldest": func.min(Grievance.filed_at),
    }


def _ageing(now: datetime) -> Columns:
    columns: Columns = {"open": func.count()}
    before: datetime | None = None
    for first, last, since in ages(calendar(), now):
        filed = [] if since is None else [Grievance.filed_at >= since]
        if before is not None:
            filed.append(Grievance.filed_at < before)
        columns[f"{first}+" if last is None else f"{first}-{last}"] = func.count().filter(*filed)
        before = since
    return columns


def ages(of: Calendar, now: datetime) -> list[tuple[int, int | None, datetime | None]]:
    """The ages of what is open, in working days: from and to, and the first moment of filing.

    What was filed today, or on a day off since the last working day, is 0 working days old.
    """
    found: list[tuple[int, int | None, datetime | None]] = []
    since, passed, first = day_of(now), 0, 0
    for last in AGES:
        # Back to the day before which the next working day would have passed.
        while passed + of.works_on(since) <= last:
            passed += of.works_on(since)
            since -= timedelta(days=1)
        found.append((first, last, start_of(since)))
        first = last + 1
    return [*found, (first, None, None)]


def _sla(period: _Period) -> Columns:
    done = Grievance.on_time.is_not(None)
    overdue = IS_OPEN & Grievance.paused_at.is_(None) & (Grievance.due_at < period.now)
    on_time = func.count().filter(Grievance.on_time)
    counted = func.count().filter(done | overdue)
    return {
        "filed": func.count(),
        "resolved": func.count().filter(done),
        "on_time": on_time,
        "late": func.count().filter(Grievance.on_time.is_(False)),
        "open_overdue": func.count().filter(overdue),
        "percent": _percent(on_time, counted),
    }


def _reopens(period: _Period) -> Columns:
    again = func.count().filter(Grievance.times_reopened > 0)
    resolved = func.count().filter(Grievance.on_time.is_not(None) | (Grievance.times_reopened > 0))
    return {
        "filed": func.count(),
        "ever_resolved": resolved,
        "reopened": again,
        "times": func.coalesce(func.sum(Grievance.times_reopened), 0),
        "percent": _percent(again, resolved),
    }


def _ratings(period: _Period) -> Columns:
    each = {f"rated_{n}": func.count().filter(Grievance.rating == n) for n in range(1, 6)}
    mean = func.round(func.avg(Grievance.rating), 2)
    return {"filed": func.count(), "rated": func.count(Grievance.rating), **each, "mean": mean}


def _heat(period: _Period) -> Columns:
    columns: Columns = {"filed": func.count(), "open": func.count().filter(IS_OPEN)}
    month = period.first.replace(day=1)
    while month <= period.last:
        following = (month + timedelta(days=31)).replace(day=1)
        within = Grievance.filed_at >= start_of(month), Grievance.filed_at < start_of(following)
        columns[f"{month:%Y-%m}"] = func.count().filter(*within)
        month = following
        if len(columns) > MONTHS + 2:
            raise Invalid("a long time", {"from_day": [f"more than {MONTHS} months are too many"]})
    return columns


_OF_WHAT_IS_OPEN: dict[str, Callable[[datetime], Columns]] = {
    "pendency": _pendency,
    "ageing": _ageing,
}
"""What is counted of what is open at a moment."""
_OF_A_PERIOD: dict[str, Callable[[_Period], Columns]] = {
    "sla": _sla,
    "reopens": _reopens,
    "ratings": _ratings,
    "heat": _heat,
}
"""What is counted of what was filed in a period."""


def _percent(part: ColumnElement[Any], whole: ColumnElement[Any]) -> ColumnElement[Any]:
    """One decimal; None where there is nothing to measure."""
    return func.round(100 * cast(part, Numeric) / func.nullif(whole, 0), 1)


def _labelled(columns: Columns) -> Sequence[ColumnElement[Any]]:
    return [column.label(f"f{at}") for at, column in enumerate(columns.values())]


def _figures(row: Mapping[str, Any], columns: Columns) -> dict[str, Any]:
    return {name: _plain(row[f"f{at}"]) for at, name in enumerate(columns)}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, int) else float(value)


def _name(by: str, code: str | None) -> dict[str, str] | None:
    """What a row is called, by language; posts are codes, and have no other name."""
    if code is None:
        return None
    if by == "ward":
        return promises.ward_name(code)
    if by == "department":
        return promises.department_name(code)
    if by == "officer":
        return {"mr": code, "en": code}
    return asdict(city().category_name(code))
