"""Reads of the KPI service: measures, one KPI, a dashboard."""

from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from palika.errors import Invalid
from palika.text import Name
from services.kpi import reference
from services.kpi.domain.formula import Input, Value
from services.kpi.domain.indicators import Aim, Indicator
from services.kpi.domain.judging import judge
from services.kpi.domain.period import Period, financial_year, of_days
from services.kpi.models import Measure
from services.kpi.queries import by_day

_NEEDS_A_PERIOD = "its formula looks at other periods: a whole week, month, quarter, half or year"


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
    """One KPI. With `department`, what events feed is counted of that department.

    Raises:
        NotFound: no KPI has that code.
        Invalid: no such department; or the days are no period, and the formula needs one.
    """
    indicator = reference.city_catalogue().indicator(args["code"])
    _check_department(session, args["department"])
    first, last = args["from_day"], args["to_day"]
    if indicator.formula.shifted and of_days(first, last) is None:
        rule = f"from_day to to_day must be a period for {indicator.code}: {_NEEDS_A_PERIOD}"
        raise Invalid("the days are no period", {"to_day": [rule]})
    (answer,) = _answers(session, [indicator], first, last, args["department"])
    return _scope(args) | answer


def dashboard(session: Session, args: dict[str, Any]) -> dict[str, Any]:
    """Every KPI of a department, or of the city, in the order of the catalogue.

    Raises:
        Invalid: no such department.
    """
    _check_department(session, args["department"])
    indicators = reference.city_catalogue().of(args["department"])
    return _scope(args) | {
        "kpis": list(_answers(session, indicators, args["from_day"], args["to_day"], None))
    }


def _check_department(session: Session, department: str | None) -> None:
    """Refuse a department that has no KPIs and that nothing was ever counted for: most likely it is
    misspelt."""
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


def _period(first: date, last: date) -> Any:
    return select(func.sum(Measure.value).label("value")).where(Measure.day.between(first, last))


def _scope(args: dict[str, Any]) -> dict[str, Any]:
    return {
        "department": args["department"],
        "from_day": args["from_day"].isoformat(),
        "to_day": args["to_day"].isoformat(),
    }


def _answers(
    session: Session,
    indicators: Sequence[Indicator],
    first: date,
    last: date,
    department: str | None,
) -> Iterator[dict[str, Any]]:
    """Each KPI's answer; what all need is read at once."""
    known = reference.city_catalogue()
    exact = of_days(first, last)
    asked: dict[str, dict[Input, by_day.Wanted]] = {}
    for each in indicators:
        if exact is None and each.formula.shifted:
            continue
        period = exact or Period(each.frequency, first, last)
        asked[each.code] = {
            one: by_day.Wanted(one, known.whose(one, each, department), known.days(one, period))
            for one in known.needed(each.formula.inputs)
        }
    found = by_day.read(session, (want for wants in asked.values() for want in wants.values()))
    for each in indicators:
        if each.code not in asked:
            yield _described(each) | _judged(each, None, last) | {"why": _NEEDS_A_PERIOD}
            continue
        values = known.complete({one: found.get(want) for one, want in asked[each.code].items()})
        answer = each.formula.apply(values)
        given = {one: values[one] for one in each.formula.inputs}
        yield (
            _described(each)
            | _judged(each, answer.value, last)
            | {
                "why": answer.why,
                "measures": {str(one): _number(n) for one, n in given.items() if n is not None},
            }
        )


def _described(indicator: Indicator) -> dict[str, Any]:
    known = reference.city_catalogue()
    return {
        "code": indicator.code,
        "owned_by": indicator.department,
        "name": _both(indicator.name),
        "unit": indicator.unit,
        "unit_name": _both(known.units[indicator.unit]),
        "formula": indicator.formula.text,
        "direction": indicator.direction,
        "frequency": indicator.frequency,
        "decimals": indicator.decimals,
        "measures": {},
    }


def _judged(indicator: Indicator, value: Fraction | None, last: date) -> dict[str, Any]:
    """A KPI's value (a number or null), its target, how the two compare, and why in words."""
    judged = judge(indicator, value, financial_year(last))
    return {
        "value": None if value is None else float(indicator.rounded(value)),
        "target": _aim(judged.aim),
        "status": judged.status,
        "short": None if judged.short is None else float(indicator.rounded(judged.short)),
        "judged": _both(judged.words),
    }


def _aim(aim: Aim | None) -> float | list[float] | None:
    """A target: a number; of a band its two ends."""
    if aim is None:
        return None
    return [float(aim.low), float(aim.high)] if aim.is_band else float(aim.low)


def _number(value: Value) -> int | float:
    return value if isinstance(value, int) else float(value)


def _both(name: Name) -> dict[str, str]:
    return {"mr": name.mr, "en": name.en}
