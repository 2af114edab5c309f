"""Attach a photograph, paper or recording, take one away, and say where a grievance is.

The content is checked, cleaned and kept before the transaction (docs/decisions/0012): whether the
caller may attach at all is asked before that work is done, and once more under the lock.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.blocking import off_hub
from palika.errors import Invalid, NotFound
from services.grievance import promises
from services.grievance.attachments import (
    Kind,
    Store,
    StoredAttachment,
    check_and_store,
    check_room,
    from_base64,
)
from services.grievance.commands.assign import routed
from services.grievance.commands.move import Actor, Taken, about, advance
from services.grievance.commands.resolve import shown_since
from services.grievance.commands.step import Act
from services.grievance.domain.evidence import check_may_show, check_proof_is_left
from services.grievance.domain.lifecycle import State, Step
from services.grievance.domain.place import Point, cell, check_unplaced, point
from services.grievance.models import Attachment, Grievance
from services.grievance.queries.officers import place_of
from services.grievance.schemas import ATTACHED, DETACHED, LOCATED
from services.grievance.where import is_in_the_city, ward_of

Begin = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True, slots=True)
class Attached:
    """What attaching came to.

    Attributes:
        offered_place: where the photograph says that it was taken, if it says so and the grievance
            has no place yet and that is in the city. ``locate`` takes it, if the citizen agrees.
    """

    grievance: Grievance
    attachment: Attachment
    offered_place: tuple[float, float] | None


def attach(
    begin: Begin, store: Store, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Attached:
    """Check, clean and keep ``args["content_base64"]``, and attach it.

    The same content for the same purpose again (a call whose answer was lost) gives the first one,
    and is no step.

    Raises as ``step.take``, and:
        Invalid: the content breaks a rule; nothing is kept.
        Forbidden: a citizen cannot show the work done, nor keep something from themselves; the work
            done is shown by whose business it is.
        Conflict: the grievance has enough of the kind.
        Unavailable: the store does not answer.
    """
    kind = args["kind"]
    with begin() as session:
        # Nothing is written: whoever may not attach costs no work on pictures.
        _attaching(session, caller, args, now).take(partial(add, kind=kind, data={}))
    content = off_hub(from_base64, args["content_base64"])
    kept = off_hub(check_and_store, store, kind, content, now)
    with begin() as session:
        act = _attaching(session, caller, args, now)
        row = _same(session, act.grievance, kept)
        if row is None:
            check_room(kind, _present(session, act.grievance, kind))
            row = row_of(act.grievance, act.by, kept, public=args["public"])
            session.add(row)
            session.flush()
            data = {"attachment": str(row.id), "kind": str(kind)}
            act.take(partial(add, kind=kind, data=data, public=row.public))
            act.save()
        grievance = act.grievance
    if row.lat is None or row.lon is None or grievance.lat is not None:
        return Attached(grievance, row, None)
    taken_at = Point(row.lat, row.lon)
    offered = (row.lat, row.lon) if is_in_the_city(taken_at) else None
    return Attached(grievance, row, offered)


def detach_attachment(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Grievance:
    """Take ``args["attachment_id"]`` away: the citizen sees it no more, and it proves nothing.

    Row and bytes are kept as a record, with the reason. Raises as ``step.take``, and:
        NotFound: the grievance has no such attachment, or it was taken away already.
        Conflict: its resolution stands on it.
    """
    act = Act.load(session, caller, args, now)
    row = session.scalar(
        select(Attachment).where(
            Attachment.id == args["attachment_id"],
            Attachment.grievance_id == act.grievance.id,
            Attachment.detached_at.is_(None),
        )
    )
    if row is None:
        raise NotFound("there is no such attachment", {"attachment_id": str(args["attachment_id"])})
    act.take(partial(_detach, row=row, reason=args["reason"]))
    if row.phase == "after" and promises.needs_evidence(act.grievance.category):
        left = shown_since(session, act.grievance, besides=row.id)
        check_proof_is_left(State(act.grievance.state), *left)
    row.detached_at = now
    row.detached_by = caller.subject
    row.detach_reason = args["reason"]
    return act.save()


def locate_grievance(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Grievance:
    """Say where a grievance is that was filed without a position.

    One of no known ward is of the one in which the place lies from now on. If nobody has it, it is
    given to an officer, if the policy has that and one is there.

    Raises as ``step.take``, and:
        Invalid: the place is not in the city.
        Conflict: it has a position.
    """
    place = point(args["lat"], args["lon"])
    if place is None:
        raise Invalid("no such place here", {"lat": ["must be given"]})
    ward = ward_of(place)
    act = Act.load(session, caller, args, now)
    act.take(partial(locate, lat=place.lat, lon=place.lon, ward=ward))
    if act.grievance.officer is None:
        given = routed(session, place_of(act.grievance), now)
        if given is not None:
            act.note(given(act.grievance))
    return act.save()


def locate(
    grievance: Grievance, by: Actor, now: datetime, *, lat: float, lon: float, ward: str | None
) -> Taken:
    """The move; no event carries a place finer than the ward, so one is told where there was none
    before. Nothing is stored."""
    check_unplaced(grievance.number, grievance.lat)
    step = advance(grievance, Step.LOCATE, by, now)
    grievance.lat, grievance.lon, grievance.cell = lat, lon, cell(lat, lon)
    if grievance.ward is not None or ward is None:
        return step.taken()
    grievance.ward = ward
    told = about(grievance, now, located_at=now, breached_at=grievance.breached_at)
    return step.taken(LOCATED.new(**told))


def _attaching(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> Act:
    act = Act.load(session, caller, args, now)
    check_may_show(
        by_citizen=act.by.kind == "citizen",
        work_done=args["kind"] is Kind.PHOTO_AFTER,
        public=args["public"],
    )
    if args["kind"] is Kind.PHOTO_AFTER:
        # It proves a resolution: it is for who may say that there is one.
        act.check_business(Step.RESOLVE)
    return act


def add(
    grievance: Grievance,
    by: Actor,
    now: datetime,
    *,
    kind: Kind,
    data: Mapping[str, str],
    public: bool = True,
) -> Taken:
    """The move; ``data`` names the row and the kind. Nothing is stored."""
    step = advance(grievance, Step.ATTACH, by, now)
    told = about(grievance, now, attached_at=now, kind=str(kind), by=by.kind)
    return step.taken(ATTACHED.new(**told), public=public, **data)


def _detach(
    grievance: Grievance, by: Actor, now: datetime, *, row: Attachment, reason: str
) -> Taken:
    step = advance(grievance, Step.DETACH, by, now)
    told = about(grievance, now, detached_at=now, kind=row.use)
    facts = {"attachment": str(row.id), "kind": row.use}
    return step.taken(DETACHED.new(**told), note=reason, public=row.public, **facts)


def _columns(kind: Kind) -> tuple[str, str | None]:
    """What it is and, of a photograph, whether of before the work or after it."""
    what, _, phase = kind.partition("_")
    return what, phase or None


def _of_kind(grievance: Grievance, kind: Kind) -> tuple[Any, ...]:
    what, phase = _columns(kind)
    return (
        Attachment.grievance_id == grievance.id,
        Attachment.kind == what,
        Attachment.phase.is_not_distinct_from(phase),
        Attachment.detached_at.is_(None),
    )


def _present(session: Session, grievance: Grievance, kind: Kind) -> int:
    return session.scalars(select(func.count()).where(*_of_kind(grievance, kind))).one()


def _same(session: Session, grievance: Grievance, kept: StoredAttachment) -> Attachment | None:
    found = select(Attachment).where(
        *_of_kind(grievance, kept.kind), Attachment.sha256 == kept.received_sha256
    )
    return session.scalar(found)


def row_of(
    grievance: Grievance, by: Actor, kept: StoredAttachment, *, public: bool = True
) -> Attachment:
    """The row of what is kept; it is in no session yet."""
    what, phase = _columns(kept.kind)
    return Attachment(
        id=uuid7(),
        grievance_id=grievance.id,
        kind=what,
        phase=phase,
        public=public,
        key=kept.key,
        thumbnail_key=kept.thumbnail_key,
        content_type=kept.media_type,
        bytes=kept.size,
        sha256=kept.received_sha256,
        width=kept.width,
        height=kept.height,
        taken_at=kept.taken_at,
        lat=kept.latitude,
        lon=kept.longitude,
        added_at=kept.stored_at,
        added_by=by.subject,
        added_role=by.role,
    )
