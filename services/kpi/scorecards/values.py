"""The value of a KPI as scorecards take it. All reading of KPIs for marks is here."""

from datetime import date, timedelta
from fractions import Fraction

from sqlalchemy.orm import Session

from services.kpi import queries
from services.kpi.domain.period import containing
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
    """Of the KPI's last own period that was over on the day, or ended with it."""
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
    found = queries.kpi(session, asked, day + timedelta(days=1))
    value, status = found["value"], found["status"]
    why = found["why"]
    if value is None:
        return Reading(link.kpi, period.code, None, status, None, why["en"])
    share = link.rule.share(Fraction(str(value)), status)
    return Reading(link.kpi, period.code, value, status, share)
