"""Send a file to another post: put up, forward, send back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Conflict, Invalid
from palika.events import Event
from services.eoffice.commands.move import move
from services.eoffice.commands.step import Doing, begin
from services.eoffice.domain.movement import Step, check_above, check_clearance, check_held
from services.eoffice.domain.organisation import Post
from services.eoffice.models import File, Movement
from services.eoffice.queries.bars import reach
from services.eoffice.queries.custody import had, may_have
from services.eoffice.schemas import FILE_RETURNED

__all__ = ["checked_target", "forward_file", "move", "put_up_file", "returned", "send_back_file"]


def forward_file(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> File:
    """Send the file to ``args["to"]``.

    Raises:
        NotFound: no such file.
        Forbidden: it is with another post, or the caller does not speak for its own.
        Invalid: no such post, the one that has it, one that nobody holds or that may not read it.
        Conflict: it is not open, or at another version than ``args["version"]``.
    """
    doing = begin(session, caller, Step.FORWARD, args, now)
    if doing.repeated:
        return doing.file
    target = checked_target(doing, args["to"])
    _, event = doing.relocate(target.code)
    return doing.done("forwarded", {"to": target.code}, event)


def put_up_file(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> File:
    """Put the file up to ``args["to"]``, a post up the line; None: the next that somebody holds and
    that may read it.

    Raises:
        NotFound: no such file.
        Forbidden: it is with another post, or the caller does not speak for its own.
        Invalid: the post is not up the line, or may not read it.
        Conflict: it is not open, nobody is above, or it is at another version than
            ``args["version"]``.
    """
    doing = begin(session, caller, Step.PUT_UP, args, now)
    if doing.repeated:
        return doing.file
    line = doing.organisation.above(doing.file.held_by)
    # There is one: else it would have been barred.
    wanted = args["to"] or reach(session, doing.file, doing.organisation, doing.today)[0]
    target = checked_target(doing, wanted)
    check_above(doing.file.held_by, target.code, line)
    _, event = doing.relocate(target.code)
    return doing.done("put up", {"to": target.code}, event)


def send_back_file(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> File:
    """Send the file back to ``args["to"]``, which had it before; None: to the post it came from.

    Raises:
        NotFound: no such file.
        Forbidden: it is with another post, or the caller does not speak for its own.
        Invalid: the post never had it.
        Conflict: it is not open, came from nobody, or is at another version.
    """
    doing = begin(session, caller, Step.SEND_BACK, args, now)
    if doing.repeated:
        return doing.file
    file = doing.file
    wanted = args["to"] or file.sent_by
    if wanted is None:
        # It was pulled back to where it had been opened: others had it, and one can be named.
        legal = doing.legal()
        raise Conflict(
            f"file {file.number} came to {file.held_by} from nobody: say to whom it is sent back; "
            f"legal now: {', '.join(legal)}",
            {"state": file.state, "step": Step.SEND_BACK, "legal": legal},
        )
    target = checked_target(doing, wanted)
    if not had(session, file, target.code):
        raise Invalid("it is sent back to whom?", {"to": [f"{target.code} never had this file"]})
    movement, event = doing.relocate(target.code)
    return doing.done("sent back", {"to": target.code}, event, returned(file, movement))


def checked_target(doing: Doing, code: str) -> Post:
    """The post that is to have the file.

    Raises:
        Invalid: there is no such post today, nobody holds it, or it may not read the file.
    """
    organisation = doing.organisation
    target = organisation.check_post(code, "to", doing.today)
    above = organisation.held_above(code, doing.today)
    check_held(code, organisation.holder(code, doing.today), above)
    known = may_have(doing.session, doing.file, target)
    check_clearance("file", doing.file.standing.secrecy, target, had=known)
    return target


def returned(file: File, movement: Movement) -> Event:
    """That a move, which has been taken, sent the file back: told as the file's next version."""
    file.version += 1
    return FILE_RETURNED.new(
        subject=str(file.id),
        sequence=file.version,
        time=movement.moved_at,
        data={
            "file_id": file.id,
            "department": file.department,
            "from_post": movement.from_post,
            "to_post": movement.to_post,
            "returned_at": movement.moved_at,
            "minutes_held": movement.minutes_held,
        },
    )
