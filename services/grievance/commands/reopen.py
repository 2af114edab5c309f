"""Take a resolution back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.events import Event
from palika.outbox import record
from services.grievance.commands.load import load_locked
from services.grievance.domain.contact import without_contacts
from services.grievance.domain.lifecycle import State, Step, after
from services.grievance.models import Grievance
from services.grievance.schemas import REOPENED


def reopen_grievance(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Grievance:
    """Reopen it: back to its officer, or to be assigned where it never had one.

    Raises:
        NotFound: no such grievance, or it is another citizen's.
        Conflict: it is not resolved, or at another version than ``args["version"]``.
    """
    grievance = load_locked(session, caller, args["id"], args["version"])
    record(session, reopen(grievance, args["reason"], now))
    return grievance


def reopen(grievance: Grievance, reason: str, now: datetime) -> Event:
    """Change the grievance and say so, with the resolution taken back; nothing is stored."""
    grievance.state = after(
        State(grievance.state), Step.REOPEN, has_officer=grievance.officer is not None
    )
    taken_back = {
        "resolved_at": grievance.resolved_at,
        "on_time": grievance.on_time,
        "minutes_taken": grievance.minutes_taken,
    }
    grievance.version += 1
    grievance.resolved_at = None
    grievance.on_time = None
    grievance.minutes_taken = None
    grievance.times_reopened += 1
    grievance.reopened_at = now
    grievance.reopen_reason = reason
    return REOPENED.new(
        subject=str(grievance.id),
        sequence=grievance.version,
        time=now,
        data={
            "grievance_id": grievance.id,
            "department": grievance.department,
            "category": grievance.category,
            "ward": grievance.ward,
            "reopened_at": now,
            "reason": without_contacts(reason),
            **taken_back,
        },
    )
