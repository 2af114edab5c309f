"""How far values can be relied on, and how fresh they are."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.india import day_of
from services.kpi.commands.readings import values_of
from services.kpi.describing import both
from services.kpi.domain.entry import Key
from services.kpi.domain.quality import Counts, Quality, quality
from services.kpi.domain.wholes import Known, beside
from services.kpi.entered.form import Asked, asked
from services.kpi.models import Reading, SignOff
from services.kpi.moments import moment
from services.kpi.queries.heard import heard_until
from services.kpi.reference import city_catalogue, city_entry, city_places


def quality_of(session: Session, args: Mapping[str, Any], today: date) -> dict[str, Any]:
    """The data-quality score of what a department enters for a period, of each measure and in all.

    Raises:
        Invalid: no such period, or nothing is entered for it.
    """
    wanted = asked(args["department"], args["period"], today)
    of = wanted[0].period
    readings: dict[str, list[Reading]] = defaultdict(list)
    query = select(Reading).where(
        Reading.department == args["department"],
        Reading.day == of.last,
        Reading.period == of.code,
        Reading.state.in_(("submitted", "approved")),
    )
    for each in session.scalars(query.order_by(Reading.id)):
        readings[each.measure].append(each)
    known = _known(session, args["department"], readings, of.last)
    counted = {
        each.info.code: _counts(each, readings[each.info.code], known, today) for each in wanted
    }
    weights = city_entry().weights
    total = sum(counted.values(), Counts())
    signed = session.get(SignOff, (args["department"], of.code))
    return {
        "department": args["department"],
        "period": of.code,
        "signed_off": signed is not None,
        "after_sign_off": sum(
            each.in_force and each.after_sign_off for found in readings.values() for each in found
        ),
        "fresh": _latest(each for found in readings.values() for each in found),
        "events_until": counted_until(session),
        **_view(quality(total, weights)),
        "measures": [
            {
                "measure": each.info.code,
                "name": both(each.info.name),
                "due_on": each.info.due_on(of).isoformat(),
                "fresh": _latest(readings[each.info.code]),
                **_view(quality(counted[each.info.code], weights)),
            }
            for each in wanted
        ],
    }


def counted_until(session: Session) -> str | None:
    """How far the projection of events has come (`heard_until`), as calls tell a moment."""
    found = heard_until(session)
    return None if found is None else moment(found)


def _known(session: Session, department: str, measures: Iterable[str], day: date) -> Known:
    """What is in force of the measures, and of what they are parts of, on a day and later."""
    catalogue = city_catalogue().measures
    asked = beside(measures, catalogue)
    values = values_of(session, department, asked, day, waiting=False)
    return Known(values, catalogue, city_places())


def _is_odd(each: Reading, known: Known) -> bool:
    """Whether a value in force counts against the score."""
    if each.outlier:
        return True
    above = known.above(Key(each.measure, each.place, each.day))
    return any(found.part.at_most == found.whole.code for found in above)


def _counts(one: Asked, readings: Iterable[Reading], known: Known, today: date) -> Counts:
    places = city_places().expected(one.info.by)
    due = one.info.due_on(one.period)
    by_place: dict[str, list[Reading]] = defaultdict(list)
    for each in readings:
        by_place[each.place].append(each)
    entered = [found for place, found in by_place.items() if place in places]
    in_force = [each for found in entered for each in found if each.in_force]
    return Counts(
        expected=len(places),
        entered=len(entered),
        due=len(places) if today > due else len(entered),
        in_time=sum(
            min(day_of(each.submitted_at) for each in found if each.submitted_at) <= due
            for found in entered
        ),
        approved=len(in_force),
        corrected=sum((each.version or 1) > 1 for each in in_force),
        outliers=sum(_is_odd(each, known) for each in in_force),
    )


def _latest(readings: Iterable[Reading]) -> str | None:
    """When the newest of the values in force was approved."""
    found = [each.decided_at for each in readings if each.in_force and each.decided_at]
    return moment(max(found)) if found else None


def _view(found: Quality) -> dict[str, Any]:
    return {
        "score": None if found.score is None else round(float(found.score), 1),
        "parts": {
            name: {
                "score": None if part.score is None else round(float(part.score), 1),
                "words": both(part.words),
            }
            for name, part in found.parts.items()
        },
    }
