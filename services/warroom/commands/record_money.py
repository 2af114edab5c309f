"""Enter what was sanctioned, revised or spent."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Invalid
from services.warroom.commands.act import Act
from services.warroom.domain.facts import Money, State


def record_money(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> State:
    """Enter money, as ``schemas.asking.Entering`` has it. An entry is never changed: a wrong one is
    withdrawn, with the reason, and entered anew.

    Raises as ``Act.load``, and:
        Forbidden: it is for who answers for the project.
        Invalid: the day is to come.
        Conflict: its id is of something else.
    """
    act = Act.load(session, caller, args, now)
    act.check_may()
    if args["on"] > act.today:
        raise Invalid("it is to come", {"on": [f"must be {act.today} or earlier"]})
    names = ("kind", "amount_paise", "on", "reference", "note")
    _, fresh = act.add(args["money_id"], Money(**{name: args[name] for name in names}))
    if not fresh:
        return act.state
    return act.save("record_money", args["reason"], args["valid_on"] or args["on"])
