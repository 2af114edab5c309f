"""Say whether what was promised was done: yes, or no with the reason."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Invalid
from services.warroom.commands.act import Act
from services.warroom.domain.facts import Progress, State


def report_progress(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> State:
    """Note progress, as ``schemas.asking.Reporting`` has it.

    Raises as ``Act.load``, and:
        Forbidden: it is for who answers for the project.
        Invalid: the day is to come.
        Conflict: its id is of something else.
    """
    act = Act.load(session, caller, args, now)
    act.check_may()
    on = args["on"] or act.today
    if on > act.today:
        raise Invalid("it is to come", {"on": [f"must be {act.today} or earlier"]})
    note = Progress(args["promised"], args["done"], on, args["reason"])
    _, fresh = act.add(args["progress_id"], note, *([] if args["on"] else ["on"]))
    if not fresh:
        return act.state
    return act.save("report_progress", args["reason"], args["valid_on"] or on)
