"""Park a file until a day; wake it before."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from services.eoffice.commands.step import begin
from services.eoffice.domain.movement import Step, check_wake
from services.eoffice.models import File


def park_file(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> File:
    """Put the file aside until ``args["wake_on"]``; ``args["reason"]`` says why.

    Raises:
        NotFound: no such file.
        Forbidden: it is with another post, or the caller does not speak for its own.
        Invalid: the day is not to come, or more than 366 days ahead.
        Conflict: it is not open, or at another version.
    """
    doing = begin(session, caller, Step.PARK, args, now)
    if doing.repeated:
        return doing.file
    check_wake(args["wake_on"], doing.today)
    doing.file.wake_on = args["wake_on"]
    doing.file.version += 1
    return doing.done("parked", {"wake_on": args["wake_on"], "reason": args["reason"]})


def wake_file(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> File:
    """Have a parked file in the inbox again before its day.

    Raises:
        NotFound: no such file.
        Forbidden: it is with another post, or the caller does not speak for its own.
        Conflict: it is not parked, or at another version.
    """
    doing = begin(session, caller, Step.WAKE, args, now)
    if doing.repeated:
        return doing.file
    doing.file.version += 1
    return doing.done("woken")
