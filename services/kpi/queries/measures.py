"""Sums of measures by the dimensions asked for."""

from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from palika.errors import Invalid
from services.kpi import reference
from services.kpi.models import Measure


def measures(session: Session, args: dict[str, Any]) -> dict[str, Any]:
    """Sums of measures, grouped by the dimensions asked for; `truncated` when `limit` cut them.

    An unknown measure has no rows. With `group_by` empty, one row for all, or none without data.

    Raises:
        Invalid: no such department.
    """
    check_department(session, args["department"])
    group = [getattr(Measure, name) for name in dict.fromkeys(args["group_by"])]
    query = (
        select(func.sum(Measure.value).label("value"), *group)
        .where(Measure.day.between(args["from_day"], args["to_day"]))
        .group_by(*group)
    )
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
        rule = f"nothing was ever counted for {department!r}"
        raise Invalid("unknown department", {"department": [rule]})
