"""Reads."""

import uuid
from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict
from typing import Any

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import Session, aliased

from palika.auth import Identity
from palika.errors import NotFound
from palika.roles import NOBODY
from services.grievance import attached, promises
from services.grievance.commands.follow import count as count_followers
from services.grievance.commands.step import BY_TOKEN, token_hash
from services.grievance.domain.access import acting_roles, is_staff, may_touch
from services.grievance.domain.appeals import OUTCOME_NAMES
from services.grievance.domain.lifecycle import State, legal_steps
from services.grievance.models import Appeal, Follower, Grievance, Link, Timeline
from services.grievance.paging import cursor_at, position_of
from services.grievance.reference import city
from services.grievance.schemas import GrievanceView, PublicView, TimelineView

_one = GrievanceView()
_many = GrievanceView(many=True)
_public = PublicView()
_entry = TimelineView()
# What the public may read of a step's facts: codes, posts and figures.
_PUBLIC_FACTS = frozenset(
    {"against", "attachment", "category", "closed_by", "department", "from_category",
     "from_department", "into", "kind", "level", "officer", "outcome", "post", "rating", "reason",
     "rejection", "satisfied", "to", "waited_minutes"}
)  # fmt: skip
_NEWEST = "newest"
_WHO = {"citizen": "citizen", NOBODY: "citizen", "service": "system"}


def get(session: Session, caller: Identity, args: Mapping[str, Any]) -> dict[str, Any]:
    """One grievance, by ``id`` or ``number``, with its ``timeline`` and what the caller may do.

    The citizen sees the public entries, without who of the office made them; the desks see all,
    and the ``links``.

    Raises:
        NotFound: there is none, or it is another citizen's.
    """
    if args["id"] is not None:
        found = session.get(Grievance, args["id"])
    else:
        found = session.scalar(select(Grievance).where(Grievance.number == args["number"]))
    if found is None or not may_touch(found.filed_by, caller.subject, caller.roles):
        key = args["id"] or args["number"]
        raise NotFound(f"there is no grievance {key}", {"id": str(key)})
    staff = is_staff(caller.roles)
    roles = acting_roles(found.filed_by, caller.subject, caller.roles)
    shown = view(found) | _surroundings(session, found, roles, staff=staff)
    if staff:
        shown["links"] = _links(session, found.id)
        shown["followers"] = count_followers(session, found.id)
    return shown


def track(session: Session, token: str) -> dict[str, Any]:
    """Where the grievance stands that was filed with this token, and its public timeline.

    Raises:
        NotFound: no grievance has it.
    """
    found = session.scalar(select(Grievance).where(Grievance.token_hash == token_hash(token)))
    if found is None:
        raise NotFound("no grievance has this token", {"token": "unknown"})
    shown: dict[str, Any] = _public.dump(found)
    return shown | _surroundings(session, found, BY_TOKEN.roles, staff=False)


def _surroundings(
    session: Session, grievance: Grievance, roles: Set[str], *, staff: bool
) -> dict[str, Any]:
    entries = select(Timeline).where(Timeline.grievance_id == grievance.id).order_by(Timeline.id)
    if not staff:
        entries = entries.where(Timeline.public)
    show = _entry.dump if staff else _public_entry
    return {
        "timeline": [show(each) for each in session.scalars(entries)],
        "steps": [str(step) for step in legal_steps(State(grievance.state), roles)],
        "original": _original(session, grievance.merged_into),
        "attachments": attached.listed(session, grievance.id, staff=staff),
    }


def _public_entry(entry: Timeline) -> dict[str, Any]:
    shown: dict[str, Any] = _entry.dump(entry)
    for hidden in ("actor", "actor_role", "public"):
        del shown[hidden]
    shown["by"] = _WHO.get(entry.actor_role, "office")
    shown["data"] = {key: each for key, each in entry.data.items() if key in _PUBLIC_FACTS}
    return shown


def _original(session: Session, key: uuid.UUID | None) -> dict[str, Any] | None:
    """What has become of the one that it was merged into: that is what its citizen waits for."""
    if key is None:
        return None
    found = session.execute(
        select(Grievance.number, Grievance.state).where(Grievance.id == key)
    ).one()
    return {"number": found.number, "status": found.state}


