"""What time does to files: wakes those that are parked, tells of those that are overdue."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.india import day_of
from palika.outbox import record
from services.eoffice.domain.movement import State
from services.eoffice.models import File
from services.eoffice.schemas import FILE_OVERDUE
from services.eoffice.sealing import act

BATCH = 100


def wake_parked(session: Session, now: datetime) -> int:
    """Put files whose day has come into the inbox again, ``BATCH`` at the most; how many.

    They keep their place by when they came to the desk. Any number of processes may do this.
    """
    due = (
        select(File)
        .where(File.state == State.PARKED, File.wake_on <= day_of(now))
        .order_by(File.wake_on, File.id)
    )
    found = session.scalars(
        due.limit(BATCH).with_for_update(skip_locked=True).execution_options(populate_existing=True)
    ).all()
    for file in found:
        parked_until = file.wake_on
        file.state = State.OPEN
        file.wake_on = None
        file.version += 1
        act(session, file.id, "file", "woken", None, now, {"wake_on": parked_until})
    return len(found)


def tell_overdue(session: Session, now: datetime) -> int:
    """Tell of open files whose day has passed, ``BATCH`` at the most; how many.

    Each due date is told once a desk: of the file, and of the desk by the file's route.
    """
    due = (
        select(File)
        .where(File.state == State.OPEN, File.watch_on < day_of(now))
        .order_by(File.watch_on, File.id)
    )
    found = session.scalars(
        due.limit(BATCH).with_for_update(skip_locked=True).execution_options(populate_existing=True)
    ).all()
    for file in found:
        over = file.watch_on
        file.watch(told=over)
        for against, due_on in (("file", file.due_on), ("desk", file.desk_due_on)):
            if due_on == over:
                _tell(session, file, {"due_on": over, "against": against}, now)
    return len(found)


def _tell(session: Session, file: File, said: Mapping[str, Any], now: datetime) -> None:
    event = FILE_OVERDUE.new(
        subject=str(file.id),
        sequence=file.version,
        time=now,
        data={
            "file_id": file.id,
            "department": file.department,
            "held_by": file.held_by,
            "overdue_at": now,
            **said,
        },
    )
    record(session, event)
    act(session, file.id, "file", "overdue", None, now, said)
