"""Give a grievance to an officer."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from services.grievance.commands.step import Actor, Taken, about, advance, take
from services.grievance.domain.lifecycle import Step
from services.grievance.models import Grievance
from services.grievance.schemas import ASSIGNED


def assign_grievance(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Grievance:
    """Give it to ``args["officer"]``; one that is assigned already goes to the new officer.

    Raises as ``step.take``.
    """
    return take(session, caller, args, now, partial(assign, officer=args["officer"]))


def assign(grievance: Grievance, by: Actor, now: datetime, *, officer: str) -> Taken:
    """The move; nothing is stored."""
    step = advance(grievance, Step.ASSIGN, by, now)
    grievance.officer = officer
    grievance.assigned_at = now
    # Who is given it has read it: nobody has to say so first.
    grievance.acknowledged_at = grievance.acknowledged_at or now
    grievance.started_at = None
    told = about(grievance, now, officer=officer, assigned_at=now)
    return step.taken(ASSIGNED.new(**told), officer=officer)
