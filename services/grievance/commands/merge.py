"""Merge a grievance into another one, of which it is a duplicate."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from palika.auth import Identity
from services.grievance.commands.move import Actor, Taken, about, advance, beside
from services.grievance.commands.step import Act
from services.grievance.commands.wait import go_on
from services.grievance.domain.lifecycle import State, Step
from services.grievance.domain.merging import check_alike, check_original, check_room, check_two
from services.grievance.models import Grievance
from services.grievance.queries import followers
from services.grievance.queries.officers import place_of
from services.grievance.schemas import MERGED


def merge_grievance(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Grievance:
    """Merge it into ``args["into"]``, the original; those that were merged into it go along.

    Raises as ``step.take`` (of either grievance), and:
        Invalid: the two are one.
        Forbidden: they differ in category or ward, and the caller is no supervisor.
        Conflict: the original is not open, or is a duplicate itself (its own original is named), or
            stands for so many that one event could not name them all.
    """
    key, into = args["id"], args["into"]
    check_two(key, into, "into")
    lock_both(session, key, into)
    act = Act.load(session, caller, args, now)
    original = Act.locked(session, caller, into, now)
    found = original.grievance
    check_original(found.number, State(found.state), found.merged_into)
    check_alike(place_of(act.grievance), place_of(original.grievance), act.by.roles)
    _check_room(session, original.grievance, act.grievance)
    along = act.grievance.duplicates
    act.take(partial(merge, original=original.grievance, note=args["note"]))
    if along:
        moved = update(Grievance).where(Grievance.merged_into == key).values(merged_into=into)
        session.execute(moved, execution_options={"synchronize_session": False})
    number = act.grievance.number
    original.note(beside(original.grievance, Step.ABSORB, original.by, now, number=number))
    original.grievance.duplicates += 1 + along
    original.save()
    return act.save()


def lock_both(session: Session, one: uuid.UUID, other: uuid.UUID) -> None:
    """Lock two grievances in one order, whoever merges which into which or takes it back: nobody
    waits in a circle."""
    session.execute(
        select(Grievance.id)
        .where(Grievance.id.in_([one, other]))
        .order_by(Grievance.id)
        .with_for_update(key_share=True)
    )


def merge(
    grievance: Grievance,
    by: Actor,
    now: datetime,
    *,
    original: Grievance,
    note: str | None = None,
) -> Taken:
    """The move; nothing is stored."""
    step = advance(grievance, Step.MERGE, by, now)
    go_on(grievance, now)
    grievance.merged_into = original.id
    grievance.duplicates = 0
    grievance.closed_at = now
    grievance.closed_by = "office"
    late = grievance.breached_at
    told = about(grievance, now, merged_at=now, into=original.id, breached_at=late)
    return step.taken(MERGED.new(**told), note=note, into=original.number)


def told_too(session: Session, original: Grievance) -> dict[str, list[uuid.UUID]]:
    """Who is told what becomes of it beside its citizen, as the events have it: those ``merged``
    into it and the ``followers`` of all of them; without the lists that are empty."""
    merged = merged_into(session, original)
    lists = {"merged": merged, "followers": followers.of(session, [original.id, *merged])}
    return {name: ids for name, ids in lists.items() if ids}


def merged_into(session: Session, original: Grievance) -> list[uuid.UUID]:
    """The ids of those that were merged into it; asked for only where there are any."""
    if not original.duplicates:
        return []
    found = select(Grievance.id).where(Grievance.merged_into == original.id).order_by(Grievance.id)
    return list(session.scalars(found))


def _check_room(session: Session, original: Grievance, new: Grievance) -> None:
    """Nobody is left out: who would be one too many is told by their own grievance."""
    told = original.duplicates + new.duplicates + 1
    told += followers.of_family(session, original.id, new.id)
    check_room(original.number, told)
