"""How every KPI stands now, in short: for whoever monitors the city."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from services.kpi.domain.indicators import Indicator
from services.kpi.domain.judging import Judgement, judge
from services.kpi.domain.period import Period, containing
from services.kpi.queries.series import Periods, Told, series


@dataclass(frozen=True, slots=True)
class Standing:
    """A KPI now.

    Attributes:
        period: of the value: the one that runs, or without data in it the one before; without
            data in either, the one that runs.
        value: with the KPI's own decimals; None without data.
        newest: the last day of the newest month of which all inputs have data; None: not known.
    """

    indicator: Indicator
    period: Period
    value: float | None
    judged: Judgement
    newest: date | None


def standings(session: Session, indicators: Iterable[Indicator], today: date) -> list[Standing]:
    """How each KPI stands, of the whole department or city, in the order given.

    Much is entered after a period is over, when the next one runs already: without data in that
    one the last counts.

    Args:
        session: on the service's database.
        indicators: of the catalogue (`reference.city_catalogue()`).
        today: in Asia/Kolkata.
    """
    asked = list(indicators)
    running = {each.code: containing(today, each.frequency) for each in asked}
    now = _told(session, asked, running)
    empty = [each for each in asked if now[each.code].answers[-1].value is None]
    over = {each.code: running[each.code].previous() for each in empty}
    last = _told(session, empty, over)
    found = []
    for each in asked:
        period, told = running[each.code], now[each.code]
        before = last.get(each.code)
        if before is not None and before.answers[-1].value is not None:
            period, told = over[each.code], before
        judged = judge(each, told.answers[-1].value, period.year)
        found.append(Standing(each, period, told.shown[-1], judged, _end(told.newest)))
    return found


def _told(
    session: Session, indicators: Iterable[Indicator], periods: dict[str, Period]
) -> dict[str, Told]:
    """What KPIs come to, each in its own period."""
    by_period: dict[Periods, list[Indicator]] = defaultdict(list)
    for each in indicators:
        by_period[(periods[each.code],)].append(each)
    return series(session, by_period) if by_period else {}


def _end(month: int | None) -> date | None:
    if month is None:
        return None
    year, number = divmod(month, 12)
    return containing(date(year, number + 1, 1), "month").last
