"""How far each KPI's value can be relied on: the score of the values that people entered for it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Date, Integer, case, cast, func, select
from sqlalchemy.orm import Session

from palika.text import Name
from services.kpi.describing import both
from services.kpi.domain.formula import Input
from services.kpi.domain.indicators import Catalogue, Indicator, MeasureInfo
from services.kpi.domain.period import Period, containing
from services.kpi.domain.quality import Counts, Quality, quality
from services.kpi.domain.sides import WHOLE, Basis, Counted, Made, Side, lacking
from services.kpi.models import Reading
from services.kpi.queries.asking import Asked
from services.kpi.queries.by_month import Pair
from services.kpi.queries.missing import Lack, missing
from services.kpi.queries.newest import Newest
from services.kpi.queries.series import mirror_of, remembered
from services.kpi.reference import city_places, city_weights

_MOST = 64
"""Questions of which the scores are remembered."""
_Key = tuple[str, date]


class _Before(NamedTuple):
    """A sum that is compared with that of a period before: those periods of it that are compared,
    and those of which it is entered there, in the same order."""

    info: MeasureInfo
    periods: list[Period]
    theirs: list[Period]


class _Wanted(NamedTuple):
    """What a value is made of: of what people enter each measure and its periods that are over;
    `before`, what some of it is compared with; and a sum that events feed beside it."""

    entered: list[tuple[MeasureInfo, list[Period]]]
    before: list[_Before]
    counted: Counted | None


_NOTHING = Counts()


class _Came(NamedTuple):
    """What is approved of a measure and period that first came so many days late; of a level of
    one place, of a sum of all. `places` are those of which something is in force."""

    place: str
    late: int
    counts: Counts
    places: frozenset[str]


_Counted = Mapping[_Key, list[_Came]]


class Relied(NamedTuple):
    """A score: in `brief` what it is less than 100 for, in `whole` each part of it too. None:
    nothing is entered by hand, or nothing can be told of it yet. `basis` says which places the
    value covers (`domain/sides.py`)."""

    brief: dict[str, Any] | None
    whole: dict[str, Any] | None
    basis: Basis = WHOLE


_NO_SCORE = Relied(None, None)


class _Scores(NamedTuple):
    """The scores of some KPIs, by code, as they were made of what a mirror had come to.

    `found` is what they are of, and `fed` has the codes of the KPIs into which something goes that
    people enter.
    """

    mirror: object
    version: int
    found: Mapping[str, Newest]
    of: Mapping[str, Relied]
    fed: Mapping[Pair, list[str]]


def relied(
    session: Session, found: Mapping[str, Newest], known: Catalogue, ask: Asked
) -> Mapping[str, Relied]:
    """The data-quality score of each KPI's value in the period that is told, by code: of what is
    approved of the values that it is made of.

    One statement, and another if places are missing, for those of which something that people enter
    has changed since the same was asked last on this day, or that are told in another period now;
    whatever events count is none of that. Of the others the same object comes again.

    Args:
        session: on the service's database.
        found: KPIs of the catalogue, in their periods.
        known: the catalogue.
        ask: what they were found for, and on which day.
    """
    mirror = mirror_of(session)
    key = ask, tuple(found)
    kept = remembered(session, "relied", _MOST)
    # What is counted below is never older than what the mirror has come to here: whatever is
    # approved meanwhile has a later version, and is counted again.
    with mirror.lock:
        before: _Scores | None = kept.get(key)
        if before is None or before.mirror is not mirror.name:
            before = _Scores(mirror.name, 0, {}, {}, _fed(found.values(), known))
        moved = {code for pair in mirror.since(before.version) for code in before.fed.get(pair, ())}
        now = before._replace(version=mirror.version)
    moved.update(
        code
        for code, each in found.items()
        if (was := before.found.get(code)) is not each
        and (was is None or was.periods[-1] is not each.periods[-1])
    )
    now = now._replace(found=found)
    if moved:
        asked = {
            code: _wanted(found[code].indicator, found[code].periods[-1], known, ask.today)
            for code in moved
        }
        counted = _counted(session, asked.values())
        made = _made(
            session,
            {code: (found[code].indicator, wanted) for code, wanted in asked.items()},
            counted,
            known,
        )
        told = {
            code: _score(wanted, counted, made[code], ask.today) for code, wanted in asked.items()
        }
        now = now._replace(of={**before.of, **told})
    kept.put(key, now)
    return now.of


def _score(wanted: _Wanted, counted: _Counted, made: Made, today: date) -> Relied:
    if not wanted.entered:
        return _NO_SCORE
    counts = (_counts(info, periods, counted, today) for info, periods in wanted.entered)
    score = _told(quality(sum(counts, _NOTHING), city_weights()))
    return score._replace(basis=made.basis(city_places()))


_Name = TypeVar("_Name")


def _made(
    session: Session,
    asked: Mapping[_Name, tuple[Indicator, _Wanted]],
    counted: _Counted,
    known: Catalogue,
) -> dict[_Name, Made]:
    """What people have entered of each value, and which places lack since when."""
    places = city_places()
    sides = {name: _sides(wanted, counted) for name, (_, wanted) in asked.items()}
    lacks = {
        name: [Lack(*key, of) for key, of in lacking(some, places).items()]
        for name, some in sides.items()
    }
    since = missing(session, (each for some in lacks.values() for each in some), known.measures)
    return {
        name: Made(
            indicator,
            sides[name],
            {(each.measure, each.place): since[each] for each in lacks[name]},
            tuple([_side(each.info, each.periods, counted, each.theirs) for each in wanted.before]),
            wanted.counted,
        )
        for name, (indicator, wanted) in asked.items()
    }


def _sides(wanted: _Wanted, counted: _Counted) -> tuple[Side, ...]:
    return tuple(_side(info, periods, counted, periods) for info, periods in wanted.entered)


def _side(
    info: MeasureInfo, periods: list[Period], counted: _Counted, theirs: list[Period]
) -> Side:
    """What is there of a measure; of `theirs`, told as of the periods in the same place."""
    covers = {
        (each, place)
        for each, of in zip(periods, theirs, strict=True)
        for came in counted.get((info.code, of.last), ())
        for place in came.places
    }
    return Side(info, tuple(periods), covers)


def made_of(
    session: Session, asked: Iterable[tuple[Indicator, Period]], known: Catalogue, today: date
) -> dict[tuple[str, Period], Made]:
    """What people have entered of some KPIs in some periods, by their codes: in one statement, and
    another if places are missing; in none, if people enter nothing of it."""
    wanted = {(each.code, of): (each, _wanted(each, of, known, today)) for each, of in asked}
    counted = _counted(session, (some for _, some in wanted.values()))
    return _made(session, wanted, counted, known)


def _fed(found: Iterable[Newest], known: Catalogue) -> dict[Pair, list[str]]:
    fed: dict[Pair, list[str]] = defaultdict(list)
    for each in found:
        for info, _ in _entered(each.indicator, known):
            fed[Pair(info.code, info.department)].append(each.indicator.code)
    return dict(fed)


def _told(found: Quality) -> Relied:
    if found.score is None:
        return _NO_SCORE
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
    """What people enter of a period's value."""
    entered = [
        (info, _periods(one, info, of, known, today)) for info, one in _entered(indicator, known)
    ]
    if not entered:
        return _Wanted([], [], None)
    periods = {info.code: of for info, of in entered}
    before = []
    for one in indicator.formula.inputs:
        info = known.measures[one.measure]
        ours = periods.get(one.measure)
        if not one.shift.back or info.kind != "sum" or info.every is None or not ours:
            continue
        back = of
        for step in one.shift.back:
            back = back.previous() if step == "previous" else back.last_year()
        theirs = [containing(of.same_day(each.last, back), info.every) for each in ours]
        name = Name(f"{info.name.mr}, आधीच्या कालावधीत", f"{info.name.en}, in the period before")
        before.append(_Before(replace(info, name=name), ours, theirs))
    return _Wanted(entered, before, _counted_beside(indicator, of, known, today))


def _counted_beside(
    indicator: Indicator, of: Period, known: Catalogue, today: date
) -> Counted | None:
    """The first sum of a KPI that events feed, in its own period."""
    for one in indicator.formula.inputs:
        info = known.measures[one.measure]
        if info.every is None and one.aggregation in ("sum", "distinct") and not one.shift.back:
            return Counted(info, min(of.last, today), of.last >= today)
    return None


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
        for info, periods in (
            *some.entered,
            *((each.info, each.theirs) for each in some.before),
        )
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
            Reading.place,
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
    there = func.array_agg(case((places.c.in_force == 1, places.c.place)))
    query = select(*columns, *sums, there).group_by(*columns)
    for *key, late, entered, corrected, outliers, of in session.execute(query):
        measure, day, place = key
        counts = Counts(
            entered=entered, approved=entered, corrected=corrected, outliers=outliers or 0
        )
        where = frozenset(each for each in of if each is not None)
        found[measure, day].append(_Came(place, late or 0, counts, where))
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
