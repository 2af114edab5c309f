"""The caller's own grievances."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.paging import cursor_at, position_of
from services.grievance.models import Grievance
from services.grievance.schemas import GrievanceView

_many = GrievanceView(many=True)
_NEWEST = "newest"


def page(session: Session, caller: Identity, args: Mapping[str, Any]) -> dict[str, Any]:
    """One page of the caller's own, newest first.

    Raises:
        Invalid: the cursor is not one that this list gave.
    """
    # Who is not known owns nothing, whatever they call themselves.
    own = Grievance.filed_by == caller.subject, Grievance.anonymous.is_(False)
    statement = _in_order(args).where(*own)
    if args["status"] is not None:
        statement = statement.where(Grievance.state == args["status"])
    found = session.scalars(statement.limit(args["limit"] + 1)).all()
    shown = found[: args["limit"]]
    more = len(found) > len(shown)
    return {"items": _many.dump(shown), "next": _cursor_after(shown[-1]) if more else None}


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
