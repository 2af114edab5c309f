"""KPIs over time: what is worth telling of them, and where they are going."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from palika.text import Name
from services.kpi import reference
from services.kpi.domain import insight, insight_words
from services.kpi.domain.alert_rules import SEASONS, AlertRules
from services.kpi.domain.flows import adds_up, builds_up, never_falls, subtracts
from services.kpi.domain.forecasting import local, pace
from services.kpi.domain.forecasting.bounds import bounded, bounds
from services.kpi.domain.forecasting.chances import chance
from services.kpi.domain.forecasting.outcome import LEVEL, CannotTell, Forecast
from services.kpi.domain.goals import goal, held_to, restarts
from services.kpi.domain.indicators import Aim, Indicator, coarser
from services.kpi.domain.insight import Finding, Point, Story
from services.kpi.domain.judging import LIGHTS, judge_based, judge_over
from services.kpi.domain.period import Period, containing
from services.kpi.domain.sides import WHOLE, Made
from services.kpi.queries.relied import made_of
from services.kpi.queries.series import reading_of, series
from services.kpi.reference import city_alerts, city_catalogue, city_places

_MONTHS = {"quarter": 3, "half_year": 6, "year": 12}
_LOOKED_AT = 4
"""Periods of which values begin alerts: the last 3 that are over and the one that runs."""
_YEARS = 5
"""Forecasts go by the values of so many years; of half-years and years by twice as many."""


def stories(
    session: Session, indicators: Iterable[Indicator], day: date, rules: AlertRules
) -> dict[str, Story]:
    """What each KPI has been, as far back as the rules look, and is in the period that runs."""
    by_frequency: dict[str, list[Indicator]] = defaultdict(list)
    for each in indicators:
        by_frequency[each.frequency].append(each)
    asked = {}
    for frequency, members in by_frequency.items():
        running = containing(day, frequency)
        asked[(*_before(running, rules.periods(frequency)), running)] = members
    told = series(session, reading_of(session, asked, day))
    # What is judged when it comes, and cannot be: no data begin nothing and end nothing.
    looked_at = [
        (each, of)
        for periods, members in asked.items()
        for each in members
        for of in periods[-_LOOKED_AT:]
    ]
    made = made_of(session, looked_at, reference.city_catalogue(), day)
    found = {}
    for periods, members in asked.items():
        for each in members:
            answers = told[each.code].answers
            points = [
                _point(each, a.value, of, day, made.get((each.code, of)))
                for of, a in zip(periods, answers, strict=True)
            ]
            found[each.code] = Story(each, points[:-1], points[-1], day)
    return found


def _point(
    indicator: Indicator, value: Fraction | None, of: Period, day: date, made: Made | None
) -> Point:
    """A value; without one where what it lacks may change its colour, or it has none."""
    basis = WHOLE if made is None else made.basis(city_places())
    if basis.partial is None:
        return Point(of, value)
    judged = judge_based(indicator, value, judge_over(indicator, value, of, day), basis)
    return Point(of, value if judged.status in LIGHTS else None, partial=True)


def insights(session: Session, code: str, day: date) -> dict[str, Any]:
    """Of one KPI: for each kind of alert whether it is so, or why that cannot be told; and as
    `season` between what values the newest one was expected, where that can be told.

    Raises:
        NotFound: no KPI has that code.
    """
    indicator, rules = city_catalogue().indicator(code), city_alerts()
    story = stories(session, [indicator], day, rules)[code]
    items = []
    for kind in insight.KINDS:
        seen = insight.look(kind, story, rules)
        item: dict[str, Any] = {"kind": kind, "state": "calm", "words": None, "finding": None}
        if seen.found is not None:
            words = _words(indicator, seen.found)
            item |= {"state": "found", "words": words, "finding": _finding(seen.found)}
        elif seen.unclear is not None:
            reason, facts = seen.unclear.reason, seen.unclear.facts
            why = insight_words.unclear(indicator, reason, facts, kind)
            item |= {"state": "cannot tell", "words": _both(why)}
        items.append(item)
    expected = insight.expected(story, rules)
    return {
        "code": code,
        "name": _both(indicator.name),
        "as_of": day.isoformat(),
        "items": items,
        "season": None
        if expected is None
        else {
            "period": expected[0].code,
            "low": _rounded(indicator, expected[1].low),
            "high": _rounded(indicator, expected[1].high),
        },
    }


def forecast(session: Session, code: str, until: str, day: date) -> dict[str, Any]:
    """Where a KPI will be at the end of its running period, or of the financial year.

    Args:
        session: on the service's database.
        code: of the KPI.
        until: `period` or `year`.
        day: today.

    Raises:
        NotFound: no KPI has that code.
    """
    indicator = city_catalogue().indicator(code)
    running = containing(day, indicator.frequency)
    year = containing(day, "year")
    aimed = running if until == "period" else containing(year.last, indicator.frequency)
    aim = held_to(indicator, aimed).aim(aimed.year) or goal(indicator, aimed)
    made, newest = _forecast(session, indicator, aimed, day)
    if isinstance(made, Forecast):
        come = _come(session, indicator, aimed, running, day)
        made = bounded(made, bounds(indicator, city_catalogue().measures), come)
    told = made if isinstance(made, Forecast) else None
    met = chance(indicator, aim, told)
    answer: dict[str, Any] = {
        "code": code,
        "name": _both(indicator.name),
        "unit": indicator.unit,
        "unit_name": _both(city_catalogue().units[indicator.unit]),
        "as_of": day.isoformat(),
        "period": aimed.code,
        "target_date": aimed.last.isoformat(),
        "target": _aim(aim),
        "newest": None if newest is None else newest.code,
        "met": met,
        "met_in_words": _both(insight_words.chance(met)),
        "level": LEVEL,
    }
    if isinstance(made, CannotTell):
        why = insight_words.unclear(indicator, made.reason, made.facts)
        nothing = dict.fromkeys(("value", "low", "high", "method", "errors", "typical_error"))
        return answer | nothing | {"words": None, "why": _both(why)}
    words = insight_words.forecast(
        indicator, made.method, (made.low, made.high), made.errors, made.facts
    )
    return answer | {
        "value": _rounded(indicator, made.value),
        "low": _rounded(indicator, made.low),
        "high": _rounded(indicator, made.high),
        "method": made.method,
        "errors": made.errors,
        "typical_error": _rounded(indicator, made.typical_error),
        "words": _both(words),
        "why": None,
    }


def _forecast(
    session: Session, indicator: Indicator, aimed: Period, day: date
) -> tuple[Forecast | CannotTell, Period | None]:
    """The forecast of a period, and the newest one that it goes by."""
    running = containing(day, indicator.frequency)
    if _by_month(indicator):
        if adds_up(indicator.formula, "year_to_date") and aimed.last.month == 3:
            return _paced(session, indicator, containing(day, "year"), day)
        if adds_up(indicator.formula) and aimed == running and indicator.frequency in _MONTHS:
            return _paced(session, indicator, running, day)
    season = SEASONS.get(indicator.frequency, 1)
    count = _YEARS * season if season > 2 else 2 * _YEARS * season
    periods = _before(running, count)
    values = _values(session, indicator, periods, day)
    while values and values[-1] is None and len(periods) > count - 2:
        values.pop()
        periods.pop()
    ahead, at = 0, periods[-1]
    while at != aimed:
        at, ahead = at.next(), ahead + 1
    made = local.forecast(values, ahead, season, restarts=restarts(indicator))
    if isinstance(made, CannotTell) and made.reason == "no_data":
        (now,) = _values(session, indicator, [running], day)
        made = made if now is None else CannotTell("only_running")
    return made, periods[-1]


def _come(
    session: Session, indicator: Indicator, aimed: Period, running: Period, day: date
) -> float | None:
    """What has come already of a value that becomes no less until the period that is forecast is
    over; None: it is none, or nothing has come."""
    keeps = builds_up(indicator.formula) and not subtracts(indicator.formula.root)
    if not keeps and not (aimed == running and never_falls(indicator.formula)):
        return None
    return _values(session, indicator, [running], day)[0]


def _paced(
    session: Session, indicator: Indicator, of: Period, day: date
) -> tuple[Forecast | CannotTell, Period | None]:
    months = _before(containing(day, "month"), 12 * _YEARS)
    values = _values(session, indicator, months, day)
    if not adds_up(indicator.formula):
        values = _steps(months, values)
    if values[-1] is None:
        # The month that ended last is not entered yet.
        values.pop()
        months.pop()
    elapsed = sum(each.first >= of.first for each in months)
    length = _MONTHS.get(of.frequency, 1)
    return pace.forecast(values, elapsed, length), months[-1]


def _steps(months: Sequence[Period], sums: Sequence[float | None]) -> list[float | None]:
    """What each month added to a sum from 1 April on."""
    found: list[float | None] = []
    before: float | None = None
    for month, value in zip(months, sums, strict=True):
        begun = 0.0 if month.first.month == 4 else before
        found.append(None if value is None or begun is None else value - begun)
        before = value
    return found


def _by_month(indicator: Indicator) -> bool:
    """Whether all that it is made of is known by the month."""
    every = [city_catalogue().measures[each].every for each in indicator.formula.measures]
    return not any(each is not None and coarser(each, "month") for each in every)


def _values(
    session: Session, indicator: Indicator, periods: Sequence[Period], day: date
) -> list[float | None]:
    """What a KPI was in some periods; None without data, or where some of it is missing."""
    told = series(session, reading_of(session, {tuple(periods): [indicator]}, day))[indicator.code]
    asked = [(indicator, of) for of in periods]
    made, places = made_of(session, asked, reference.city_catalogue(), day), city_places()
    return [
        None
        if each.value is None or made[indicator.code, of].basis(places).partial is not None
        else float(each.value)
        for of, each in zip(periods, told.answers, strict=True)
    ]


def _before(running: Period, count: int) -> list[Period]:
    """So many periods before one, the oldest first."""
    found: list[Period] = []
    each = running
    for _ in range(count):
        each = each.previous()
        found.append(each)
    return found[::-1]


def _words(indicator: Indicator, found: Finding) -> dict[str, str]:
    said = insight_words.found(
        indicator,
        found.reason,
        found.period.code,
        found.value,
        found.aim,
        found.band,
        found.facts,
    )
    return _both(said)


def _finding(found: Finding) -> dict[str, Any]:
    return {
        "reason": found.reason,
        "period": found.period.code,
        "running": found.running,
        "value": float(found.value),
        "target": _aim(found.aim),
        "band": None if found.band is None else list(found.band),
        "facts": dict(found.facts),
    }


def _aim(aim: Aim | None) -> float | list[float] | None:
    if aim is None:
        return None
    return [float(aim.low), float(aim.high)] if aim.is_band else float(aim.low)


def _rounded(indicator: Indicator, value: float) -> float:
    return round(value, indicator.decimals)


def _both(name: Name) -> dict[str, str]:
    return {"mr": name.mr, "en": name.en}
