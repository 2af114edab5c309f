"""Close a file; reopen it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Conflict
from palika.events import Event
from services.eoffice.commands.kept import check_kept, follow_state
from services.eoffice.commands.step import begin
from services.eoffice.domain.contents import check_newest
from services.eoffice.domain.movement import State, Step, whole_minutes
from services.eoffice.models import File
from services.eoffice.queries.letters import numbers_not_out
from services.eoffice.queries.marks import waiting_of
from services.eoffice.queries.volumes import newer, open_parts, volumes
from services.eoffice.schemas import FILE_CLOSED, FILE_REOPENED


def close_file(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> File:
    """Close the file; it does not move any more.

    Raises:
        NotFound: no such file.
        Forbidden: it is with another post, or the caller does not speak for its own.
        Conflict: it is not open, posts that were marked have not answered, a letter has not gone
            out, a part of it is not closed, or it is at another version than ``args["version"]``.
    """
    doing = begin(session, caller, Step.CLOSE, args, now)
    if doing.repeated:
        return doing.file
    _check_parts(session, doing.file)
    return doing.done("closed", None, close_answered(session, doing.file, now, "close"))


def _check_parts(session: Session, file: File) -> None:
    """Refuse to close a file of which a part is worked on: what comes of that belongs to it. (A
    volume that another goes on from is closed by that, and its parts go on.)"""
    if parts := open_parts(session, file):
        raise Conflict(
            f"cannot close file {file.number}: of its parts {', '.join(parts)} "
            f"{'is' if len(parts) == 1 else 'are'} not closed; close those first",
            {"state": file.state, "step": Step.CLOSE, "legal": [], "parts": parts},
        )


def close_answered(session: Session, file: File, now: datetime, step: str) -> Event:
    """Close a file about which no answer is waited for, and let what is recorded of it follow; the
    act is the caller's.

    Args:
        step: what the caller wants to do with the file, for the refusal.

    Raises:
        Conflict: posts that were marked have not answered, and could not when it is closed; or a
            letter that has its number has not gone out, and could not any more.
    """
    if waiting := waiting_of(session, file.id):
        raise Conflict(
            f"cannot {step} file {file.number}: no answer yet from {', '.join(waiting)}; "
            "legal now: gather, which can withdraw the question",
            {"state": file.state, "step": step, "legal": [Step.GATHER], "waiting": waiting},
        )
    if letters := numbers_not_out(session, file.id):
        raise Conflict(
            f"cannot {step} file {file.number}: {', '.join(letters)} has not gone out yet; what "
            "notify could not send goes by another channel (dispatch_letter)",
            {"state": file.state, "step": step, "legal": [], "letters": letters},
        )
    event = close(file, now)
    follow_state(session, file)
    return event


def close(file: File, now: datetime) -> Event:
    """Change the file and say so; nothing is stored."""
    file.state = State.CLOSED
    file.closed_at = now
    file.watch_on = None
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


def reopen_file(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> File:
    """Open a closed file again; the post that does so has it. ``args["remark"]`` says why.

    Raises:
        NotFound: no such file, or the post may not read it.
        Forbidden: the post neither had it last, nor opened it, nor is above the one that had it.
        Conflict: it is not closed, at another version, it or a volume before it was weeded, or it
            goes on in a further volume.
    """
    doing = begin(session, caller, Step.REOPEN, args, now)
    if doing.repeated:
        return doing.file
    file, post = doing.file, doing.who.post
    # Its notes and pages go on from those of the volumes before it.
    for each in volumes(session, file):
        check_kept(session, each, "reopen")
    check_newest(file.number, newer(session, file), "reopen")
    closed_at = file.closed_at
    assert closed_at is not None  # a closed one has it: ck_file_closed
    minutes_open = whole_minutes(file.opened_at, closed_at)
    file.closed_at = None
    follow_state(session, file)
    events = []
    # The days between closing and now are nobody's.
    if post.code == file.held_by:
        # Its days on this desk begin anew.
        file.held_since = file.seen_at = now
        file.watch()
    else:
        events.append(doing.relocate(post.code, seen=True, left_at=closed_at)[1])
    file.version += 1
    told = FILE_REOPENED.new(
        subject=str(file.id),
        sequence=file.version,
        time=now,
        data={
            "file_id": file.id,
            "department": file.department,
            "reopened_at": now,
            "closed_at": closed_at,
            "minutes_open": minutes_open,
            "held_by": post.code,
        },
    )
    return doing.done("reopened", {"reason": args["remark"]}, *events, told)
