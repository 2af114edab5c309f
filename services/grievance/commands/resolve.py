"""Say that a grievance is put right."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.events import Event
from palika.outbox import record
from services.grievance.commands.load import load_locked
from services.grievance.domain.lifecycle import State, Step, after, resolution
from services.grievance.models import Grievance
from services.grievance.schemas import RESOLVED


def resolve_grievance(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Grievance:
    """Resolve it; it must be assigned.

    Raises:
        NotFound: no such grievance.
        Conflict: it is not assigned, or at another version than ``args["version"]``.
    """
    grievance = load_locked(session, caller, args["id"], args["version"])
    record(session, resolve(grievance, args["remark"], now))
    return grievance


def resolve(
    grievance: Grievance, remark: str | None, now: datetime, step: Step = Step.RESOLVE
) -> Event:
    """Change the grievance and say so; nothing is stored.

    ``step`` is ``SETTLE`` for what another system had resolved before the grievance came here.
    """
    grievance.state = after(State(grievance.state), step)
    reached = resolution(grievance.filed_at, grievance.due_at, now)
    grievance.version += 1
    grievance.resolved_at = now
    grievance.on_time = reached.on_time
    grievance.minutes_taken = reached.minutes_taken
    grievance.remark = remark
    return RESOLVED.new(
        subject=str(grievance.id),
        sequence=grievance.version,
        time=now,
        data={
            "grievance_id": grievance.id,
            "department": grievance.department,
            "category": grievance.category,
            "ward": grievance.ward,
            "filed_at": grievance.filed_at,
            "resolved_at": now,
            "due_at": grievance.due_at,
            "on_time": reached.on_time,
            "minutes_taken": reached.minutes_taken,
        },
    )
