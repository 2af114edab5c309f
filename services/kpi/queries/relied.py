"""How far each KPI's value can be relied on: the score of the values that people entered for it."""

import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import Date, Integer, case, cast, func, select
from sqlalchemy.orm import Session

from services.kpi.describing import both
from services.kpi.domain.formula import Input
from services.kpi.domain.indicators import Catalogue, Indicator, MeasureInfo
from services.kpi.domain.period import Period, containing
from services.kpi.domain.quality import Counts, Quality, quality
from services.kpi.models import Reading
from services.kpi.queries.by_month import Pair
from services.kpi.queries.newest import Newest
from services.kpi.queries.series import mirror_of
from services.kpi.reference import city_places, city_weights

_MOST = 8_000
_Key = tuple[str, date]
_Wanted = list[tuple[MeasureInfo, list[Period]]]
_NOTHING = Counts()


class _Came(NamedTuple):
    """What is approved of a measure and period that first came so many days late; of a level of
    one place, of a sum of all."""

    place: str
    late: int
    counts: Counts


_Counted = Mapping[_Key, list[_Came]]


class Relied(NamedTuple):
    """A score: in `brief` what it is less than 100 for, in `whole` each part of it too. None:
    nothing is entered by hand, or nothing can be told of it yet."""

    brief: dict[str, Any] | None
    whole: dict[str, Any] | None


class _Kept(NamedTuple):
    """A score, as it was made on a day of what a mirror had come to."""

    today: date
    mirror: object
    version: int
    pairs: tuple[Pair, ...]
    score: Relied


_kept: dict[tuple[str, Period], _Kept] = {}
_lock = threading.Lock()


def relied(
    session: Session, found: Iterable[Newest], known: Catalogue, today: date
) -> dict[str, Relied]:
    """The data-quality score of each KPI's value in the period that is told, by code: of what is
    approved of the values that it is made of.

    One statement, for those of which something that people enter has changed since they were asked
    for last, or whose day it was; whatever events count is none of that.

    Args:
        session: on the service's database.
        found: KPIs of the catalogue, in their periods.
        known: the catalogue.
        today: in Asia/Kolkata.
    """
    mirror = mirror_of(session)
    told, asked = {}, {}
    # What is counted below is never older than what the mirror has come to here: whatever is
    # approved meanwhile has a later version, and is counted again.
    with mirror.lock:
        name, version, moved = mirror.name, mirror.version, mirror.moved
        for each in found:
            kept = _kept.get((each.indicator.code, each.periods[-1]))
            if (
                kept is not None
                and kept.mirror is name
                and kept.today == today
                and all(moved(pair) <= kept.version for pair in kept.pairs)
            ):
                told[each.indicator.code] = kept.score
            else:
                asked[each.indicator.code] = each.indicator, each.periods[-1]
    if not asked:
        return told
    wanted = {code: _wanted(*each, known, today) for code, each in asked.items()}
    counted = _counted(session, wanted.values())
    weights = city_weights()
    for code, (_, of) in asked.items():
        counts = (_counts(info, periods, counted, today) for info, periods in wanted[code])
        told[code] = _told(quality(sum(counts, _NOTHING), weights) if wanted[code] else None)
        pairs = tuple(Pair(info.code, info.department) for info, _ in wanted[code])
        _keep((code, of), _Kept(today, name, version, pairs, told[code]))
    return told


def _keep(key: tuple[str, Period], score: _Kept) -> None:
    with _lock:
        _kept.pop(key, None)
        while len(_kept) >= _MOST:
            del _kept[next(iter(_kept))]
        _kept[key] = score


def _told(found: Quality | None) -> Relied:
    if found is None or found.score is None:
        return Relied(None, None)
    odd = [
        each.words for each in found.parts.values() if each.score is not None and each.score < 100
    ]
    why = {"mr": " ".join(each.mr for each in odd), "en": " ".join(each.en for each in odd)}
    told = {"score": round(float(found.score), 1), "why": why if odd else None}
    parts = {
        name: {
            "score": None if each.score is None else round(float(each.score), 1),
            "words": both(each.words),
        }
        for name, each in found.parts.items()
    }
    return Relied(told, told | {"parts": parts})


