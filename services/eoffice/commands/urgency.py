"""How urgent a file is, and until when it is to be done."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from services.eoffice.commands.step import begin
from services.eoffice.domain.movement import Priority, Step, check_due, check_put_off
from services.eoffice.models import File
from services.eoffice.queries.bars import may_put_off


def set_priority(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> File:
    """Give the file another priority.

    Raises:
        NotFound: no such file.
        Forbidden: the post neither has it nor is above the one that has it.
        Conflict: it is closed, or at another version.
    """
    doing = begin(session, caller, Step.PRIORITY, args, now)
    if doing.repeated:
        return doing.file
    file = doing.file
    before = Priority(file.priority).code
    file.priority = args["priority"]
    file.version += 1
    return doing.done("prioritised", {"from": before, "to": Priority(file.priority).code})


def set_due(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> File:
    """Give the file another due date, or none. ``args["remark"]`` says why. What the date was first
    is kept: reports count against that.

    Raises:
        NotFound: no such file.
        Forbidden: the post neither has it, nor is above the one that has it, nor has set the date
            or is above who has; or it puts off what is not its own: see ``check_put_off``.
        Invalid: the day has passed; or it is put off without a reason.
        Conflict: it is closed, or at another version; or the date has come, and the post may not
            put it off.
    """
    doing = begin(session, caller, Step.DUE, args, now)
    if doing.repeated:
        return doing.file
    check_due(args["due_on"], doing.today)
    file, may = doing.file, may_put_off(doing.organisation, doing.file)
    before, told = file.due_on, file.told_until
    check_put_off(doing.who.post.code, before, args["due_on"], may, args["remark"])
    if file.first_due_on is None and before != args["due_on"]:
        file.first_due_on = before
    # Who brings forward what is not theirs does not make it theirs.
    if before is None or doing.who.post.code in may:
        file.due_by = doing.who.post.code if args["due_on"] is not None else None
    file.due_on = args["due_on"]
    file.watch(told=told)
    file.version += 1
    said = {"from": before, "to": file.due_on, "reason": args["remark"]}
    said |= {"first": file.first_due_on} if file.first_due_on is not None else {}
    return doing.done("due", said)
