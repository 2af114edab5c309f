"""Say that a grievance is put right."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from palika.auth import Identity
from services.grievance import promises
from services.grievance.commands.merge import told_too
from services.grievance.commands.move import Actor, Taken, about, advance
from services.grievance.commands.step import Act
from services.grievance.domain.evidence import check_evidence
from services.grievance.domain.independence import check_not_ones_own
from services.grievance.domain.lifecycle import Step, resolution
from services.grievance.models import Attachment, Grievance
from services.grievance.schemas import RESOLVED


def resolve_grievance(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Grievance:
    """Resolve it; it must be in somebody's hands. ``args["remark"]`` is for the citizen.

    Raises as ``step.take``, and:
        Forbidden: the caller filed it, as a citizen.
        Conflict: the category asks for a photograph of the work, and there is none.
    """
    act = Act.load(session, caller, args, now)
    check_not_ones_own(act.by.roles)
    others = told_too(session, act.grievance)
    act.take(partial(resolve, remark=args["remark"], others=others))
    if promises.needs_evidence(act.grievance.category):
        check_evidence(act.grievance.number, *shown_since(session, act.grievance))
    return act.save()


def resolve(
    grievance: Grievance,
    by: Actor,
    now: datetime,
    *,
    remark: str | None,
    step: Step = Step.RESOLVE,
    others: Mapping[str, list[Any]] | None = None,
) -> Taken:
    """The move; nothing is stored.

    ``step`` is ``SETTLE`` for what another system had resolved before the grievance came here.
    """
    taken = advance(grievance, step, by, now)
    reached = resolution(grievance.filed_at, grievance.due_at, now)
    grievance.resolved_at = now
    # Of one that another system had resolved nobody was in charge, and nobody was asked.
    grievance.closes_at = None if grievance.officer is None else promises.closes_at(now)
    grievance.on_time = reached.on_time
    grievance.minutes_taken = reached.minutes_taken
    grievance.remark = remark
    told = about(
        grievance,
        now,
        filed_at=grievance.filed_at,
        resolved_at=now,
        due_at=grievance.due_at,
        on_time=reached.on_time,
        minutes_taken=reached.minutes_taken,
        reopen_until=promises.reopen_until(now),
        breached_at=grievance.breached_at,
    )
    if grievance.officer is not None:
        told["data"]["officer"] = grievance.officer
    told["data"] |= others or {}
    return taken.taken(RESOLVED.new(**told), note=remark)


def shown_since(
    session: Session, grievance: Grievance, *, besides: uuid.UUID | None = None
) -> tuple[datetime | None, datetime]:
    """When the newest photograph of the work was added that the citizen may see, and since when
    one proves something; ``besides``: one that does not count."""
    newest = select(func.max(Attachment.added_at)).where(
        Attachment.grievance_id == grievance.id,
        Attachment.phase == "after",
        Attachment.public,
        Attachment.detached_at.is_(None),
        Attachment.id.is_distinct_from(besides),
    )
    return session.scalar(newest), grievance.reopened_at or grievance.filed_at
