"""The value of a KPI as scorecards take it. All reading of KPIs for marks is here."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from services.kpi import queries
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
    """Of the KPI's last own period that was over on the day, or ended with it; or of the twelve
    months up to the end of that."""
    indicator = city_catalogue().indicator(link.kpi)
    period = containing(day, indicator.frequency)
    if period.last > day:
        period = period.previous()
    asked = {
        "code": link.kpi,
        "department": None if subject == CITY else subject,
        "period": period.code,
        "from_day": None,
        "to_day": None,
    }
    # At the end of the day: what ends with it is over.
    end = day + timedelta(days=1)
    found, code = queries.kpi(session, asked, end), period.code
    if link.a_year:
        year = twelve_months(period)
        code = code_of(year[0], period)
        # A year of which some months are not known is no year: few incidents would be of few
        # months.
        without = _without_value(found["series"], year)
        if without:
            why = f"no value of {', '.join(without)}, and twelve months are marked"
            return Reading(link.kpi, code, None, "no data", None, why)
        days = {"from_day": year[0].first, "to_day": period.last}
        found = queries.kpi(session, asked | {"period": None} | days, end)
    value, status = found["value"], found["status"]
    if value is None:
        return Reading(link.kpi, code, None, status, None, found["why"]["en"])
    share = link.rule.share(Fraction(str(value)), status)
    return Reading(link.kpi, code, value, status, share)


def _without_value(series: Sequence[Mapping[str, Any]], of: Sequence[Period]) -> list[str]:
    known = {each["period"] for each in series if each["value"] is not None}
    return [each.code for each in of if each.code not in known]