def _wanted(indicator: Indicator, of: Period, known: Catalogue, today: date) -> _Wanted:
    """What people enter of a period's value: each measure, and the periods that are over."""
    return [
        (info, _periods(one, info, of, known, today)) for info, one in _entered(indicator, known)
    ]


def _entered(indicator: Indicator, known: Catalogue) -> list[tuple[MeasureInfo, Input]]:
    """What people enter of a KPI, of its own period."""
    found = {}
    for one in indicator.formula.inputs:
        info = known.measures[one.measure]
        if info.every is not None and not one.shift.back:
            found[one.measure] = info, one
    return list(found.values())


def _periods(
    one: Input, info: MeasureInfo, of: Period, known: Catalogue, today: date
) -> list[Period]:
    first, last = known.days(one, of)
    first = of.first if first is None else first
    found = []
    each = containing(min(last, today), info.every or of.frequency)
    while each.last >= first:
        if each.last <= last and each.last < today:
            found.append(each)
        each = each.previous()
    return found


def _counted(session: Session, wanted: Iterable[_Wanted]) -> _Counted:
    """What is approved of each measure and period: by how many days late it first came."""
    keys = {
        (info.department, info.code, each.last)
        for some in wanted
        for info, periods in some
        for each in periods
    }
    found: dict[_Key, list[_Came]] = defaultdict(list)
    if not keys:
        return found
    came = cast(func.timezone("Asia/Kolkata", func.min(Reading.submitted_at)), Date)
    force = func.bool_or(Reading.in_force)
    places = (
        select(
            Reading.measure,
            Reading.day,
            func.max(case((Reading.kind == "level", Reading.place), else_="")).label("of"),
            (came - Reading.day).label("late"),
            cast(force, Integer).label("in_force"),
            cast(func.max(Reading.version) > 1, Integer).label("corrected"),
            func.max(case((Reading.in_force, cast(Reading.outlier, Integer)))).label("outlier"),
        )
        .where(
            Reading.department.in_({department for department, _, _ in keys}),
            Reading.day.in_({day for _, _, day in keys}),
            Reading.measure.in_({code for _, code, _ in keys}),
            Reading.state == "approved",
        )
        .group_by(Reading.measure, Reading.day, Reading.place)
        .subquery()
    )
    sums = [func.sum(places.c[name]) for name in ("in_force", "corrected", "outlier")]
    columns = (places.c.measure, places.c.day, places.c.of, places.c.late)
    query = select(*columns, *sums).group_by(*columns)
    for measure, day, place, late, entered, corrected, outliers in session.execute(query):
        counts = Counts(
            entered=entered, approved=entered, corrected=corrected, outliers=outliers or 0
        )
        found[measure, day].append(_Came(place, late or 0, counts))
    return found


def _counts(info: MeasureInfo, of: list[Period], counted: _Counted, today: date) -> Counts:
    """What is known of a measure's periods, of which the newest is the first.

    Of a level one value of each place counts: of the newest period that is due, or a newer one.
    What stands in its place from before is late.
    """
    due = [today > info.due_on(each) for each in of]
    came = [counted.get((info.code, each.last), []) for each in of]
    if info.kind != "level":
        return sum(map(partial(_of_period, info), came, due), _NOTHING)
    if not of:
        return _NOTHING
    newest: dict[str, _Came] = {}
    for rows in came[: due.index(True) + 1] if any(due) else came:
        for each in rows:
            newest.setdefault(each.place, each)
    return _of_period(info, newest.values(), any(due))


def _of_period(info: MeasureInfo, rows: Iterable[_Came], due: bool) -> Counts:
    rows = list(rows)
    there = sum((each.counts for each in rows), _NOTHING)
    expected = len(city_places().expected(info.by))
    # Of another kind of places there may be more than are expected now.
    entered = min(there.entered, expected)
    in_time = sum(each.counts.entered for each in rows if each.late <= info.due_days)
    return Counts(
        expected=expected,
        entered=entered,
        due=expected if due else entered,
        in_time=min(in_time, entered),
        approved=there.approved,
        corrected=there.corrected,
        outliers=there.outliers,
    )
