"""Reviews as of a moment: the versions that were open then, as ``states.py`` has projects."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, or_, select
from sqlalchemy.orm import Session

from palika.errors import NotFound
from services.warroom.domain.keeping import read
from services.warroom.domain.reviews import (
    REVIEW_KINDS,
    Action,
    Meeting,
    Review,
    ReviewFact,
    Work,
)
from services.warroom.models import ReviewChange, ReviewRow, ReviewVersion, Seen
from services.warroom.queries.states import NOW

_PLACES = {
    "item": "items",
    "attendance": "attendance",
    "minute": "minutes",
    "action": "actions",
    "addendum": "addenda",
    "pack": "packs",
}
"""Where facts of a kind stand in a review."""
Told = tuple[str, UUID, int, ReviewFact]
"""Kind, id, number of the change that made it so, and content."""


def facts_of_reviews(
    session: Session, ids: Collection[UUID], as_of: datetime
) -> dict[UUID, list[Told]]:
    """What was known of reviews at a moment, the oldest version first."""
    found: dict[UUID, list[Told]] = {}
    for each in _rows(session, ids, as_of):
        found.setdefault(each.review_id, []).append(_told(each))
    return found


def _rows(
    session: Session, ids: Collection[UUID], as_of: datetime
) -> Iterable[Row[*tuple[Any, ...]]]:
    # Columns and not entities: a review has hundreds of them, and is read with every change of it.
    # The last change with them, in one statement: between two, another may be recorded.
    before = (ReviewChange.review_id == ReviewRow.id, ReviewChange.at <= as_of)
    last = select(ReviewChange.position).where(*before).order_by(ReviewChange.position.desc())
    at = select(func.max(ReviewChange.at)).where(*before)
    heads = (
        select(
            ReviewRow.id,
            last.limit(1).scalar_subquery().label("last"),
            at.scalar_subquery().label("last_at"),
        )
        .where(ReviewRow.id.in_(ids))
        .cte("head")
        .prefix_with("MATERIALIZED")
    )
    return session.execute(
        select(
            ReviewVersion.review_id,
            ReviewVersion.kind,
            ReviewVersion.entity_id,
            ReviewVersion.position,
            ReviewVersion.content,
            heads.c.last,
            heads.c.last_at,
        )
        .join(heads, heads.c.id == ReviewVersion.review_id)
        .where(
            ReviewVersion.review_id.in_(ids),
            ReviewVersion.since <= as_of,
            ReviewVersion.until > as_of,
        )
        .order_by(ReviewVersion.id)
    )


def _told(row: Row[*tuple[Any, ...]]) -> Told:
    fact = read(REVIEW_KINDS[row.kind], row.content)
    return row.kind, row.entity_id, row.position, fact


def gathered_review(
    review_id: UUID, version: int, recorded_at: datetime, facts: Iterable[Told]
) -> Review:
    """A review of its facts."""
    places: dict[str, dict[UUID, Any]] = {name: {} for name in _PLACES.values()}
    positions: dict[UUID, int] = {}
    meeting = None
    for kind, key, position, fact in facts:
        positions[key] = position
        if kind == "meeting":
            meeting = fact
        else:
            places[_PLACES[kind]][key] = fact
    assert isinstance(meeting, Meeting)
    return Review(review_id, version, recorded_at, meeting=meeting, positions=positions, **places)


def reviews_at(session: Session, ids: Collection[UUID], as_of: datetime) -> list[Review]:
    """Several, by when they begin; those that were not there then are left out."""
    facts: dict[UUID, list[Told]] = {}
    last: dict[UUID, tuple[int, datetime]] = {}
    for each in _rows(session, ids, as_of):
        facts.setdefault(each.review_id, []).append(_told(each))
        last[each.review_id] = (each.last, each.last_at)
    found = [gathered_review(key, *last[key], told) for key, told in facts.items()]
    return sorted(found, key=lambda each: each.meeting.starts_at)


def review_at(session: Session, key: UUID, as_of: datetime = NOW) -> Review:
    """One.

    Raises:
        NotFound: there was no such review then.
    """
    found = reviews_at(session, [key], as_of)
    if not found:
        raise NotFound("there is no such review", {"review_id": str(key)})
    return found[0]


def meetings_at(
    session: Session, as_of: datetime, *only: ColumnElement[bool]
) -> list[tuple[UUID, Meeting]]:
    """The reviews of which ``only`` is so, without what was minuted; the last first."""
    rows = session.execute(
        select(ReviewRow.id, ReviewVersion.content)
        .join(ReviewVersion, ReviewVersion.entity_id == ReviewRow.id)
        .where(ReviewVersion.since <= as_of, ReviewVersion.until > as_of, *only)
        .order_by(ReviewRow.occurs_on.desc(), ReviewRow.id)
    )
    return [(key, read(Meeting, content)) for key, content in rows]


def actions_at(
    session: Session, as_of: datetime, *only: ColumnElement[bool]
) -> list[tuple[UUID, UUID, Action]]:
    """Actions that were assigned: review, id, action; by their day."""
    rows = session.execute(
        select(ReviewVersion.review_id, ReviewVersion.entity_id, ReviewVersion.content).where(
            ReviewVersion.kind == "action",
            ReviewVersion.since <= as_of,
            ReviewVersion.until > as_of,
            ReviewVersion.content["assigned_on"].astext.is_not(None),
            *only,
        )
    )
    found = [(review, key, read(Action, content)) for review, key, content in rows]
    return sorted(found, key=lambda each: (each[2].due_on, str(each[1])))


def promises_since(session: Session, review_id: UUID | None) -> list[tuple[UUID, UUID, Action]]:
    """Actions that are pending now, and those that were settled since the frozen pack of a review
    has shown what there was; as ``actions_at``.

    Args:
        review_id: None: there was no review; pending ones only.
    """
    if review_id is None:
        return actions_at(session, NOW, is_pending())
    shown = select(Seen.position).where(
        Seen.review_id == review_id, Seen.subject_id == ReviewVersion.review_id
    )
    behind = ReviewVersion.position > func.coalesce(shown.scalar_subquery(), 0)
    return actions_at(session, NOW, or_(is_pending(), behind))


def versions_of_reviews(session: Session) -> dict[UUID, int]:
    """The number of the last change of each."""
    asked = session.execute(select(ReviewRow.id, ReviewRow.version))
    return {each.id: each.version for each in asked}


def is_pending() -> ColumnElement[bool]:
    """Of an action's version: that it is still to be done."""
    return ReviewVersion.content["work"].astext.in_([str(Work.OPEN), str(Work.CLAIMED)])


