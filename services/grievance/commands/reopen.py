"""Take a resolution back."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from palika.auth import Identity
from services.grievance.commands.assign import find_somebody
from services.grievance.commands.merge import told_too
from services.grievance.commands.move import Actor, Taken, about, advance
from services.grievance.commands.step import Act
from services.grievance.commands.wait import ended_at, stood_still
from services.grievance.domain.access import OF_CITIZENS
from services.grievance.domain.lifecycle import Step, check_reopen
from services.grievance.models import Grievance, Timeline
from services.grievance.reference import policy
from services.grievance.schemas import REOPENED

LOW_RATING = "low_rating"
"""The code of a reopening that a rating asked for."""


def reopen_grievance(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Grievance:
    """Reopen it: back to its officer, or to another post where that one is gone or on leave.

    Raises as ``step.take``, and:
        Conflict: it was resolved too long ago, or its citizen has reopened it too often; the appeal
            is left.
    """
    act = Act.load(session, caller, args, now)
    check_may_reopen(act)
    take_back(act, args["code"], args["reason"])
    return act.save()


def take_back(act: Act, code: str, reason: str | None, *, ordered: bool = False) -> None:
    """Reopen it, for somebody who is there. Arguments as ``Act.take`` and ``reopen``; raises as
    they do."""
    others = told_too(act.session, act.grievance)
    act.take(partial(reopen, code=code, reason=reason, others=others), ordered=ordered)
    find_somebody(act)


def check_may_reopen(act: Act) -> None:
    """Refuse what the policy's window refuses, and its limit: that is the citizen's, and counts
    the citizen's own reopenings alone. Raises Conflict."""
    allowed = policy()
    grievance = act.grievance
    # Those in the row are all reopenings: below the limit the timeline need not be asked.
    counted = grievance.times_reopened
    if counted >= allowed.max_reopens:
        counted = _own(act.session, grievance)
    check_reopen(
        grievance.number,
        grievance.resolved_at,
        counted if "citizen" in act.by.roles else 0,
        act.now,
        reopen_days=allowed.reopen_days,
        max_reopens=allowed.max_reopens,
    )


def _own(session: Session, grievance: Grievance) -> int:
    """How often its citizen has reopened it: as one, by token, or as an employee who filed it."""
    by_citizen = or_(Timeline.actor_role.in_(OF_CITIZENS), Timeline.actor == grievance.filed_by)
    reopened = Timeline.grievance_id == grievance.id, Timeline.step == Step.REOPEN
    return session.scalars(select(func.count()).where(*reopened, by_citizen)).one()


def reopen(
    grievance: Grievance,
    by: Actor,
    now: datetime,
    *,
    code: str,
    reason: str | None,
    others: Mapping[str, list[Any]] | None = None,
) -> Taken:
    """The move, with the resolution taken back: what was left of its time is left again.

    ``others`` are told too. Nothing is stored.
    """
    step = advance(grievance, Step.REOPEN, by, now)
    stood_still(grievance, ended_at(grievance), now)
    told = about(
        grievance,
        now,
        reopened_at=now,
        reason=code,
        resolved_at=grievance.resolved_at,
        on_time=grievance.on_time,
        minutes_taken=grievance.minutes_taken,
        due_at=grievance.due_at,
        breached_at=grievance.breached_at,
    )
    if grievance.officer is not None:
        told["data"]["officer"] = grievance.officer
    told["data"] |= others or {}
    grievance.resolved_at = None
    grievance.closes_at = None
    grievance.on_time = None
    grievance.minutes_taken = None
    grievance.closed_at = None
    grievance.closed_by = None
    grievance.started_at = None
    grievance.times_reopened += 1
    grievance.reopened_at = now
    grievance.reopen_reason = reason
    return step.taken(REOPENED.new(**told), note=reason, reason=code)
