"""Posts as they are now: who is given a grievance, what each has in hand, and what nobody has."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select, text, true
from sqlalchemy.orm import Session

from services.grievance.domain.lifecycle import OPEN, quoted
from services.grievance.domain.routing import Place, Post, choose
from services.grievance.models import Grievance, Leave, Officer

IS_OPEN = text(f"state IN ({quoted(OPEN)})")
"""In the words of the indexes of open grievances, so that they are used."""
_COLUMNS = (
    Officer.code,
    Officer.department,
    Officer.level,
    Officer.wards,
    Officer.categories,
    Officer.capacity,
    Officer.active,
)


def post_of(
    session: Session,
    department: str,
    ward: str | None,
    level: int,
    now: datetime,
    *,
    category: str | None = None,
    parent_category: str | None = None,
) -> str | None:
    """The post of a department's rung that is for this ward, and is there (or its substitute).

    Of several the least loaded. One statement. None: there is nobody.

    Args:
        session: in a transaction, or not.
        department: of the grievance.
        ward: of the grievance; without one, only posts for the whole city are asked.
        level: the rung: 0 is the officer in charge.
        now: the moment at which it has to be there.
        category: of the grievance; None: the posts' lists of categories do not matter.
        parent_category: the category above it.
    """
    place = Place(department, ward, category, parent_category)
    return choose(posts_around(session, place, level, now), place, level)


def place_of(grievance: Grievance) -> Place:
    """What a grievance is about, and where."""
    return Place(
        grievance.department, grievance.ward, grievance.category, grievance.parent_category
    )


def officer_for(
    session: Session, grievance: Grievance, now: datetime, *, besides: str | None = None
) -> str | None:
    """The post in charge that this grievance is best given to; one statement.

    Args:
        session: in a transaction.
        grievance: as it stands. What it is to who has it now is not counted against them.
        now: the present moment.
        besides: a post that is not to have it.
    """
    place = place_of(grievance)
    found = posts_around(session, place, 0, now)
    return choose(_as_if_given_back(found, grievance.officer, besides), place)


def _as_if_given_back(
    posts: Iterable[Post], holder: str | None, besides: str | None
) -> Iterable[Post]:
    for post in posts:
        if post.code == besides:
            yield replace(post, active=False)
        elif post.code == holder:
            yield replace(post, open=post.open - 1)
        else:
            yield post


def posts_around(session: Session, place: Place, level: int, now: datetime) -> list[Post]:
    """The posts that may come into question, and their substitutes; the rule is the domain's."""
    asked = and_(
        Officer.active,
        Officer.department == place.department,
        Officer.level == level,
        or_(func.cardinality(Officer.wards) == 0, Officer.wards.any(place.ward)),
    )
    return [_post(row) for row in session.execute(_posts(asked, now))]


def _posts(asked: ColumnElement[bool], now: datetime) -> Select[Any]:
    """Posts and the substitutes of those who are away, with what each has in hand."""
    leave = _leave_of(Officer, now)
    near = (
        select(Officer.code, leave.c.substitute).outerjoin(leave, true()).where(asked).cte("near")
    )
    codes = select(near.c.code).union(
        select(near.c.substitute).where(near.c.substitute.is_not(None))
    )
    return (
        select(
            *_COLUMNS,
            _open_of(Officer),
            leave.c.from_at.is_not(None).label("away"),
            leave.c.substitute,
        )
        .outerjoin(leave, true())
        .where(Officer.code.in_(codes))
    )


def _leave_of(post: type[Officer], now: datetime) -> Any:
    return (
        select(Leave.from_at, Leave.to_at, Leave.substitute)
        .where(Leave.officer == post.code, Leave.from_at <= now, Leave.to_at > now)
        .order_by(Leave.from_at)
        .limit(1)
        .correlate(post)
        .lateral("leave_now")
    )


def _open_of(post: type[Officer]) -> Any:
    """How many a post has in hand: counted in the index of the officers' desks."""
    return (
        select(func.count())
        .select_from(Grievance)
        .where(Grievance.officer == post.code, IS_OPEN)
        .correlate(post)
        .scalar_subquery()
        .label("open")
    )


def _post(row: Row[Any]) -> Post:
    values = row._asdict()
    return Post(**values | {"wards": tuple(row.wards), "categories": tuple(row.categories)})


def show(session: Session, args: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """One page of the posts, by code: ``items``, and ``next`` (the cursor of the next page).

    Each has what it has in hand (``open``, and ``load`` for its size), and its leaves that are not
    over.
    """
    statement = select(*_COLUMNS, _open_of(Officer)).order_by(Officer.code)
    for column, value in (
        (Officer.department, args["department"]),
        (Officer.level, args["level"]),
        (Officer.active, args["active"]),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if args["ward"] is not None:
        everywhere = func.cardinality(Officer.wards) == 0
        statement = statement.where(or_(everywhere, Officer.wards.any(args["ward"])))
    if args["cursor"] is not None:
        statement = statement.where(Officer.code > args["cursor"])
    found = session.execute(statement.limit(args["limit"] + 1)).all()
    shown = found[: args["limit"]]
    leaves = _leaves(session, [row.code for row in shown], now)
    items = [
        row._asdict()
        | {"load": round(row.open / row.capacity, 3), "leaves": leaves.get(row.code, [])}
        for row in shown
    ]
    return {"items": items, "next": shown[-1].code if len(found) > len(shown) else None}


def _leaves(
    session: Session, codes: Sequence[str], now: datetime
) -> dict[str, list[dict[str, Any]]]:
    """Leaves that are not over, of each of these posts, in their order."""
    found = session.scalars(
        select(Leave)
        .where(Leave.officer.in_(codes), Leave.to_at > now)
        .order_by(Leave.officer, Leave.from_at)
    )
    leaves: dict[str, list[dict[str, Any]]] = {}
    for each in found:
        leaves.setdefault(each.officer, []).append(view_of_leave(each))
    return leaves


def view_of_leave(leave: Leave) -> dict[str, Any]:
    """A leave as the outside sees it."""
    return {
        "id": leave.id,
        "officer": leave.officer,
        "from_at": leave.from_at.isoformat(),
        "to_at": leave.to_at.isoformat(),
        "substitute": leave.substitute,
    }
