"""Reads of the KPI service: measures, one KPI, a dashboard."""

from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from palika.errors import Invalid
from services.kpi.domain.indicators import Catalogue, Indicator
from services.kpi.models import Measure
from services.kpi.reference import city_catalogue


def measures(session: Session, args: dict[str, Any]) -> dict[str, Any]:
    """Sums of measures, grouped by the dimensions asked for; `truncated` when `limit` cut them.

    An unknown measure has no rows. With `group_by` empty, one row for all, or none without data.

    Raises:
        Invalid: no such department.
    """
    _check_department(session, args["department"])
    group = [getattr(Measure, name) for name in dict.fromkeys(args["group_by"])]
    query = _period(args["from_day"], args["to_day"]).add_columns(*group).group_by(*group)
    for name in ("measure", "department", "ward"):
        if args[name] is not None:
            query = query.where(getattr(Measure, name) == args[name])
    rows = session.execute(query.order_by(*group).limit(args["limit"] + 1)).mappings().all()
    kept = [
        {key: value.isoformat() if isinstance(value, date) else value for key, value in row.items()}
        | {"value": int(row["value"])}
        for row in rows[: args["limit"]]
        if row["value"] is not None
    ]
    return {"rows": kept, "truncated": len(rows) > args["limit"]}


def kpi(session: Session, args: dict[str, Any]) -> dict[str, Any]:
    """One KPI of a department, or of the city.

    Raises:
        NotFound: no KPI has that code.
        Invalid: no such department.
    """
    known = city_catalogue()
    indicator = known.indicator(args["code"])
    _check_department(session, args["department"])
    sums = _sums(session, args["department"], args["from_day"], args["to_day"])
    return _scope(args) | _answer(indicator, known.complete(sums), known)


def dashboard(session: Session, args: dict[str, Any]) -> dict[str, Any]:
    """Every KPI of a department, or of the city, in the order of the catalogue.

    Raises:
        Invalid: no such department.
    """
    known = city_catalogue()
    _check_department(session, args["department"])
    sums = _sums(session, args["department"], args["from_day"], args["to_day"])
    whole = known.complete(sums)
    answers = [_answer(each, whole, known) for each in known.of(args["department"])]
    return _scope(args) | {"kpis": answers}


def _check_department(session: Session, department: str | None) -> None:
    """Refuse a department that nothing was ever counted for: most likely it is misspelt."""
    if department is None:
        return
    # By measure first, as the primary key is ordered.
    counted = select(Measure.day).where(
        Measure.measure.in_(city_catalogue().measures), Measure.department == department
    )
    if session.scalar(counted.limit(1)) is None:
        rule = f"nothing was ever counted for {department!r}"
        raise Invalid("unknown department", {"department": [rule]})


def _period(first: date, last: date) -> Any:
    return select(func.sum(Measure.value).label("value")).where(Measure.day.between(first, last))


def _sums(session: Session, department: str | None, first: date, last: date) -> dict[str, int]:
    query = _period(first, last).add_columns(Measure.measure).group_by(Measure.measure)
    if department is not None:
        query = query.where(Measure.department == department)
    return {row.measure: int(row.value) for row in session.execute(query)}


def _scope(args: dict[str, Any]) -> dict[str, Any]:
    return {
        "department": args["department"],
        "from_day": args["from_day"].isoformat(),
        "to_day": args["to_day"].isoformat(),
    }


def _answer(indicator: Indicator, sums: dict[str, int], known: Catalogue) -> dict[str, Any]:
    """A KPI's value (a number, or null and `why`), its target and how the two compare.

    The departments of a KPI do not limit a question about it: the measures do.
    """
    answer = indicator.formula.apply(sums)
    value = None if answer.value is None else indicator.rounded(answer.value)
    return {
        "code": indicator.code,
        "name": dict(indicator.name),
        "unit": indicator.unit,
        "unit_name": dict(known.units[indicator.unit]),
        "formula": indicator.formula.text,
        "direction": indicator.direction,
        "decimals": indicator.decimals,
        "target": None if indicator.target is None else float(indicator.target),
        "value": None if value is None else float(value),
        "status": indicator.status(answer.value),
        "why": answer.why,
        "measures": {name: sums[name] for name in sorted(indicator.formula.measures & sums.keys())},
    }
