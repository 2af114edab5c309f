"""Say that the work on a grievance has begun."""

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
from services.grievance.schemas import STARTED


def start_grievance(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Grievance:
    """Start on it; ``args["note"]`` is for the citizen. Raises as ``step.take``."""
    return take(session, caller, args, now, partial(start, note=args["note"]))


def start(grievance: Grievance, by: Actor, now: datetime, *, note: str | None = None) -> Taken:
    """The move; nothing is stored."""
    step = advance(grievance, Step.START, by, now)
    grievance.started_at = now
    told = about(grievance, now, officer=grievance.officer, started_at=now)
    return step.taken(STARTED.new(**told), note=note)
