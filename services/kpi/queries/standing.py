"""How every KPI stood last, in short: for whoever monitors the city."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from services.kpi.domain.indicators import Indicator
from services.kpi.domain.judging import Judgement, judge_over
from services.kpi.domain.period import Period, containing
from services.kpi.queries.asking import Asked
from services.kpi.queries.newest import newest


@dataclass(frozen=True, slots=True)
class Standing:
    """A KPI in its newest period that is over.

    Attributes:
        period: of the value (`queries/newest.py`).
        value: with the KPI's own decimals; None without data.
        newest: the last day of the newest month of which all inputs have data; None: not known.
    """

    indicator: Indicator
    period: Period
    value: float | None
    judged: Judgement
    newest: date | None


def standings(session: Session, indicators: Iterable[Indicator], today: date) -> list[Standing]:
    """How each KPI stands, of the whole department or city, in the order given: of periods that
    are over, as the public is told. Who reads metrics tells no name.

    Args:
        session: on the service's database.
        indicators: of the catalogue (`reference.city_catalogue()`).
        today: in Asia/Kolkata.
    """
    asked = list(indicators)
    known = newest(session, Asked(None, True, today, public=True), asked)
    found = []
    for each in asked:
        _, periods, told, _ = known[each.code]
        judged = judge_over(each, told.answers[-1].value, periods[-1], today)
        found.append(Standing(each, periods[-1], told.shown[-1], judged, _end(told.newest)))
    return found


def _end(month: int | None) -> date | None:
    if month is None:
        return None
    year, number = divmod(month, 12)
    return containing(date(year, number + 1, 1), "month").last
