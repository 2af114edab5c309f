"""The grievances of one citizen: the caller's own, or those that a telephone number has filed."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, select, tuple_
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.paging import cursor_at, position_of
from services.grievance.models import Grievance
from services.grievance.schemas import CallerView, GrievanceView, PrivateView

_many = GrievanceView(many=True)
_caller = CallerView()
_private = PrivateView()
_NEWEST = "newest"


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
    return shown, _cursor_after(shown[-1]) if len(found) > len(shown) else None


def for_callers(found: Sequence[Grievance], cursor: str | None) -> dict[str, Any]:
    """A page as a helpdesk sees it, which does not know who calls: not a word that somebody wrote,
    and of a private one not even what it is about."""
    items = [(_private if each.private else _caller).dump(each) for each in found]
    return {"items": items, "next": cursor}


def _in_order(args: Mapping[str, Any]) -> Select[tuple[Grievance]]:
    """Newest first, from the cursor on."""
    statement = select(Grievance).order_by(Grievance.filed_at.desc(), Grievance.id.desc())
    if args["cursor"] is not None:
        statement = statement.where(
            tuple_(Grievance.filed_at, Grievance.id) < tuple_(*position_of(_NEWEST, args["cursor"]))
        )
    return statement


def _cursor_after(grievance: Grievance) -> str:
    """Where the list goes on after this one."""
    return cursor_at(_NEWEST, (grievance.filed_at, grievance.id))