def of_action(session: Session, key: UUID) -> UUID:
    """The review in which an action was assigned.

    Raises:
        NotFound: there is none.
    """
    asked = select(ReviewVersion.review_id).where(
        ReviewVersion.entity_id == key, ReviewVersion.kind == "action"
    )
    found = session.scalar(asked.limit(1))
    if found is None:
        raise NotFound("there is no such action", {"action_id": str(key)})
    return found


def post_of_action(session: Session, key: UUID) -> str:
    """Whose an action is, or was last.

    Raises:
        NotFound: there is none.
    """
    of_action(session, key)
    asked = select(ReviewVersion.content["post"].astext).where(
        ReviewVersion.entity_id == key, ReviewVersion.kind == "action"
    )
    return str(session.scalar(asked.order_by(ReviewVersion.until.desc()).limit(1)))


def action_args(args: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    """What ``schemas.reviewing.ListingActions`` asks for."""
    content = ReviewVersion.content
    found: list[ColumnElement[bool]] = []
    for name in ("code", "post", "work"):
        if args[name] is not None:
            found.append(content[name].astext == str(args[name]))
    if args["review_id"] is not None:
        found.append(ReviewVersion.review_id == args["review_id"])
    if args["pending"] is not None:
        found.append(is_pending() if args["pending"] else ~is_pending())
    if args["to_answer"]:
        found.append(content["work"].astext == str(Work.CLAIMED))
    return found
