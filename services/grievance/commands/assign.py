"""Give a grievance to an officer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.events import Event
from palika.outbox import record
from services.grievance.commands.load import load_locked
from services.grievance.domain.lifecycle import State, Step, after
from services.grievance.models import Grievance
from services.grievance.schemas import ASSIGNED


def assign_grievance(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Grievance:
    """Give it to ``args["officer"]``; one that is assigned already goes to the new officer.

    Raises:
        NotFound: no such grievance.
        Conflict: it is resolved, or at another version than ``args["version"]``.
    """
    grievance = load_locked(session, caller, args["id"], args["version"])
    record(session, assign(grievance, args["officer"], now))
    return grievance


def assign(grievance: Grievance, officer: str, now: datetime) -> Event:
    """Change the grievance and say so; nothing is stored."""
    grievance.state = after(State(grievance.state), Step.ASSIGN)
    grievance.version += 1
    grievance.officer = officer
    grievance.assigned_at = now
    return ASSIGNED.new(
        subject=str(grievance.id),
        sequence=grievance.version,
        time=now,
        data={
            "grievance_id": grievance.id,
            "department": grievance.department,
            "category": grievance.category,
            "ward": grievance.ward,
            "officer": officer,
            "assigned_at": now,
        },
    )
