"""Open a file."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.events import Event
from palika.india import day_of
from palika.outbox import record
from services.eoffice.domain.movement import State, file_number
from services.eoffice.models import File, FileCounter
from services.eoffice.reference import city_posts
from services.eoffice.schemas import FILE_OPENED


def open_file(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> File:
    """Open a file; it is with the post that opens it.

    Its number is of the year in Asia/Kolkata and has no gaps: the counter's row stays locked until
    the transaction ends, so that files of one department are numbered one after another.

    Raises:
        Forbidden: the caller does not speak for the post.
        Invalid: no such post or department.
    """
    post = city_posts().acting(caller.subject, caller.roles, args["post"])
    department = args["department"] or post.department
    city_posts().check_department(department)
    year = day_of(now).year
    last = take_serials(session, department, year, 1)
    number = file_number(department, year, last)
    file, event = make_file(number, department, args["subject"], post.code, now)
    session.add(file)
    session.flush()
    record(session, event)
    return file


def make_file(
    number: str, department: str, subject: str, post: str, now: datetime
) -> tuple[File, Event]:
    """A file and the event that tells of it; nothing is stored."""
    file = File(
        id=uuid7(),
        number=number,
        department=department,
        subject=subject,
        state=State.OPEN,
        held_by=post,
        held_since=now,
        opened_by=post,
        opened_at=now,
        closed_at=None,
        moves=0,
        version=1,
    )
    return file, FILE_OPENED.new(
        subject=str(file.id),
        sequence=file.version,
        time=now,
        data={
            "file_id": file.id,
            "number": number,
            "department": department,
            "opened_at": now,
            "held_by": post,
        },
    )


def take_serials(session: Session, department: str, year: int, count: int) -> int:
    """Take the next ``count`` serials of a department and year; gives the last of them."""
    first = insert(FileCounter).values(department=department, year=year, last=count)
    taken = first.on_conflict_do_update(
        index_elements=[FileCounter.department, FileCounter.year],
        set_={"last": FileCounter.last + count},
    )
    return session.execute(taken.returning(FileCounter.last)).scalar_one()
