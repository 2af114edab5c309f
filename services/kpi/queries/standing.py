"""How every KPI stood last, in short: for whoever monitors the city."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from palika.india import day_of
from services.kpi import reference
from services.kpi.domain.indicators import Indicator
from services.kpi.domain.judging import Judgement, judge_based
from services.kpi.domain.period import Period, containing
from services.kpi.queries.asking import Asked
from services.kpi.queries.heard import heard_until
from services.kpi.queries.newest import newest
from services.kpi.queries.relied import relied
from services.kpi.queries.telling import judged_last


@dataclass(frozen=True, slots=True)
class Standing:
    """A KPI in its newest period that is over.

    Attributes:
        period: of the value (`queries/newest.py`).
        value: with the KPI's own decimals; None without data.
        newest: the last day of the newest month of which all inputs have data; of what events
            feed at most the day of the newest event; None: not known.
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
    ask = Asked(None, True, today, public=True)
    known = newest(session, ask, asked)
    scores = relied(session, known, reference.city_catalogue(), ask)
    heard = heard_until(session)
    found = []
    for each in asked:
        _, periods, told, _ = known[each.code]
        judged = judged_last(each, told, periods[-1], today)
        value, basis = told.answers[-1].value, scores[each.code].basis
        judged = judge_based(each, value, judged, basis)
        until = _end(told.newest)
        if until is not None and heard is not None and each.source != "manual":
            until = min(until, day_of(heard))
        found.append(Standing(each, periods[-1], told.shown[-1], judged, until))
    return found


def _end(month: int | None) -> date | None:
    if month is None:
        return None
    year, number = divmod(month, 12)
    return containing(date(year, number + 1, 1), "month").last
