"""Take a file from another desk: pull back what was sent, pull up what a post below has."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from services.eoffice.commands.step import begin
from services.eoffice.domain.movement import Step
from services.eoffice.models import File
from services.eoffice.queries.custody import came_from


def pull_back_file(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> File:
    """Take back a file that the caller's post sent, if it has not been opened.

    It is then as if it had come from where it had come to that post before.

    Raises:
        NotFound: no such file.
        Forbidden: another post sent it, or the caller does not speak for its own.
        Conflict: it has been opened, is not open any more, or is at another version.
    """
    doing = begin(session, caller, Step.PULL_BACK, args, now)
    if doing.repeated:
        return doing.file
    file, post = doing.file, doing.who.post.code
    before = came_from(session, file, post)
    movement, event = doing.relocate(post, seen=True)
    file.sent_by = before
    return doing.done("pulled back", {"from": movement.from_post}, event)


def pull_up_file(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> File:
    """Take a file, parked or not, that a post down the line has.

    Raises:
        NotFound: no such file, or the post may not read it.
        Forbidden: who has it is not down the line, or the caller does not speak for the post.
        Conflict: it is closed, or at another version.
    """
    doing = begin(session, caller, Step.PULL_UP, args, now)
    if doing.repeated:
        return doing.file
    movement, event = doing.relocate(doing.who.post.code, seen=True)
    return doing.done("pulled up", {"from": movement.from_post}, event)
