"""Send a file to another post."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.events import Event
from palika.india import day_of
from palika.outbox import record
from services.eoffice.commands.load import load_locked
from services.eoffice.domain.movement import check_step, check_target, whole_minutes
from services.eoffice.domain.organisation import Actor
from services.eoffice.models import File, Movement
from services.eoffice.organisation_store import actor, current
from services.eoffice.schemas import FILE_MOVED
from services.eoffice.sealing import act


def forward_file(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> File:
    """Send the file to ``args["to"]``.

    Raises:
        NotFound: no such file.
        Forbidden: it is with another post, or the caller does not speak for its own.
        Invalid: no such post, or the one that has it.
        Conflict: it is closed, or at another version than ``args["version"]``.
    """
    who = actor(session, caller, args["post"], now)
    target = current(session).check_post(args["to"], "to", day_of(now))
    file = load_locked(session, args["id"])
    check_step(file.standing, "forward", who.post.code, args["version"])
    movement, event = move(file, target.code, args["remark"], now, who)
    session.add(movement)
    act(session, file.id, "file", "forwarded", who, now, {"to": target.code})
    record(session, event)
    return file


def move(
    file: File, to_post: str, remark: str | None, now: datetime, who: Actor | None = None
) -> tuple[Movement, Event]:
    """Change the file; give its movement and the event. Nothing is stored.

    Raises:
        Invalid: the file is with ``to_post`` already.
    """
    check_target(file.held_by, to_post)
    from_post, minutes_held = file.held_by, whole_minutes(file.held_since, now)
    file.held_by = to_post
    file.held_since = now
    file.sent_by = from_post
    file.seen_at = None
    file.moves += 1
    file.version += 1
    movement = Movement(
        file_id=file.id,
        position=file.moves,
        kind="forward",
        by_post=who.post.code if who else from_post,
        by_person=who.person if who else None,
        seen_at=None,
        from_post=from_post,
        to_post=to_post,
        moved_at=now,
        minutes_held=minutes_held,
        remark=remark,
    )
    return movement, FILE_MOVED.new(
        subject=str(file.id),
        sequence=file.version,
        time=now,
        data={
            "file_id": file.id,
            "department": file.department,
            "from_post": from_post,
            "to_post": to_post,
            "moved_at": now,
            "minutes_held": minutes_held,
        },
    )
