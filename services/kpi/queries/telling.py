"""What is told of a KPI's values: the value, judged; what it was before; how fresh it is."""

from datetime import date
from fractions import Fraction
from typing import Any

from services.kpi.describing import aimed, both
from services.kpi.domain.comparing import trend
from services.kpi.domain.formula import Answer, Value
from services.kpi.domain.goals import adds_from_april
from services.kpi.domain.indicators import Catalogue, Indicator
from services.kpi.domain.judging import judge_over, unfinished
from services.kpi.domain.period import Period, containing
from services.kpi.queries.asking import POINTS, year_before
from services.kpi.queries.by_month import month_of
from services.kpi.queries.series import Told


def number(value: Value) -> int | float:
    """A value as JSON has it."""
    return value if isinstance(value, int) else float(value)


def rounded(indicator: Indicator, value: Fraction | None) -> float | None:
    """A KPI's value with its own decimals."""
    return None if value is None else float(indicator.rounded(value))


def judged(
    indicator: Indicator,
    answer: Answer,
    days: Period,
    known: Catalogue,
    today: date,
    *,
    part: bool = False,
) -> dict[str, Any]:
    """A value, its target, how the two compare, and in words why so, or why there is none.

    `part`: the value is a share of the whole (`judge_over`).
    """
    found = judge_over(indicator, answer.value, days, today, part=part)
    why = known.why(answer, days)
    return {
        "value": rounded(indicator, answer.value),
        "target": aimed(found.aim),
        "status": found.status,
        "short": rounded(indicator, found.short),
        "judged": both(found.words),
        "why": None if why is None else both(why),
    }


def told(
    indicator: Indicator,
    periods: tuple[Period, ...],
    of: Told,
    known: Catalogue,
    today: date,
    so_far: tuple[Period, float] | None = None,
    *,
    part: bool = False,
) -> dict[str, Any]:
    """A KPI in the last of the periods, what came before it, and what has come so far in the one
    that runs, if that is another one (None: it is not, or nothing has come).

    `part`: it is a share of the whole (`judge_over`).
    """
    last, answer = periods[-1], of.answers[-1]
    return (
        {
            "period": last.code if len(periods) > 1 else None,
            "from_day": last.first.isoformat(),
            "to_day": last.last.isoformat(),
            "running": last.last >= today,
            "over": last.over(today),
        }
        | judged(indicator, answer, last, known, today, part=part)
        | {
            "trend": None if len(periods) == 1 else _trends(indicator, periods, of, today, part),
            "series": list(of.shown[-POINTS:]),
            "freshness": freshness(of.newest, last, today),
            "data_of": _data_of(indicator, of.newest, last),
            "so_far": None if so_far is None else _so_far(*so_far, today),
        }
    )


def _so_far(period: Period, value: float, today: date) -> dict[str, Any]:
    return {"period": period.code, "value": value, "over": period.over(today)}


def _trends(
    indicator: Indicator, periods: tuple[Period, ...], of: Told, today: date, part: bool
) -> dict[str, dict[str, Any]]:
    last, now = periods[-1], of.answers[-1].value
    early, adds = unfinished(indicator, last, today), adds_from_april(indicator)
    found = {}
    for name, at in (("previous", -2), ("last_year", year_before(periods))):
        before, value = periods[at], of.answers[at].value
        change = word = None
        if now is not None and value is not None:
            change = rounded(indicator, now - value)
            # A part of a sum is not worse than a whole one for being a part.
            aim = None if part or adds else indicator.aim(last.year)
            # Nor is what adds up over the year better for having gone on.
            word = None if early or (adds and at == -2) else trend(indicator, now, value, aim)
        found[name] = {
            "period": before.code,
            "value": of.shown[at],
            "change": change,
            "trend": word,
        }
    return found


def freshness(newest: int | None, last: Period, today: date) -> dict[str, Any] | None:
    """Up to which month a value has data of all its inputs, and how many months that is behind the
    end of the period, or today if that is earlier; None without data, or of days."""
    if newest is None:
        return None
    now = month_of(min(last.last, today))
    year, month = divmod(min(newest, now), 12)
    return {"until": f"{year:04}-{month + 1:02}", "months_behind": max(now - newest, 0)}


def _data_of(indicator: Indicator, newest: int | None, last: Period) -> str | None:
    """The period of which the oldest data of a value are, where it is one before the period that is
    told: a level stands until the next one is due. None: it is of that period."""
    if newest is None or newest >= month_of(last.first):
        return None
    year, month = divmod(newest, 12)
    return containing(date(year, month + 1, 1), indicator.frequency).code
