"""The value of a KPI as scorecards take it. All reading of KPIs for marks is here."""

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from services.kpi import queries
from services.kpi.domain.indicators import Indicator
from services.kpi.domain.period import Period, code_of, containing, twelve_months
from services.kpi.domain.programme import Criterion, Link
from services.kpi.domain.scorecard import CITY, Reading, applying
from services.kpi.reference import city_catalogue


def readings(session: Session, criterion: Criterion, subject: str, day: date) -> list[Reading]:
    """The KPIs that a subject's marks of a criterion follow from, as they stood on a day."""
    known = city_catalogue().indicators
    owned = {code: each.department for code, each in known.items()}
    by_events = [code for code, each in known.items() if each.source == "events"]
    links = applying(criterion, subject, owned, by_events)
    return [_reading(session, each, subject, day) for each in links]


def _reading(session: Session, link: Link, subject: str, day: date) -> Reading:
    """Of the KPI's last own period that was over before the day, and has a value or should have one
    by then; or of the twelve months up to the end of that."""
    indicator = city_catalogue().indicator(link.kpi)
    asked = {
        "code": link.kpi,
        "department": None if subject == CITY else subject,
        "from_day": None,
        "to_day": None,
    }
    period = containing(day, indicator.frequency).previous()
    found = queries.kpi(session, asked | {"period": period.code}, day)
    while _awaited(indicator, found, period, day):
        period = period.previous()
        found = queries.kpi(session, asked | {"period": period.code}, day)
    code = period.code
    if link.a_year:
        year = twelve_months(period)
        code = code_of(year[0], period)
        # A year of which some months are not known is no year: few incidents would be of few
        # months.
        without = _without_value(found["series"], year)
        if without:
            why = f"no value of {', '.join(without)}, and twelve months are marked"
            mr = f"{', '.join(without)} यांचे मूल्य नाही; गुण बारा महिन्यांसाठी असतात"
            return Reading(link.kpi, code, None, "no data", None, why, mr)
        days = {"from_day": year[0].first, "to_day": period.last}
        found = queries.kpi(session, asked | {"period": None} | days, day)
    value, status = found["value"], found["status"]
    if value is None:
        why = found["why"]
        return Reading(link.kpi, code, None, status, None, why["en"], why["mr"])
    of, partial = found["covers"], found["partial"]
    covers = (of["has"], of["of"]) if of and of["missing"] else None
    # Few incidents would be of few wards.
    if partial is not None:
        why = partial["en"], partial["mr"]
        return Reading(link.kpi, code, value, "not judged", None, *why, covers)
    share = link.rule.share(Fraction(str(value)), status)
    return Reading(link.kpi, code, value, status, share, covers=covers)


def _awaited(indicator: Indicator, found: Mapping[str, Any], period: Period, day: date) -> bool:
    """Whether a period has no value, or none of all that it should be of, and what it lacks is not
    due before the day."""
    if found["value"] is not None and found["partial"] is None:
        return False
    known = city_catalogue()
    return any(
        known.due(one, period) >= day
        for one, each in zip(indicator.formula.inputs, found["measures"], strict=True)
        if each["value"] is None
        or (found["partial"] is not None and known.measures[one.measure].manual)
    )


def _without_value(series: Sequence[Mapping[str, Any]], of: Sequence[Period]) -> list[str]:
    known = {each["period"] for each in series if each["value"] is not None}
    return [each.code for each in of if each.code not in known]
