"""Sums of measures by the dimensions asked for: of what adds up."""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from palika.errors import Invalid, NotFound
from services.kpi import reference
from services.kpi.domain.nearest import did_you_mean
from services.kpi.models import Measure


def measures(session: Session, args: dict[str, Any]) -> dict[str, Any]:
    """Sums of measures, grouped by the dimensions asked for; `truncated` when `limit` cut them.

    With `group_by` empty, one row for all, or none without data.
    Of a distribution it is how many values there are. Levels are added up over places, never over
    days; distinct counts not at all: such a measure is refused when it is asked for, and left out
    when none is. A distribution is left out where its row would be one with other measures'.

    Raises:
        NotFound: no such measure: the catalogue has none, and nothing was ever counted of one.
        Invalid: no such department; or the measure does not add up so.
    """
    check_department(session, args["department"])
    _check_measure(session, args["measure"])
    left_out = _left_out(args["measure"], args["group_by"])
    group = [getattr(Measure, name) for name in dict.fromkeys(args["group_by"])]
    query = (
        select(func.sum(Measure.value).label("value"), *group)
        .where(Measure.day.between(args["from_day"], args["to_day"]))
        .group_by(*group)
    )
    if left_out:
        query = query.where(Measure.measure.not_in(left_out))
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


def _left_out(measure: str | None, group_by: Collection[str]) -> list[str]:
    """The measures that are not to be added up. Raises Invalid: the one that is asked for is."""
    rules = {"distinct": "who is counted on two days or in two places is one: ask `kpi`"}
    if "day" not in group_by:
        rules["level"] = "a level does not add up over days: ask with group_by day, or `kpi`"
    known = reference.city_catalogue().measures
    if measure is not None:
        rule = rules.get(known[measure].kind) if measure in known else None
        if rule is not None:
            raise Invalid(f"{measure} does not add up", {"measure": [rule]})
        return []
    kinds = rules.keys() if "measure" in group_by else rules.keys() | {"distribution"}
    return [each.code for each in known.values() if each.kind in kinds]


def _check_measure(session: Session, code: str | None) -> None:
    """Refuse a measure that there never was. Raises NotFound, with the nearest that there is."""
    known = reference.city_catalogue().measures
    if code is None or code in known:
        return
    if session.scalar(select(Measure.day).where(Measure.measure == code).limit(1)) is None:
        hint = did_you_mean(code, known)
        raise NotFound(f"There is no measure {code!r}{hint or '.'}", {"measure": code})


def check_department(session: Session, department: str | None) -> None:
    """Refuse a department that has no KPIs and that nothing was ever counted for: most likely it is
    misspelt.

    Raises:
        Invalid: on `department`.
    """
    known = reference.city_catalogue()
    if department is None or department in known.departments:
        return
    # By measure first, as the primary key is ordered.
    counted = select(Measure.day).where(
        Measure.measure.in_(known.measures), Measure.department == department
    )
    if session.scalar(counted.limit(1)) is None:
        hint = did_you_mean(department, known.departments)
        rule = f"nothing was ever counted for {department!r}{hint}"
        raise Invalid("unknown department", {"department": [rule]})
