"""Close a file; reopen it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.events import Event
from services.eoffice.commands.kept import check_kept, follow_state
from services.eoffice.commands.step import begin
from services.eoffice.domain.letters import check_none_left
from services.eoffice.domain.movement import State, Step, whole_minutes
from services.eoffice.models import File
from services.eoffice.queries.letters import approved_not_out
from services.eoffice.queries.volumes import volumes
from services.eoffice.schemas import FILE_CLOSED, FILE_REOPENED


def close_file(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> File:
    """Close the file; it does not move any more. Over letters that are approved and have not gone
    out it is closed with ``args["anyway"]`` and a ``remark``; they stay as they are.

    Raises:
        NotFound: no such file.
        Forbidden: it is with another post, or the caller does not speak for its own.
        Conflict: it is not open, posts that were marked have not answered, a letter has not gone
            out, a part of it is not closed, it is at another version than ``args["version"]``, or
            a letter is approved (``letters``) and it is not to be closed all the same.
        Invalid: it is closed over letters, and no reason is given.
    """
    doing = begin(session, caller, Step.CLOSE, args, now)
    if doing.repeated:
        return doing.file
    left, reason = approved_not_out(session, doing.file.id), args.get("remark")
    anyway = bool(args.get("anyway"))
    check_none_left(doing.file.number, left, reason, doing.legal, anyway=anyway)
    said = {"letters": list(left), "reason": reason} if left else {}
    return doing.done("closed", said, close_finished(session, doing.file, now))


def close_finished(session: Session, file: File, now: datetime) -> Event:
    """Close a file that nothing bars from it, and let what is recorded of it follow; the act is the
    caller's."""
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
        Conflict: it is not closed, at another version, it or a volume before it was weeded, it goes
            on in a further volume, or it is a part of a file that is closed.
    """
    doing = begin(session, caller, Step.REOPEN, args, now)
    if doing.repeated:
        return doing.file
    file, post = doing.file, doing.who.post
    for each in volumes(session, file):
        # From now on they are not weeded.
        check_kept(session, each, "reopen")
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
