"""The grievances of one citizen: the caller's own, or those that a telephone number has filed."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, or_, select, tuple_
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.paging import cursor_at, order_of, position_of
from services.grievance.domain.lifecycle import Step
from services.grievance.models import Follower, Grievance, Timeline
from services.grievance.schemas import CallerView, GrievanceView, PrivateView

_many = GrievanceView(many=True)
_caller = CallerView()
_private = PrivateView()
_STANDS = ("status", "category", "ward", "filed_at", "due_at", "resolved_at", "closed_at")
_followed = CallerView(only=("id", "private", "number", *_STANDS))
_MINE = "mine"
_FOLLOWED = "followed"


def page(session: Session, caller: Identity, args: Mapping[str, Any]) -> dict[str, Any]:
    """One page of the caller's own, newest first.

    Raises:
        Invalid: the cursor is not one that this list gave.
    """
    # Who is not known owns nothing, whatever they call themselves.
    own = Grievance.filed_by == caller.subject, Grievance.anonymous.is_(False)
    found, cursor = newest(session, args, *own)
    return {"items": _many.dump(found), "next": cursor}


def newest(
    session: Session, args: Mapping[str, Any], *whose: ColumnElement[bool]
) -> tuple[list[Grievance], str | None]:
    """A page of somebody's grievances, newest first, and the cursor of the next. Raises as
    ``page``."""
    statement = _in_order(args).where(*whose)
    if args["status"] is not None:
        statement = statement.where(Grievance.state == args["status"])
    found = list(session.scalars(statement.limit(args["limit"] + 1)))
    shown = found[: args["limit"]]
    if len(found) == len(shown):
        return shown, None
    return shown, cursor_at(order_of(_MINE, args), (shown[-1].filed_at, shown[-1].id))


def for_callers(found: Sequence[Grievance], cursor: str | None) -> dict[str, Any]:
    """A page as a helpdesk sees it, which does not know who calls: not a word that somebody wrote,
    and of a private one not even what it is about."""
    items = [(_private if each.private else _caller).dump(each) for each in found]
    return {"items": items, "next": cursor}


_FILED_AS_A_CITIZEN = select(Timeline.id).where(
    Timeline.grievance_id == Grievance.id,
    Timeline.step == Step.FILE,
    Timeline.actor_role == "citizen",
)


def own_contact(session: Session, caller: Identity) -> dict[str, str | None]:
    """``name``, ``phone`` and ``email`` that the caller had themselves written to when they last
    filed something as a citizen; empty, where they never had. What an employee files may be for who
    called."""
    last = session.execute(
        select(Grievance.citizen_name, Grievance.citizen_phone, Grievance.citizen_email)
        .where(
            Grievance.filed_by == caller.subject,
            or_(Grievance.citizen_phone.is_not(None), Grievance.citizen_email.is_not(None)),
            exists(_FILED_AS_A_CITIZEN),
        )
        .order_by(Grievance.filed_at.desc(), Grievance.id.desc())
        .limit(1)
    ).one_or_none()
    return {} if last is None else dict(zip(("name", "phone", "email"), last, strict=True))


def followed(session: Session, caller: Identity, args: Mapping[str, Any]) -> dict[str, Any]:
    """A page of what the caller follows by their login, the last begun first: where it stands, as
    anybody may know.

    Raises:
        Invalid: the cursor is not one that this list gave.
    """
    statement = (
        select(Grievance, Follower.followed_at, Follower.id)
        .join(Follower, Follower.grievance_id == Grievance.id)
        .where(Follower.subject == caller.subject)
        .order_by(Follower.followed_at.desc(), Follower.id.desc())
    )
    if args["cursor"] is not None:
        place = tuple_(Follower.followed_at, Follower.id)
        statement = statement.where(place < tuple_(*position_of(_FOLLOWED, args["cursor"])))
    found = session.execute(statement.limit(args["limit"] + 1)).all()
    shown = found[: args["limit"]]
    # One that has become private since is nobody else's business but that it is there.
    found_ones = [row.Grievance for row in shown]
    items = [(_private if each.private else _followed).dump(each) for each in found_ones]
    more = len(found) > len(shown)
    cursor = cursor_at(_FOLLOWED, (shown[-1].followed_at, shown[-1].id)) if more else None
    return {"items": items, "next": cursor}


def _in_order(args: Mapping[str, Any]) -> Select[tuple[Grievance]]:
    """Newest first, from the cursor on."""
    statement = select(Grievance).order_by(Grievance.filed_at.desc(), Grievance.id.desc())
    if args["cursor"] is not None:
        position = position_of(order_of(_MINE, args), args["cursor"])
        place = tuple_(Grievance.filed_at, Grievance.id)
        statement = statement.where(place < tuple_(*position))
    return statement
