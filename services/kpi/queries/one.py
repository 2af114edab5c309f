"""One KPI, with everything that makes it: its formula, its measures, its target and its past."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.errors import Invalid, NotFound
from palika.india import day_of
from services.kpi import reference
from services.kpi.describing import both, described
from services.kpi.domain.feeds import heard_of
from services.kpi.domain.formula import Input, Value
from services.kpi.domain.indicators import Catalogue, Indicator
from services.kpi.domain.judging import judge_over
from services.kpi.domain.parting import of_another
from services.kpi.queries.asking import NEEDS_A_PERIOD, POINTS, Asked, asked
from services.kpi.queries.by_month import month_of
from services.kpi.queries.defined import defined
from services.kpi.queries.measures import check_department
from services.kpi.queries.newest import newest
from services.kpi.queries.plans import Told
from services.kpi.queries.relied import relied
from services.kpi.queries.series import heard
from services.kpi.queries.telling import based, judged_last, number, rounded, told


def kpi(
    session: Session, args: Mapping[str, Any], today: date | None = None, public: bool = False
) -> dict[str, Any]:
    """One KPI. With `department`, what events feed is counted of that one.

    Args:
        args: as `KpiArgs` has them.
        today: in Asia/Kolkata; now, if not given.
        public: for somebody who is not of the staff.

    Raises:
        NotFound: no KPI has that code, or none that the public may see.
        Invalid: no such department or period; another department enters all that it is made of; or
            the days are none, and the formula needs one.
    """
    ask, indicator = found(session, args, today, public)
    known, department = reference.city_catalogue(), args["department"]
    shown = newest(session, ask, [indicator], department)[indicator.code]
    _, periods, of, so_far = shown
    score = relied(session, {indicator.code: shown}, known, ask)[indicator.code]
    share = of_another(indicator, department, known.measures)
    feeds = heard_of(indicator, known.measures, heard(session, month_of(ask.today)))
    line = told(indicator, periods, of, known, ask.today, so_far, part=share, heard=feeds)
    judged = judged_last(indicator, of, periods[-1], ask.today, part=share)
    line = based(line, indicator, of.answers[-1].value, judged, score.basis)
    answers = list(zip(periods, of.answers, strict=True))[-POINTS:]
    return (
        {"asked_of": department}
        | described(indicator, known)
        | {"owned_by": indicator.department}
        | line
        | {
            "quality": score.whole,
            "defined": defined(session, indicator.code),
            "measures": inputs(indicator, of, known, department),
            "series": [
                {
                    "period": period.code if ask.coded else None,
                    "value": rounded(indicator, answer.value),
                    "status": line["status"]
                    if period is periods[-1]
                    else judge_over(indicator, answer.value, period, ask.today, part=share).status,
                }
                for period, answer in answers
            ],
        }
    )


def found(
    session: Session, args: Mapping[str, Any], today: date | None, public: bool
) -> tuple[Asked, Indicator]:
    """The KPI and the period that are asked about, checked; raises as `kpi`."""
    code = args["code"]
    known = reference.city_catalogue()
    # The public is not told which other codes there are.
    if public and (code not in known.indicators or not known.indicator(code).public):
        raise NotFound(f"There is no KPI with the code {code!r}.", {"code": code})
    indicator = known.indicator(code)
    check_department(session, args["department"])
    _check_counted_of(indicator, args["department"])
    ask = asked(args, today or day_of(datetime.now(UTC)), public)
    if not ask.answerable(indicator):
        rule = f"from_day to to_day must be a period for {indicator.code}: {NEEDS_A_PERIOD}"
        raise Invalid("the days are no period", {"to_day": [rule]})
    return ask, indicator


def _check_counted_of(indicator: Indicator, department: str | None) -> None:
    """Refuse to tell of one department what another alone enters. Raises Invalid."""
    if department in (None, indicator.department) or indicator.source != "manual":
        return
    rule = f"{indicator.code} is entered by {indicator.department}: nothing of it is {department}'s"
    raise Invalid("a KPI of another department", {"department": [rule]})


def inputs(
    indicator: Indicator, of: Told, known: Catalogue, department: str | None
) -> list[dict[str, Any]]:
    """What the formula was given in the last period, true zeros included; null: no data."""
    whole = known.complete(dict(zip(of.inputs, of.given[-1], strict=True)))
    return [
        _input(one, whole[one], known, known.whose(one, indicator, department))
        for one in indicator.formula.inputs
    ]


def _input(
    one: Input, value: Value | None, known: Catalogue, department: str | None
) -> dict[str, Any]:
    info = known.measures[one.measure]
    told_in = None if value is None else number(value)
    if told_in is not None and info.decimals and one.aggregation != "distinct":
        told_in /= 10**info.decimals
    return {
        "measure": one.measure,
        "name": both(info.name),
        "as": one.aggregation,
        "q": None if one.q is None else float(one.q),
        "over": str(one.shift) or "period",
        "department": department,
        "unit": info.unit,
        "unit_name": both(known.units[info.unit]),
        "decimals": info.decimals,
        "entered": info.every,
        "value": told_in,
    }
