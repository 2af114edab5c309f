"""The page of a department, or of the city: every KPI, judged, with its past; and the ranks."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.india import day_of
from services.kpi import reference
from services.kpi.describing import both, outlined
from services.kpi.domain.comparing import Place, ranked
from services.kpi.domain.indicators import Catalogue, Indicator
from services.kpi.domain.judging import STATUSES
from services.kpi.queries.asking import NEEDS_A_PERIOD, POINTS, Asked, asked
from services.kpi.queries.measures import check_department
from services.kpi.queries.newest import Newest, excused, newest
from services.kpi.queries.relied import relied
from services.kpi.queries.telling import told

_PERIOD_NEEDED = {
    "mr": "सूत्र इतर कालावधी पाहते: संपूर्ण आठवडा, महिना, तिमाही, सहामाही किंवा वर्ष द्या",
    "en": NEEDS_A_PERIOD,
}


def dashboard(
    session: Session, args: Mapping[str, Any], today: date | None = None, public: bool = False
) -> dict[str, Any]:
    """Every KPI of a department, or of the city, in the order of the catalogue, and how the
    departments stand: `departments` has all of them, the best first.

    A department is ranked among all, so all KPIs are always worked out.

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
    scores = relied(session, found.values(), known, ask.today)
    lines = {code: _line(each, known, ask.today) for code, each in found.items()}
    for code, line in lines.items():
        line["quality"] = scores[code].brief
    for each in indicators:
        if each.code not in lines:
            lines[each.code] = _unanswered(each, ask, known)
    early = Counter(
        each.indicator.department
        for code, each in found.items()
        if lines[code]["status"] == "no data" and excused(each, ask, known)
    )
    # Of days that are no period nobody can have a value of some KPIs.
    early.update(each.department for each in indicators if each.code not in found)
    return _page(args["department"], ask, indicators, lines, early, known) | {
        "series_periods": {
            periods[-1].code: [each.code for each in periods[-POINTS:]]
            for periods in {id(each.periods): each.periods for each in found.values()}.values()
            if ask.coded
        }
    }


def _page(
    department: str | None,
    ask: Asked,
    indicators: Sequence[Indicator],
    lines: Mapping[str, dict[str, Any]],
    early: Mapping[str, int],
    known: Catalogue,
) -> dict[str, Any]:
    statuses: dict[str, list[str]] = {code: [] for code in known.departments}
    for each in indicators:
        statuses[each.department].append(lines[each.code]["status"])
    places = ranked(statuses, early, reference.city_ranked_from())
    shown = [
        lines[each.code]
        for each in indicators
        if department is None or each.department == department
    ]
    counts = Counter(each["status"] for each in shown)
    one = ask.one
    standing = [_standing(code, place, known) for code, place in places.items()]
    return {
        "department": department,
        "period": one.code if one is not None and ask.coded else None,
        "from_day": None if one is None else one.first.isoformat(),
        "to_day": None if one is None else one.last.isoformat(),
        "today": ask.today.isoformat(),
        "counts": {status: counts[status] for status in STATUSES},
        "place": next((each for each in standing if each["code"] == department), None),
        "departments": sorted(
            standing, key=lambda each: (each["rank"] is None, each["rank"] or 0, each["code"])
        ),
        "kpis": shown,
    }


def _line(each: Newest, known: Catalogue, today: date) -> dict[str, Any]:
    indicator, periods, of, so_far = each
    kept = of.derived.get("line")
    if kept is None or kept[0] != (today, so_far):
        line = outlined(indicator, known) | told(indicator, periods, of, known, today, so_far)
        kept = of.derived["line"] = ((today, so_far), line)
    return dict(kept[1])


def _unanswered(each: Indicator, ask: Asked, known: Catalogue) -> dict[str, Any]:
    period = ask.period_of(each.frequency)
    return outlined(each, known) | {
        "period": None,
        "from_day": period.first.isoformat(),
        "to_day": period.last.isoformat(),
        "running": period.last >= ask.today,
        "over": period.over(ask.today),
        "value": None,
        "target": None,
        "status": "no data",
        "short": None,
        "judged": {"mr": "माहिती उपलब्ध नाही", "en": "there is no data"},
        "why": _PERIOD_NEEDED,
        "trend": None,
        "series": [],
        "freshness": None,
        "data_of": None,
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
