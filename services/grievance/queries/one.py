"""One grievance, as whoever asks may see it."""

import uuid
from collections.abc import Mapping, Set
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.auth import Identity
from services.grievance import promises
from services.grievance.domain.access import (
    OF_ITS_CITIZEN,
    acting_roles,
    citizen_of,
    is_staff,
    side_of,
)
from services.grievance.domain.lifecycle import State, Step, is_rated, legal_steps
from services.grievance.domain.seats import may_handle
from services.grievance.models import Grievance, Link, Timeline
from services.grievance.queries import appeals, attachments, followers, matters
from services.grievance.queries.find import by_token, find
from services.grievance.queries.seats import seat_of
from services.grievance.queries.sight import unseen
from services.grievance.schemas import ContactView, GrievanceView, PublicView, TimelineView

_one = GrievanceView()
_public = PublicView()
_contact = ContactView()
_entry = TimelineView()
# What the public may read of a step's facts: codes, posts and figures.
_PUBLIC_FACTS = frozenset(
    {"against", "attachment", "category", "closed_by", "department", "from_category",
     "from_department", "into", "kind", "level", "officer", "outcome", "post", "rating", "reason",
     "rejection", "satisfied", "to", "waited_minutes"}
)  # fmt: skip


def get(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """One grievance, by ``id`` or ``number``, with its ``timeline`` and what the caller may do.

    The citizen sees the public entries, without who of the office made them; the desks see all,
    the ``links``, the ``matters`` of several services that it belongs to, and in ``filed_by`` the
    citizen's login.

    Raises:
        NotFound: there is none, or it is another citizen's.
        Forbidden: it is private, and no business of this officer's.
    """
    found = find(session, caller, args)
    staff = is_staff(caller.roles)
    roles = acting_roles(found.filed_by, caller.subject, caller.roles)
    shown = view(found) | _surroundings(session, found, roles, now, staff=staff)
    if staff:
        place = found.department, found.ward, found.officer
        seat = seat_of(session, caller)
        shown["steps"] = [
            each for each in shown["steps"] if may_handle(seat, roles, Step(each), *place)
        ]
        shown["filed_by"] = citizen_of(found.filed_by)
        shown["links"] = _links(session, found.id)
        shown["followers"] = followers.count(session, found.id)
        shown["matters"] = matters.of(session, found.id)
    return shown


def track(session: Session, token: str, now: datetime) -> dict[str, Any]:
    """Where the grievance stands that was filed with this token, and its public timeline.

    Raises:
        NotFound: no grievance has it.
    """
    found = by_token(session, token)
    return public_view(found) | _surroundings(session, found, OF_ITS_CITIZEN, now, staff=False)


def steps_of(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> list[dict[str, Any]]:
    """Of each of ``args["ids"]`` its ``number``, ``version``, ``status`` and the ``steps`` that the
    caller may take now; ``masked``: it is private, and no business of theirs. What there is not is
    left out; the others come in the order in which they were asked for.
    """
    rows = session.scalars(select(Grievance).where(Grievance.id.in_(args["ids"])))
    found = {each.id: each for each in rows}
    masked = unseen(session, caller, found.values())
    seat = seat_of(session, caller)
    shown = []
    for key in dict.fromkeys(args["ids"]):
        each = found.get(key)
        if each is None:
            continue
        told = {"id": str(each.id), "number": each.number, "status": each.state}
        told |= {"version": each.version, "category": None, "steps": [], "masked": key in masked}
        if key not in masked:
            roles = acting_roles(each.filed_by, caller.subject, caller.roles)
            place = each.department, each.ward, each.officer
            told["category"] = each.category
            told["steps"] = [
                str(step)
                for step in _steps(session, each, roles, now)
                if may_handle(seat, roles, step, *place)
            ]
        shown.append(told)
    return shown


def _surroundings(
    session: Session, grievance: Grievance, roles: Set[str], now: datetime, *, staff: bool
) -> dict[str, Any]:
    entries = select(Timeline).where(Timeline.grievance_id == grievance.id).order_by(Timeline.id)
    if not staff:
        entries = entries.where(Timeline.public)
    show = _entry.dump if staff else _public_entry
    return {
        "timeline": [show(each) for each in session.scalars(entries)],
        "steps": [str(step) for step in _steps(session, grievance, roles, now)],
        "original": _original(session, grievance.merged_into),
        "attachments": attachments.listed(session, grievance.id, staff=staff),
    }


def _steps(session: Session, grievance: Grievance, roles: Set[str], now: datetime) -> list[Step]:
    """What these roles may do with it now: by its state, and by what has happened to it."""
    resolved_at, rated_at = grievance.resolved_at, grievance.rated_at
    over = {
        Step.LOCATE: grievance.lat is not None,
        Step.RATE: is_rated(resolved_at, rated_at),
        Step.REOPEN: resolved_at is not None and now > promises.reopen_until(resolved_at),
    }
    is_asked = grievance.asked_at is not None
    steps = legal_steps(State(grievance.state), roles, is_asked=is_asked)
    steps = [step for step in steps if not over.get(step, False)]
    if Step.APPEAL in steps and appeals.open_to(session, grievance, now) is None:
        steps.remove(Step.APPEAL)
    return steps


def _public_entry(entry: Timeline) -> dict[str, Any]:
    shown: dict[str, Any] = _entry.dump(entry)
    for hidden in ("actor", "actor_role", "public"):
        del shown[hidden]
    shown["by"] = side_of(entry.actor_role)
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


def contact(grievance: Grievance) -> dict[str, Any]:
    """Who filed it, as the officer who may know it sees that."""
    shown: dict[str, Any] = _contact.dump(grievance)
    return shown | {"filed_by": citizen_of(grievance.filed_by)}


def public_view(grievance: Grievance) -> dict[str, Any]:
    """A grievance as whoever has its token sees it: nothing that anybody wrote."""
    shown: dict[str, Any] = _public.dump(grievance)
    return shown
