"""How urgent a file is, and until when it is to be done."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from services.eoffice.commands.step import begin
from services.eoffice.domain.movement import Priority, Step, check_due
from services.eoffice.models import File


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
    """Give the file another due date, or none. ``args["remark"]`` says why.

    Raises:
        NotFound: no such file.
        Forbidden: the post neither has it nor is above the one that has it.
        Invalid: the day has passed.
        Conflict: it is closed, or at another version.
    """
    doing = begin(session, caller, Step.DUE, args, now)
    if doing.repeated:
        return doing.file
    check_due(args["due_on"], doing.today)
    file = doing.file
    before, told = file.due_on, file.told_until
    file.due_on = args["due_on"]
    file.watch(told=told)
    file.version += 1
    said = {"from": before, "to": file.due_on, "reason": args["remark"]}
    return doing.done("due", said)
