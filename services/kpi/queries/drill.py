"""A KPI by its wards, zones, departments, days or months: the formula, worked out for each."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.errors import Invalid
from palika.text import Name
from services.kpi import reference
from services.kpi.describing import both
from services.kpi.domain.formula import NOTHING, Input, Value
from services.kpi.domain.indicators import CITY, Catalogue, Indicator
from services.kpi.domain.judging import judge_over
from services.kpi.domain.parting import adds_up, is_share, of_another
from services.kpi.domain.period import Period, containing
from services.kpi.models import Measure
from services.kpi.queries import by_day
from services.kpi.queries.newest import newest
from services.kpi.queries.one import found
from services.kpi.queries.relied import made_of
from services.kpi.queries.telling import based, judged, number

MOST_PARTS = 400
"""Days or months of one answer."""
_NOWHERE = Name("प्रभाग नोंदवलेला नाही", "of no ward")


class _Part(NamedTuple):
    """A part: of which wards, which department and which period; None: as the whole."""

    key: str
    name: Name | None
    period: Period
    wards: tuple[str, ...] | None
    department: str | None


def drill(session: Session, args: Mapping[str, Any], today: date | None = None) -> dict[str, Any]:
    """A KPI's value by ward, zone, department, day or month, and of the whole.

    `adds_up` says whether the parts, added up, are the whole: a rate is worked out of each part's
    own sums. Parts without data are told, with why. By ward and zone, what is of none is the part
    ''; by department, those that have data of it. With `ward` all is of that one. `units` are those
    of the measures, which are as they are stored: money is in paise.

    Args:
        args: as `DrillArgs` has them.
        today: in Asia/Kolkata; now, if not given.

    Raises:
        NotFound: no KPI has that code.
        Invalid: no such department, ward or period; or the KPI cannot be parted so: `by` says why.
    """
    ask, indicator = found(session, args, today, public=False)
    known, by, department = reference.city_catalogue(), args["by"], args["department"]
    period = newest(session, ask, [indicator], department)[indicator.code].periods[-1]
    _check(indicator, by, department, period)
    ward = args["ward"]
    whole = _Part("", None, period, None if ward is None else (ward,), department)
    place = None if ward is None else _ward(session, indicator, by, ward, whole, known)
    parts = _parts(session, indicator, by, whole, known)
    whole_of = adds_up(indicator.formula, by)
    of_one = of_another(indicator, department, known.measures)
    if ward is not None:
        of_one = of_one or is_share(indicator, "ward", known.measures)
    shares = [of_one, *[of_one or is_share(indicator, by, known.measures)] * len(parts)]
    worked = _worked(session, indicator, [whole, *parts], known, ask.today, shares)
    return {
        "code": indicator.code,
        "name": both(indicator.name),
        "unit": indicator.unit,
        "unit_name": both(known.units[indicator.unit]),
        "decimals": indicator.decimals,
        "formula": indicator.formula.text,
        "units": {str(one): known.measures[one.measure].unit for one in indicator.formula.inputs},
        "direction": indicator.direction,
        "department": department,
        "ward": ward,
        "ward_name": None if place is None else both(place),
        "by": by,
        "period": period.code if ask.coded else None,
        "from_day": period.first.isoformat(),
        "to_day": period.last.isoformat(),
        "adds_up": whole_of,
        "whole": worked[0],
        "parts": worked[1:],
    }


def _check(indicator: Indicator, by: str, department: str | None, period: Period) -> None:
    rule = None
    if by in ("ward", "zone"):
        # Wards make up the zones.
        if by not in indicator.dimensions and not (by == "zone" and indicator.dimensions):
            rule = f"{indicator.code} is not known by {by}"
    elif by == "department":
        if indicator.source != "events":
            rule = f"what {indicator.code} is made of is entered by one department"
        elif department is not None:
            rule = "one department is asked about"
        elif indicator.scope != CITY:
            rule = f"{indicator.code} is of one department"
    elif _parts_of_time(by, period) > MOST_PARTS:
        rule = f"at most {MOST_PARTS} {by}s at a time"
    elif by == "month" and (period.first.day != 1 or (period.last + timedelta(days=1)).day != 1):
        rule = "the period is not of whole months"
    if rule is not None:
        raise Invalid(f"{indicator.code} cannot be parted by {by}", {"by": [rule]})


def _ward(
    session: Session, indicator: Indicator, by: str, ward: str, whole: _Part, known: Catalogue
) -> Name:
    """The name of the ward of which days or months are asked about. Raises Invalid."""
    if by not in ("day", "month"):
        raise Invalid("a ward is one already", {"ward": ["is told by day or month only"]})
    if "ward" not in indicator.dimensions:
        rule = f"{indicator.code} is not known by ward"
        raise Invalid(f"{indicator.code} cannot be told of a ward", {"ward": [rule]})
    name = reference.city_places().wards.get(ward) or (None if ward else _NOWHERE)
    # What was counted of a ward that the city's list has no more is told of it none the less.
    if name is None and ward in _seen(session, indicator, Measure.ward, whole, known):
        name = _named(ward)
    if name is None:
        raise Invalid(f"there is no ward {ward!r:.100}", {"ward": ["is no ward of the city"]})
    return name


def _parts_of_time(by: str, period: Period) -> int:
    """Into how many days or months a period is parted."""
    first, last = period.first, period.last
    if by == "day":
        return (last - first).days + 1
    return 12 * (last.year - first.year) + last.month - first.month + 1


def _parts(
    session: Session, indicator: Indicator, by: str, whole: _Part, known: Catalogue
) -> list[_Part]:
    period = whole.period
    if by in ("day", "month"):
        found, day = [], period.first
        while day <= period.last:
            each = containing(day, by)
            found.append(whole._replace(key=each.code, period=each))
            day = each.last + timedelta(days=1)
        return found
    if by == "department":
        return [
            whole._replace(key=code, name=_department(code, known), department=code)
            for code in _seen(session, indicator, Measure.department, whole, known)
        ]
    places = reference.city_places()
    seen = _seen(session, indicator, Measure.ward, whole, known)
    if by == "ward":
        codes = [*places.wards, *(each for each in seen if each not in places.wards)]
        return [
            whole._replace(key=code, name=places.wards.get(code, _named(code)), wards=(code,))
            for code in codes
            if code or code in seen
        ]
    zones: dict[str, list[str]] = {zone: [zone] for zone in places.zones}
    for ward, zone in places.zone_of.items():
        zones[zone].append(ward)
    rest = [each for each in seen if each not in places.zones and each not in places.zone_of]
    found = [
        whole._replace(key=zone, name=places.zones[zone], wards=tuple(wards))
        for zone, wards in zones.items()
    ]
    return found + ([whole._replace(key="", name=_NOWHERE, wards=tuple(rest))] if rest else [])


def _named(code: str) -> Name:
    return Name(code, code) if code else _NOWHERE


def _department(code: str, known: Catalogue) -> Name:
    return known.departments[code].name if code in known.departments else Name(code, code)


def _seen(
    session: Session, indicator: Indicator, column: Any, whole: _Part, known: Catalogue
) -> list[str]:
    """Which wards or departments have data of what the KPI is made of."""
    codes: set[str] = set()
    for one in known.needed(indicator.formula.inputs):
        window = known.days(one, whole.period)
        query = select(column).where(Measure.measure == one.measure, Measure.day <= window.last)
        of = known.whose(one, indicator, whole.department)
        if of is not None:
            query = query.where(Measure.department == of)
        if window.first is not None and one.aggregation not in ("last", "first"):
            query = query.where(Measure.day >= window.first)
        codes.update(session.scalars(query.distinct()))
    return sorted(codes)


def _worked(
    session: Session,
    indicator: Indicator,
    parts: Sequence[_Part],
    known: Catalogue,
    today: date,
    shares: Sequence[bool],
) -> list[dict[str, Any]]:
    """The value of the whole, the first, and of each part; what all need is read at once.
    `shares`: of each, whether it is a share of what the target is for."""
    needed = known.needed(indicator.formula.inputs)
    asked = [
        {
            one: by_day.Wanted(
                one,
                known.whose(one, indicator, part.department),
                known.days(one, part.period, today),
                part.wards,
            )
            for one in needed
        }
        for part in parts
    ]
    found = by_day.read(session, (want for wants in asked for want in wants.values()))
    made = made_of(session, ((indicator, part.period) for part in parts), known, today)
    places = reference.city_places()
    told = []
    for part, wants, share in zip(parts, asked, shares, strict=True):
        given: dict[Input, Value | None] = {one: found.get(want) for one, want in wants.items()}
        whole = known.complete(given)
        begun = part.period.first <= today
        answer = indicator.formula.apply(whole) if begun else NOTHING
        judgement = judge_over(indicator, answer.value, part.period, today, part=share)
        line = judged(indicator, answer, part.period, known, judgement)
        basis = made[indicator.code, part.period].basis(places, part.wards)
        told.append(
            {"key": part.key, "name": None if part.name is None else both(part.name)}
            | based(line, indicator, answer.value, judgement, basis)
            | {
                "measures": {
                    str(one): number(value)
                    for one in indicator.formula.inputs
                    if begun and (value := whole[one]) is not None
                }
            }
        )
    return told
