"""The posts that grievances are given to, and when they are away."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Invalid, NotFound
from services.grievance.domain.holding import (
    check_can_end,
    check_can_move,
    check_substitute,
)
from services.grievance.domain.posts import Entry, problems_of
from services.grievance.domain.routing import Absence, Standing, check_leave
from services.grievance.domain.seats import check_may_set_leave, check_may_set_posts
from services.grievance.models import Leave, Officer
from services.grievance.queries.officers import in_hand
from services.grievance.queries.seats import seat_of
from services.grievance.reference import city, matrix


def set_officer(session: Session, caller: Identity, args: Mapping[str, Any]) -> None:
    """Make a post, or change it: what is not given is as for a new one.

    What it has in hand stays with it, also when it is not active any more: ``reassign`` moves that.

    Raises:
        Invalid: no such department, ward, category or level.
        Forbidden: it is the caller's own post, or of another department than theirs.
        Conflict: it would go to another department with work in hand.
    """
    entry = Entry(**{key: _plain(value) for key, value in args.items()})
    problems = problems_of(entry, city(), matrix().top)
    if problems:
        raise Invalid("no such post", {field: [rule] for field, rule in problems.items()})
    # Locked: it is given nothing while it is looked at.
    known = session.scalar(select(Officer).where(Officer.code == entry.code).with_for_update())
    whose = [entry.department] if known is None else [entry.department, known.department]
    check_may_set_posts(seat_of(session, caller), caller.roles, entry.code, *whose)
    set_all(session, [entry])


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def set_all(session: Session, entries: Iterable[Entry]) -> None:
    """Make or change these posts, in one statement; they have been checked.

    Raises:
        Conflict: one would go to another department with work in hand.
    """
    entries = list(entries)
    to = {each.code: each.department for each in entries}
    known = session.execute(
        select(Officer.code, Officer.department).where(Officer.code.in_(to))
    ).all()
    for code, department in known:
        if department != to[code]:
            check_can_move(code, department, in_hand(session, code))
    # In one order, so that two who set the same posts do not wait for each other in a circle.
    rows = [
        {
            "code": each.code,
            "department": each.department,
            "level": each.level,
            "wards": list(each.wards),
            "categories": list(each.categories),
            "capacity": each.capacity,
            "active": each.active,
        }
        for each in sorted(entries, key=lambda each: each.code)
    ]
    statement = upsert(Officer.__table__)
    fresh = {key: statement.excluded[key] for key in rows[0] if key != "code"}
    session.execute(statement.on_conflict_do_update(index_elements=["code"], set_=fresh), rows)


def set_leave(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> Leave:
    """Say that a post is away, and who stands in for it. What it has in hand stays where it is.

    Raises:
        NotFound: no such post.
        Forbidden: it is of another department than the caller's.
        Invalid: it is over, or ends before it begins; the substitute is no active post of the
            department.
        Conflict: the post is on leave then already.
    """
    code, name = args["officer"], args["substitute"]
    # Locked: of two leaves at once the second sees the first. But not its key, or two who stand in
    # for each other would wait for each other.
    locked = select(Officer).where(Officer.code == code).with_for_update(key_share=True)
    officer = session.scalar(locked)
    if officer is None:
        raise NotFound(f"there is no post {code}", {"officer": code})
    check_may_set_leave(seat_of(session, caller), caller.roles, officer.department)
    if name is not None:
        found = session.get(Officer, name)
        there = found is not None and found.active
        check_substitute(
            Standing(code, officer.department),
            Standing(name, found.department if there else None),
        )
    others = session.scalars(select(Leave).where(Leave.officer == code, Leave.to_at > now))
    asked = Absence(args["from_at"], args["to_at"])
    check_leave(code, asked, now, [Absence(each.from_at, each.to_at) for each in others])
    leave = Leave(officer=code, from_at=asked.from_at, to_at=asked.to_at, substitute=name)
    session.add(leave)
    session.flush()
    return leave


def cancel_leave(session: Session, caller: Identity, leave_id: int, now: datetime) -> Leave | None:
    """Take a leave back, or end it now if it has begun; gives what is left of it.

    Raises:
        NotFound: there is none.
        Forbidden: it is of another department than the caller's.
        Conflict: it is over.
    """
    leave = session.scalar(select(Leave).where(Leave.id == leave_id).with_for_update())
    if leave is None:
        raise NotFound(f"there is no leave {leave_id}", {"id": str(leave_id)})
    officer = session.get_one(Officer, leave.officer)
    check_may_set_leave(seat_of(session, caller), caller.roles, officer.department)
    check_can_end(Absence(leave.from_at, leave.to_at), now)
    if leave.from_at < now:
        leave.to_at = now
        return leave
    session.delete(leave)
    return None
