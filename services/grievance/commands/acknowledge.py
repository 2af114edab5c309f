"""Say that a grievance has been read."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from services.grievance.commands.move import Actor, Taken, about, advance
from services.grievance.commands.step import take
from services.grievance.domain.lifecycle import Step
from services.grievance.models import Grievance
from services.grievance.schemas import ACKNOWLEDGED


def acknowledge_grievance(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Grievance:
    """Acknowledge it; ``args["note"]`` is for the citizen. Raises as ``step.take``."""
    return take(session, caller, args, now, partial(acknowledge, note=args["note"]))


def acknowledge(
    grievance: Grievance, by: Actor, now: datetime, *, note: str | None = None
) -> Taken:
    """The move; nothing is stored."""
    step = advance(grievance, Step.ACKNOWLEDGE, by, now)
    grievance.acknowledged_at = now
    told = about(grievance, now, acknowledged_at=now, due_at=grievance.due_at)
    return step.taken(ACKNOWLEDGED.new(**told), note=note)
