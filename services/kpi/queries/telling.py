"""What is told of a KPI's values: the value, judged; what it was before; how fresh it is."""

from datetime import date
from fractions import Fraction
from typing import Any

from services.kpi.describing import aimed, both
from services.kpi.domain.comparing import trend
from services.kpi.domain.formula import Answer, Value
from services.kpi.domain.goals import adds_from_april
from services.kpi.domain.indicators import Catalogue, Indicator
from services.kpi.domain.judging import Judgement, judge_based, judge_over, unfinished
from services.kpi.domain.margins import margin
from services.kpi.domain.period import Period, containing
from services.kpi.domain.sides import Basis, Covers, in_words
from services.kpi.queries.asking import POINTS, year_before
from services.kpi.queries.by_month import month_of
from services.kpi.queries.plans import Told
from services.kpi.reference import city_places


def number(value: Value) -> int | float:
    """A value as JSON has it."""
    return value if isinstance(value, int) else float(value)


def rounded(indicator: Indicator, value: Fraction | None) -> float | None:
    """A KPI's value with its own decimals."""
    return None if value is None else indicator.as_number(value)


def judged_last(
    indicator: Indicator, of: Told, last: Period, today: date, *, part: bool = False
) -> Judgement:
    """The last value of a KPI, judged (`judge_over`): once a day, as long as no value changes."""
    kept: tuple[date, Judgement] | None = of.derived.get(("judged", part))
    if kept is None or kept[0] != today:
        found = judge_over(indicator, of.answers[-1].value, last, today, part=part)
        kept = of.derived["judged", part] = today, found
    return kept[1]


def judged(
    indicator: Indicator, answer: Answer, days: Period, known: Catalogue, found: Judgement
) -> dict[str, Any]:
    """A value, its target, how the two compare (`found`), and in words why so, or why there is
    none."""
    why = known.why(answer, days)
    if why is None and answer.value is None:
        why = found.words
    return {
        "value": rounded(indicator, answer.value),
        "margin": rounded(indicator, margin(indicator.formula, answer.value)),
        "target": aimed(found.aim),
        "status": found.status,
        "short": rounded(indicator, found.short),
        "judged": both(found.words),
        "why": None if why is None else both(why),
    }


def based(
    line: dict[str, Any],
    indicator: Indicator,
    value: Fraction | None,
    found: Judgement,
    basis: Basis,
) -> dict[str, Any]:
    """What is told of a value, with which places it covers: `covers`, null where nothing of it is
    entered by places, and `partial`, why it is not the value of all that it should be of.

    Args:
        line: of the value, judged as if it were whole.
        indicator: the KPI.
        value: as it was worked out.
        found: as it was judged.
        basis: what it is of (`domain/sides.py`).
    """
    covers, partial = basis.covers, basis.partial
    line = line | {
        "covers": None if covers is None else _covers(covers),
        "partial": None if partial is None else both(partial),
    }
    if partial is not None and line.get("trend") is not None:
        # It is not better or worse than a whole one for what it lacks.
        line["trend"] = {
            name: each | {"change": None, "trend": None} for name, each in line["trend"].items()
        }
    now = judge_based(indicator, value, found, basis)
    if now is found:
        return line
    return line | {"status": now.status, "short": None, "judged": both(now.words)}


def _covers(covers: Covers) -> dict[str, Any]:
    places = city_places()
    named = places.expected((covers.by,))
    return {
        "by": covers.by,
        "of": len(covers.places),
        "has": covers.has,
        "missing": [
            {
                "place": each.place,
                "name": both(named[each.place]),
                "since": None if each.since is None else each.since.code,
                "stands": each.stands,
            }
            for each in covers.missing
        ],
        "words": both(in_words(covers, places)),
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
    heard: int | None = None,
) -> dict[str, Any]:
    """A KPI in the last of the periods, what came before it, and what has come so far in the one
    that runs, if that is another one (None: it is not, or nothing has come).

    `part`: it is a share of the whole (`judge_over`). `heard`: the month up to which the feeds of
    its events have come (`domain/feeds.py`): it is no fresher than they are.
    """
    last = periods[-1]
    found = judged_last(indicator, of, last, today, part=part)
    return (
        {
            "period": last.code if len(periods) > 1 else None,
            "from_day": last.first.isoformat(),
            "to_day": last.last.isoformat(),
            "running": last.first <= today <= last.last,
            "over": last.over(today),
        }
        | judged(indicator, of.answers[-1], last, known, found)
        | {
            "trend": None if len(periods) == 1 else _trends(indicator, periods, of, today, part),
            "series": list(of.shown[-POINTS:]),
            "freshness": freshness(_up_to(of.newest, heard), last, today),
            "data_of": _data_of(indicator, of.newest, last),
            "so_far": told_so_far(so_far, today),
        }
    )


def _up_to(newest: int | None, heard: int | None) -> int | None:
    return newest if newest is None or heard is None else min(newest, heard)


def told_so_far(so_far: tuple[Period, float] | None, today: date) -> dict[str, Any] | None:
    """What a KPI has come to in the period that runs, beside an older one that is told."""
    if so_far is None:
        return None
    period, value = so_far
    return {"period": period.code, "value": value, "over": period.over(today)}


def _trends(
    indicator: Indicator, periods: tuple[Period, ...], of: Told, today: date, part: bool
) -> dict[str, dict[str, Any]]:
    last, now = periods[-1], of.answers[-1].value
    early, adds = unfinished(indicator, last, today), adds_from_april(indicator)
    stood = _stood(periods, of.came)
    year = year_before(periods)
    found = {}
    for name, at in (
        ("previous", max(-2 - stood, -len(periods))),
        # Of months the series does not reach back farther.
        ("last_year", year - stood if stood - year <= len(periods) else year),
    ):
        before, value = periods[at], of.answers[at].value
        change = word = None
        if now is not None and value is not None:
            change = rounded(indicator, now - value)
            # A part of a sum is not worse than a whole one for being a part.
            aim = None if part or adds else indicator.aim(last.year)
            # Nor is what adds up over the year better for having gone on.
            word = (
                None
                if early or (adds and name == "previous")
                else trend(indicator, now, value, aim)
            )
            # What may be off by more than it has changed is not known to be better.
            off = margin(indicator.formula, now)
            word = None if off is not None and abs(now - value) <= off else word
        found[name] = {
            "period": before.code,
            "value": of.shown[at],
            "change": change,
            "trend": word,
        }
    return found


def _stood(periods: tuple[Period, ...], came: int | None) -> int:
    """For how many periods, up to the last, a value stands: so many before it is the one in which
    the newest of it has come."""
    if came is None:
        return 0
    after = [each for each in periods[1:] if month_of(each.first) > came]
    return len(after)


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
