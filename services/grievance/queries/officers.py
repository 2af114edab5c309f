"""Posts as they are now: who is given a grievance, and what each has in hand."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    DateTime,
    Integer,
    Row,
    Select,
    Text,
    and_,
    any_,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session

from services.grievance.domain.routing import Place, Post, Standing, choose
from services.grievance.models import IS_OPEN, Grievance, Leave, Officer
from services.grievance.schemas.officers import LeaveView, OfficerView

_view = OfficerView(many=True)
_COLUMNS = (
    Officer.code,
    Officer.department,
    Officer.level,
    Officer.wards,
    Officer.categories,
    Officer.capacity,
    Officer.active,
)
_NOW = bindparam("now", type_=DateTime(timezone=True))
_IS_ON = Leave.from_at <= _NOW, Leave.to_at > _NOW
_STANDING = select(
    exists(select(Officer.code)).label("any_posts"),
    select(Officer.department)
    .where(Officer.code == bindparam("code"), Officer.active)
    .scalar_subquery()
    .label("department"),
    select(func.max(Leave.to_at))
    .where(Leave.officer == bindparam("code"), *_IS_ON)
    .scalar_subquery()
    .label("away_until"),
)
_IS_EVERYWHERE = func.cardinality(Officer.wards) == 0


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


def standing(session: Session, code: str, now: datetime) -> Standing:
    """What is to be known of a post before it is given anything; one statement."""
    found = session.execute(_STANDING, {"code": code, "now": now}).one()
    return Standing(code, **found._asdict())


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
            # Who stands in for it may have it.
            yield replace(post, away=True)
        elif post.code == holder:
            yield replace(post, open=post.open - 1)
        else:
            yield post


def posts_around(session: Session, place: Place, level: int, now: datetime) -> list[Post]:
    """The posts that may come into question, and their substitutes; the rule is the domain's."""
    asked = {"department": place.department, "level": level, "ward": place.ward, "now": now}
    return [
        Post(**row._asdict() | {"wards": tuple(row.wards), "categories": tuple(row.categories)})
        for row in session.execute(posts_statement(), asked)
    ]


@cache
def posts_statement() -> Select[Any]:
    """Posts of a department, level and ward, and the substitutes of those who are away.

    Each with what it has in hand. Made once: to build it takes longer than to run it.
    """
    leave = _leave_of(Officer)
    near = (
        select(Officer.code, leave.c.substitute)
        .outerjoin(leave, true())
        .where(
            Officer.active,
            Officer.department == bindparam("department"),
            or_(
                Officer.level == bindparam("level"),
                # In charge of what has no ward may be one of a higher level (domain/routing.py).
                and_(
                    bindparam("ward", type_=Text).is_(None),
                    bindparam("level", type_=Integer) == 0,
                ),
            ),
            or_(_IS_EVERYWHERE, bindparam("ward", type_=Text) == any_(Officer.wards)),
        )
        .cte("near")
    )
    codes = select(near.c.code).union(
        select(near.c.substitute).where(near.c.substitute.is_not(None))
    )
    away = leave.c.from_at.is_not(None).label("away")
    return (
        select(*_COLUMNS, _open_of(Officer), away, leave.c.substitute)
        .outerjoin(leave, true())
        .where(Officer.code.in_(codes))
    )


def _leave_of(post: type[Officer]) -> Any:
    return (
        select(Leave.from_at, Leave.to_at, Leave.substitute)
        .where(Leave.officer == post.code, *_IS_ON)
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


def in_hand(session: Session, code: str) -> int:
    """How many open grievances a post has."""
    return session.scalars(select(_open_of(Officer)).where(Officer.code == code)).one()


def show(session: Session, args: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """One page of the posts, by code: ``items``, and ``next`` (the cursor of the next page).

    Each with what it has in hand, and with its leaves that are not over.
    """
    statement = _in_hand(args["limit"])
    for column, value in (
        (Officer.department, args["department"]),
        (Officer.level, args["level"]),
        (Officer.active, args["active"]),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if args["ward"] is not None:
        statement = statement.where(
            or_(_IS_EVERYWHERE, literal(args["ward"]) == any_(Officer.wards))
        )
    if args["cursor"] is not None:
        statement = statement.where(Officer.code > args["cursor"])
    found = session.execute(statement).all()
    shown = found[: args["limit"]]
    more = len(found) > len(shown)
    return {"items": _views(session, shown, now), "next": shown[-1].code if more else None}


def one(session: Session, code: str, now: datetime) -> dict[str, Any]:
    """One post, as ``show`` has it."""
    found = session.execute(_in_hand(1).where(Officer.code == code)).all()
    return _views(session, found, now)[0]


def _in_hand(limit: int) -> Select[Any]:
    columns = *_COLUMNS, _open_of(Officer)
    return select(*columns).order_by(Officer.code).limit(limit + 1)


def _views(session: Session, rows: Sequence[Row[Any]], now: datetime) -> list[dict[str, Any]]:
    leaves: dict[str, list[Leave]] = {}
    for each in session.scalars(
        select(Leave)
        .where(Leave.officer.in_([row.code for row in rows]), Leave.to_at > now)
        .order_by(Leave.officer, Leave.from_at)
    ):
        leaves.setdefault(each.officer, []).append(each)
    shown: list[dict[str, Any]] = _view.dump(
        [
            row._asdict()
            | {"load": round(row.open / row.capacity, 3), "leaves": leaves.get(row.code, [])}
            for row in rows
        ]
    )
    return shown


def view_of_leave(leave: Leave) -> dict[str, Any]:
    """A leave as the outside sees it."""
    shown: dict[str, Any] = LeaveView().dump(leave)
    return shown
