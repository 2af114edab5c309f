"""Follow a grievance instead of filing it again, and follow it no more."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import NotFound
from services.grievance.commands.step import note_beside
from services.grievance.domain import following, merging
from services.grievance.domain.access import is_staff, may_touch
from services.grievance.domain.following import check_followable, enters_for_another
from services.grievance.domain.lifecycle import State, Step
from services.grievance.models import Follower, Grievance
from services.grievance.queries import followers
from services.grievance.queries.mine import own_contact
from services.grievance.queries.sight import check_may_read


def follow_grievance(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Let somebody be told what becomes of it, as its citizen is.

    A citizen follows by their login, and is written to as they had themselves written to when they
    last filed something. For others the office enters a number or an address, which is noted.
    Whoever follows it already goes on as before: a second call changes nothing, and does not tell
    who follows.

    Raises:
        NotFound: there is none, or it is private and another citizen's.
        Forbidden: it is private, and no business of this officer's.
        Invalid: a citizen gives a number, or the office none.
        Conflict: it is not open (of a merged one the original is named), or has enough followers.
    """
    reached_by = args["citizen_phone"], args["citizen_email"]
    for_another = enters_for_another(caller.roles, *reached_by)
    found = _found(session, caller, args)
    original = None
    if found.merged_into is not None:
        original = session.scalar(select(Grievance.number).where(Grievance.id == found.merged_into))
    check_followable(found.number, State(found.state), original)
    if for_another:
        who = {"name": args["citizen_name"], "phone": reached_by[0], "email": reached_by[1]}
        new = _add(session, found, now, language=args["language"], **who)
        if new is not None:
            note_beside(session, [found], Step.FOLLOW, caller, now, follower=str(new))
    else:
        login = {"subject": caller.subject, "language": args["language"]}
        contact = own_contact(session, caller)
        # Where somebody follows by that number already, the login does without.
        if _add(session, found, now, **login, **contact) is None:
            _add(session, found, now, **login)
    return {"number": found.number, "status": found.state, "following": True}


def unfollow_grievance(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Let the caller's login be told nothing more, or the number or e-mail that the office enters.

    The answer is the same whether they followed it or not. Who follows what has become private ends
    that as well. Raises NotFound, Forbidden and Invalid as ``follow_grievance``.
    """
    phone, email = args["citizen_phone"], args["citizen_email"]
    for_another = enters_for_another(caller.roles, phone, email)
    found = _found(session, caller, args, followers_too=not for_another)
    who = [Follower.subject == caller.subject]
    if for_another:
        given = ((Follower.phone, phone), (Follower.email, email))
        who = [column == value for column, value in given if value is not None]
    gone = delete(Follower).where(Follower.grievance_id == found.id, or_(*who))
    ended = session.scalars(
        gone.returning(Follower.id), execution_options={"synchronize_session": False}
    ).all()
    if for_another:
        for each in ended:
            note_beside(session, [found], Step.UNFOLLOW, caller, now, follower=str(each))
    return {"number": found.number, "status": found.state, "following": False}


def _add(session: Session, found: Any, now: datetime, **who: Any) -> uuid.UUID | None:
    """The id of a new follower; None: they follow it already. Raises Conflict: there is no room for
    one more."""
    new = upsert(Follower).values(id=uuid7(), grievance_id=found.id, followed_at=now, **who)
    added = session.scalar(new.on_conflict_do_nothing().returning(Follower.id))
    if added is not None:
        following.check_room(found.number, followers.count(session, found.id))
        told = found.duplicates + followers.of_family(session, found.id)
        merging.check_room(found.number, told)
    return added


def _follows(session: Session, caller: Identity, key: uuid.UUID) -> bool:
    mine = select(Follower.id).where(
        Follower.grievance_id == key, Follower.subject == caller.subject
    )
    return session.scalar(mine) is not None


def _found(
    session: Session, caller: Identity, args: Mapping[str, Any], *, followers_too: bool = False
) -> Any:
    """The grievance, locked: it does not end while somebody begins to follow it.

    ``followers_too``: who follows it by their login finds it, whoever else may.
    """
    key = Grievance.id == args["id"] if args["id"] else Grievance.number == args["number"]
    found: Row[Any] | None = session.execute(
        select(
            Grievance.id,
            Grievance.number,
            Grievance.state,
            Grievance.private,
            Grievance.filed_by,
            Grievance.department,
            Grievance.ward,
            Grievance.officer,
            Grievance.merged_into,
            Grievance.duplicates,
        )
        .where(key)
        .with_for_update(key_share=True)
    ).one_or_none()
    if found is not None and followers_too and _follows(session, caller, found.id):
        return found
    seen = found is not None and (
        not found.private
        or is_staff(caller.roles)
        or may_touch(found.filed_by, caller.subject, caller.roles)
    )
    if found is None or not seen:
        asked = args["id"] or args["number"]
        raise NotFound(f"there is no grievance {asked}", {"id": str(asked)})
    check_may_read(session, caller, found)
    return found
