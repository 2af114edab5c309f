"""The page of a department, or of the city: every KPI, judged, with its past; and the ranks."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from palika.india import day_of
from services.kpi import reference
from services.kpi.describing import both, outlined
from services.kpi.domain.comparing import Place, RankedFrom, ranked
from services.kpi.domain.feeds import heard_of
from services.kpi.domain.indicators import Catalogue, Indicator
from services.kpi.domain.judging import STATUSES
from services.kpi.queries.asking import NEEDS_A_PERIOD, POINTS, Asked, asked
from services.kpi.queries.by_month import month_of
from services.kpi.queries.measures import check_department
from services.kpi.queries.newest import Newest, excused, newest
from services.kpi.queries.relied import Relied, relied
from services.kpi.queries.series import heard, remembered
from services.kpi.queries.telling import based, judged_last, told, told_so_far

_MOST = 8
"""Questions of which the whole page is remembered: some 2 MB each."""
_PERIOD_NEEDED = {
    "mr": "सूत्र इतर कालावधी पाहते: संपूर्ण आठवडा, महिना, तिमाही, सहामाही किंवा वर्ष द्या",
    "en": NEEDS_A_PERIOD,
}


def dashboard(
    session: Session, args: Mapping[str, Any], today: date | None = None, public: bool = False
) -> dict[str, Any]:
    """Every KPI of a department, or of the city, in the order of the catalogue, and how the
    departments stand: `departments` has all of them, the best first.

    A department is ranked among all, so all KPIs are always worked out. To be looked at only: what
    has not changed is told again, the same objects.

    Args:
        args: as `DashboardArgs` has them.
        today: in Asia/Kolkata; now, if not given.
        public: for somebody who is not of the staff: public KPIs, of whole months that are over.

    Raises:
        Invalid: no such department or period.
    """
    check_department(session, args["department"])
    known = reference.city_catalogue()
    ask = asked(args, today or day_of(datetime.now(UTC)), public)
    indicators = [each for each in known.indicators.values() if each.public or not public]
    found = newest(session, ask, [each for each in indicators if ask.answerable(each)])
    scores = relied(session, found, known, ask)
    # With the day, which is in `ask`: no line of one is told on the next.
    kept = remembered(session, "dashboard", _MOST)
    feeds = heard(session, month_of(ask.today))
    page = _brought_up_to_date(kept.get(ask) or _NOTHING, ask, indicators, found, scores, feeds)
    kept.put(ask, page)
    return _told(args["department"], ask, indicators, page)


class _Line(NamedTuple):
    """A KPI as the page tells it; `excused`: nobody could have a value by now."""

    told: dict[str, Any]
    excused: bool


class _Page(NamedTuple):
    """The lines of a question, by code, and what they are made of: a line holds as long as the same
    objects come again (`newest` and `relied` give them where nothing has changed, on the same day),
    and the feeds have come as far.

    `departments` follows from how each line is marked, `series_periods` from the periods.
    """

    found: Mapping[str, Newest]
    scores: Mapping[str, Relied]
    heard: Mapping[str, int]
    lines: Mapping[str, _Line]
    ranked_from: RankedFrom | None
    departments: list[dict[str, Any]]
    series_periods: dict[str, list[str]]


_NOTHING = _Page({}, {}, {}, {}, None, [], {})


def _brought_up_to_date(
    before: _Page,
    ask: Asked,
    indicators: Sequence[Indicator],
    found: Mapping[str, Newest],
    scores: Mapping[str, Relied],
    feeds: Mapping[str, int],
) -> _Page:
    """The page of before, with those lines made anew of which something has changed."""
    known, least = reference.city_catalogue(), reference.city_ranked_from()
    changed = {code for code, of in found.items() if of is not before.found.get(code)}
    if scores is not before.scores:
        changed |= {code for code, of in scores.items() if of is not before.scores.get(code)}
    if feeds != before.heard:
        changed |= found.keys()
    lines = {code: _line(found[code], scores[code], ask, known, feeds) for code in changed}
    if len(before.lines) != len(indicators):
        # Of days that are no period nobody can have a value of some KPIs.
        rest = [each for each in indicators if each.code not in found]
        lines |= {each.code: _Line(_unanswered(each, ask, known), True) for each in rest}
    remarked = least != before.ranked_from or any(
        _mark(line) != _mark(before.lines.get(code)) for code, line in lines.items()
    )
    moved = any(
        code not in before.found or found[code].periods is not before.found[code].periods
        for code in changed
    )
    lines = {**before.lines, **lines}
    return _Page(
        found,
        scores,
        feeds,
        lines,
        least,
        _departments(indicators, lines, known, least) if remarked else before.departments,
        _series_periods(found.values()) if moved and ask.coded else before.series_periods,
    )


def _mark(line: _Line | None) -> tuple[str, bool] | None:
    """What a department is ranked by."""
    return None if line is None else (line.told["status"], line.excused)


def _series_periods(found: Iterable[Newest]) -> dict[str, list[str]]:
    """Of each period that is told, those of its series."""
    series = {id(each.periods): each.periods for each in found}.values()
    return {periods[-1].code: [each.code for each in periods[-POINTS:]] for periods in series}


def _departments(
    indicators: Iterable[Indicator], lines: Mapping[str, _Line], known: Catalogue, least: RankedFrom
) -> list[dict[str, Any]]:
    """How they stand, the best first."""
    statuses: dict[str, list[str]] = {code: [] for code in known.departments}
    early: dict[str, int] = Counter()
    for each in indicators:
        line = lines[each.code]
        statuses[each.department].append(line.told["status"])
        early[each.department] += line.excused
    places = ranked(statuses, early, least)
    return sorted(
        [_standing(code, place, known) for code, place in places.items()],
        key=lambda each: (each["rank"] is None, each["rank"] or 0, each["code"]),
    )


def _told(
    department: str | None, ask: Asked, indicators: Iterable[Indicator], page: _Page
) -> dict[str, Any]:
    shown = [
        page.lines[each.code].told
        for each in indicators
        if department is None or each.department == department
    ]
    counts = Counter([each["status"] for each in shown])
    one = ask.one
    return {
        "department": department,
        "period": one.code if one is not None and ask.coded else None,
        "from_day": None if one is None else one.first.isoformat(),
        "to_day": None if one is None else one.last.isoformat(),
        "today": ask.today.isoformat(),
        "counts": {status: counts[status] for status in STATUSES},
        "place": next((each for each in page.departments if each["code"] == department), None),
        "departments": page.departments,
        "kpis": shown,
        "series_periods": page.series_periods,
    }


def _line(
    of: Newest, score: Relied, ask: Asked, known: Catalogue, feeds: Mapping[str, int]
) -> _Line:
    kept = of.told.derived.get("line")
    at = ask.today, heard_of(of.indicator, known.measures, feeds)
    if kept is None or kept[0] != at:
        line = outlined(of.indicator, known)
        line |= told(of.indicator, of.periods, of.told, known, ask.today, heard=at[1])
        kept = of.told.derived["line"] = at, line
    line = kept[1] | {"so_far": told_so_far(of.so_far, ask.today), "quality": score.brief}
    found = judged_last(of.indicator, of.told, of.periods[-1], ask.today)
    line = based(line, of.indicator, of.told.answers[-1].value, found, score.basis)
    return _Line(line, line["status"] == "no data" and excused(of, ask, known))


def _unanswered(each: Indicator, ask: Asked, known: Catalogue) -> dict[str, Any]:
    period = ask.period_of(each.frequency)
    return outlined(each, known) | {
        "period": None,
        "from_day": period.first.isoformat(),
        "to_day": period.last.isoformat(),
        "running": period.first <= ask.today <= period.last,
        "over": period.over(ask.today),
        "value": None,
        "margin": None,
        "target": None,
        "status": "no data",
        "short": None,
        "judged": {"mr": "माहिती उपलब्ध नाही", "en": "there is no data"},
        "why": _PERIOD_NEEDED,
        "trend": None,
        "series": [],
        "freshness": None,
        "data_of": None,
        "covers": None,
        "partial": None,
        "quality": None,
        "so_far": None,
    }


def _standing(code: str, place: Place, known: Catalogue) -> dict[str, Any]:
    return {
        "code": code,
        "name": both(known.departments[code].name),
        "counts": {status: place.counts.get(status, 0) for status in STATUSES},
        "judged": place.judged,
        "expected": place.expected,
        "lacking": place.lacking,
        "coverage": None if place.coverage is None else round(float(place.coverage), 1),
        "score": None if place.score is None else round(float(place.score), 1),
        "rank": place.rank,
        "of": place.of,
        "words": both(place.words),
    }
