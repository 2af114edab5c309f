"""Record a decision."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Invalid
from services.warroom.commands.act import Act
from services.warroom.domain.facts import Decision, State


def decide(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> State:
    """Record what was decided, as ``schemas.asking.Deciding`` has it.

    Raises as ``Act.load``, and:
        Forbidden: it is for who answers for the project, or who has decided.
        Invalid: the day is to come.
        Conflict: its id is of something else.
    """
    act = Act.load(session, caller, args, now)
    act.check_may(args["by"])
    if args["decided_on"] > act.today:
        raise Invalid("it is to come", {"decided_on": [f"must be {act.today} or earlier"]})
    names = ("text", "by", "decided_on", "file_number")
    _, fresh = act.add(args["decision_id"], Decision(**{name: args[name] for name in names}))
    if not fresh:
        return act.state
    return act.save("decide", args["reason"], args["valid_on"] or args["decided_on"])
