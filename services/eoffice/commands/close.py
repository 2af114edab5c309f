"""Close a file."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.events import Event
from palika.outbox import record
from services.eoffice.commands.load import load_locked
from services.eoffice.domain.movement import State, check_step, whole_minutes
from services.eoffice.models import File
from services.eoffice.organisation_store import actor
from services.eoffice.schemas import FILE_CLOSED
from services.eoffice.sealing import act


def close_file(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> File:
    """Close the file; it does not move any more.

    Raises:
        NotFound: no such file.
        Forbidden: it is with another post, or the caller does not speak for its own.
        Conflict: it is closed already, or at another version than ``args["version"]``.
    """
    who = actor(session, caller, args["post"], now)
    file = load_locked(session, args["id"])
    check_step(file.standing, "close", who.post.code, args["version"])
    event = close(file, now)
    act(session, file.id, "file", "closed", who, now)
    record(session, event)
    return file


def close(file: File, now: datetime) -> Event:
    """Change the file and say so; nothing is stored."""
    file.state = State.CLOSED
    file.closed_at = now
    file.version += 1
    return FILE_CLOSED.new(
        subject=str(file.id),
        sequence=file.version,
        time=now,
        data={
            "file_id": file.id,
            "department": file.department,
            "opened_at": file.opened_at,
            "closed_at": now,
            "minutes_open": whole_minutes(file.opened_at, now),
            "moves": file.moves,
        },
    )