def _links(session: Session, key: uuid.UUID) -> list[dict[str, Any]]:
    pairs = select(Link.other_id).where(Link.grievance_id == key)
    pairs = pairs.union_all(select(Link.grievance_id).where(Link.other_id == key))
    found = session.execute(
        select(Grievance.id, Grievance.number, Grievance.state)
        .where(Grievance.id.in_(pairs))
        .order_by(Grievance.id)
    )
    return [{"id": str(row.id), "number": row.number, "status": row.state} for row in found]


def view(grievance: Grievance) -> dict[str, Any]:
    """A grievance as the outside sees it."""
    shown: dict[str, Any] = _one.dump(grievance)
    return shown


def mine(session: Session, caller: Identity, args: Mapping[str, Any]) -> dict[str, Any]:
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
    return {"items": _many.dump(shown), "next": cursor_after(shown[-1]) if more else None}


def _in_order(args: Mapping[str, Any]) -> Select[tuple[Grievance]]:
    """Newest first, from the cursor on."""
    statement = select(Grievance).order_by(Grievance.filed_at.desc(), Grievance.id.desc())
    if args["cursor"] is not None:
        statement = statement.where(
            tuple_(Grievance.filed_at, Grievance.id) < tuple_(*position_of(_NEWEST, args["cursor"]))
        )
    return statement


def cursor_after(grievance: Grievance) -> str:
    """Where the list goes on after this one."""
    return cursor_at(_NEWEST, (grievance.filed_at, grievance.id))


def contacts(session: Session, ids: Sequence[uuid.UUID]) -> list[dict[str, Any]]:
    """How to reach who filed them or follows them, and what their messages call the grievance and
    its parts.

    Args:
        session: in a transaction.
        ids: of grievances (who filed it) and of followers, as events name them.

    Returns:
        One for each known id: ``id``, ``name``, ``phone``, ``email``, ``language``, ``number``,
        ``category_name``, ``department_name``; ``rejection_name`` of one that is rejected, itself
        or as what it was merged into; ``original_number`` of a merged one, ``reopen_until`` of a
        resolved one, ``appeal_outcome`` of one whose appeal was decided. The names are by
        language. Unknown ids are left out.
    """
    of_citizens = _contacts_of(
        Grievance.id,
        Grievance.citizen_name.label("name"),
        Grievance.citizen_phone.label("phone"),
        Grievance.citizen_email.label("email"),
        Grievance.language,
    ).where(Grievance.id.in_(ids))
    of_followers = (
        _contacts_of(Follower.id, Follower.name, Follower.phone, Follower.email, Follower.language)
        .join(Follower, Follower.grievance_id == Grievance.id)
        .where(Follower.id.in_(ids))
    )
    return [
        {
            "id": str(row.id),
            "name": row.name,
            "phone": row.phone,
            "email": row.email,
            "language": row.language,
            "number": row.number,
            "category_name": asdict(city().category_name(row.category)),
            "department_name": promises.department_name(row.department),
            "rejection_name": row.rejection and promises.rejection_name(row.rejection),
            "original_number": row.original_number,
            "appeal_outcome": row.appeal_outcome and OUTCOME_NAMES[row.appeal_outcome],
            "reopen_until": row.resolved_at and promises.reopen_until(row.resolved_at).isoformat(),
        }
        for row in session.execute(of_citizens.union_all(of_followers))
    ]


def _contacts_of(*who: Any) -> Select[Any]:
    """Who, and what messages to them need of the grievance."""
    original = aliased(Grievance)
    last_decision = (
        select(Appeal.outcome)
        .where(Appeal.grievance_id == Grievance.id, Appeal.decided_at.is_not(None))
        .order_by(Appeal.level.desc())
        .limit(1)
        .correlate(Grievance)
    )
    return (
        select(
            *who,
            Grievance.number,
            Grievance.category,
            Grievance.department,
            func.coalesce(Grievance.rejection, original.rejection).label("rejection"),
            Grievance.resolved_at,
            original.number.label("original_number"),
            last_decision.scalar_subquery().label("appeal_outcome"),
        )
        .select_from(Grievance)
        .outerjoin(original, Grievance.merged_into == original.id)
    )
