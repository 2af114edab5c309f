"""Follow a grievance instead of filing it again, and follow it no more."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict, NotFound
from services.grievance.domain.access import is_staff, may_touch
from services.grievance.domain.lifecycle import OPEN
from services.grievance.models import Follower, Grievance
from services.grievance.queries import followers

MOST_FOLLOWERS = 200
"""Of one grievance: its event names them all."""


def follow_grievance(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Let somebody be told what becomes of it, as its citizen is.

    Whoever follows it already goes on as before: a second call changes nothing, and does not tell
    who follows.

    Raises:
        NotFound: there is none, or it is private and another citizen's.
        Conflict: it is not open (of a merged one the original is named), or has enough followers.
    """
    found = _found(session, caller, args)
    if found.merged_into is not None:
        original = session.scalar(select(Grievance.number).where(Grievance.id == found.merged_into))
        raise Conflict(f"{found.number} goes on as {original}: follow that", {"original": original})
    if found.state not in OPEN:
        raise Conflict(
            f"{found.number} is {found.state}: only an open one can be followed",
            {"status": found.state},
        )
    if followers.count(session, found.id) >= MOST_FOLLOWERS:
        raise Conflict(
            f"{found.number} is followed by {MOST_FOLLOWERS} already", {"limit": MOST_FOLLOWERS}
        )
    new = insert(Follower).values(
        id=uuid7(),
        grievance_id=found.id,
        subject=_login(caller),
        name=args["citizen_name"],
        phone=args["citizen_phone"],
        email=args["citizen_email"],
        language=args["language"],
        followed_at=now,
    )
    session.execute(new.on_conflict_do_nothing())
    return {"number": found.number, "status": found.state, "following": True}


def unfollow_grievance(
    session: Session, caller: Identity, args: Mapping[str, Any]
) -> dict[str, Any]:
    """Let the caller's login, or this number or e-mail, be told nothing more.

    The answer is the same whether they followed it or not. Raises NotFound as ``follow_grievance``.
    """
    found = _found(session, caller, args)
    who = [
        column == value
        for column, value in (
            (Follower.subject, _login(caller)),
            (Follower.phone, args["citizen_phone"]),
            (Follower.email, args["citizen_email"]),
        )
        if value is not None
    ]
    if who:
        gone = delete(Follower).where(Follower.grievance_id == found.id, or_(*who))
        session.execute(gone, execution_options={"synchronize_session": False})
    return {"number": found.number, "status": found.state, "following": False}


def _login(caller: Identity) -> str | None:
    """Who follows by their own login; the office does it for others."""
    return caller.subject if "citizen" in caller.roles else None


def _found(session: Session, caller: Identity, args: Mapping[str, Any]) -> Row[Any]:
    """The grievance, locked: it does not end while somebody begins to follow it."""
    key = Grievance.id == args["id"] if args["id"] else Grievance.number == args["number"]
    found = session.execute(
        select(
            Grievance.id,
            Grievance.number,
            Grievance.state,
            Grievance.private,
            Grievance.filed_by,
            Grievance.merged_into,
        )
        .where(key)
        .with_for_update(key_share=True)
    ).one_or_none()
    seen = found is not None and (
        not found.private
        or is_staff(caller.roles)
        or may_touch(found.filed_by, caller.subject, caller.roles)
    )
    if found is None or not seen:
        asked = args["id"] or args["number"]
        raise NotFound(f"there is no grievance {asked}", {"id": str(asked)})
    return found
