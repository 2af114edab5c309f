"""What happened around a project: counts of its links by day, movements of its files."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from palika.errors import Invalid
from palika.india import day_of, end_of, start_of
from services.warroom.domain.activity import MEASURES
from services.warroom.domain.facts import Link, LinkKind
from services.warroom.models import Activity, FileMove, FollowedFile
from services.warroom.queries import views
from services.warroom.queries.states import find, moment_of, state

FORTNIGHT: Final = 14
"""Days that are shown, if the caller does not say which."""
_FIRST: Final = date(1900, 1, 1)
_LAST: Final = date(2199, 12, 31)
"""Nothing moves before or after, and beyond are days without a moment of UTC."""
MOST_MOVES: Final = 100
"""Of one file so many movements of the period are shown, the newest."""


def activity(session: Session, args: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """What happened around a project in a period, as ``schemas.reading.Watching`` asks.

    As of a moment it is what was known when that day of India began: what came later on that day,
    and of earlier days after it, is left out, so that it reads the same ever after.

    Returns:
        ``links``: of areas and of property tax, each with its ``totals`` and the ``days`` on which
        there was anything; ``files``: each with its ``moves``, the newest first (``more``:
        there are older ones in the period that are not shown), or ``followed`` false where nothing
        is kept of it.

    Raises:
        NotFound: there is no such project, or was none then.
        Invalid: ``as_of`` is to come, or the period ends before it begins.
    """
    moment = moment_of(args["as_of"], now)
    known = state(session, find(session, args), moment)
    until = args["to_day"] or day_of(args["as_of"] or now)
    since = args["from_day"] or until - timedelta(days=FORTNIGHT - 1)
    if until < since:
        raise Invalid("no such period", {"to_day": [f"must be {since} or later"]})
    before = None if args["as_of"] is None else day_of(args["as_of"])
    counting = {key: each for key, each in known.links.items() if each.kind in MEASURES}
    found = _counts(session, list(counting), since, until, before)
    return {
        "id": str(known.id),
        "code": known.project.code,
        "from_day": since.isoformat(),
        "to_day": until.isoformat(),
        "links": [_link(key, each, found.get(key, {})) for key, each in counting.items()],
        "files": [
            _file(session, str(each.code), moment, since, until)
            for each in known.links.values()
            if each.kind is LinkKind.FILE
        ],
    }


def _counts(
    session: Session, links: list[UUID], since: date, until: date, before: date | None
) -> dict[UUID, dict[date, dict[str, int]]]:
    asked = (
        select(Activity.link_id, Activity.day, Activity.measure, func.sum(Activity.amount))
        .where(Activity.link_id.in_(links), Activity.day.between(since, until))
        .group_by(Activity.link_id, Activity.day, Activity.measure)
        .order_by(Activity.day, Activity.measure)
    )
    if before is not None:
        asked = asked.where(Activity.known_on < before)
    found: dict[UUID, dict[date, dict[str, int]]] = {}
    for key, day, measure, amount in session.execute(asked):
        found.setdefault(key, {}).setdefault(day, {})[measure] = int(amount)
    return found


def _link(key: UUID, link: Link, days: Mapping[date, Mapping[str, int]]) -> dict[str, Any]:
    totals = dict.fromkeys(MEASURES[link.kind], 0)
    for counts in days.values():
        for measure, amount in counts.items():
            totals[measure] += amount
    return {
        "id": str(key),
        "kind": str(link.kind),
        "ward": link.ward,
        "category": link.category,
        "totals": totals,
        "days": [{"day": day.isoformat(), **counts} for day, counts in days.items()],
    }


def _file(
    session: Session, number: str, moment: datetime, since: date, until: date
) -> dict[str, Any]:
    key = session.scalar(select(FollowedFile.file_id).where(FollowedFile.number == number))
    if key is None:
        return {"number": number, "followed": False, "moves": []}
    # One more than is shown, to know whether there are more.
    asked = (
        select(FileMove)
        .where(
            FileMove.file_id == key,
            FileMove.known_at <= moment,
            FileMove.moved_at >= start_of(max(since, _FIRST)),
            FileMove.moved_at < end_of(min(until, _LAST)),
        )
        .order_by(FileMove.moved_at.desc())
        .limit(MOST_MOVES + 1)
    )
    found = session.scalars(asked).all()
    moves = found[:MOST_MOVES]
    return {
        "number": number,
        "followed": True,
        "more": len(found) > len(moves),
        "moves": [
            {
                "at": views.moment(each.moved_at),
                "kind": each.kind,
                "from_post": each.from_post,
                "to_post": each.to_post,
            }
            for each in moves
        ],
    }
