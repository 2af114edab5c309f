"""Add a risk, and assess it anew."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from services.warroom.commands.act import Act
from services.warroom.domain.facts import Risk, State

_FIELDS = ("likelihood", "impact", "owner", "mitigation", "open")


def add_risk(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> State:
    """Add a risk, as ``schemas.asking.AddingRisk`` has it.

    Raises as ``Act.load``, and:
        Forbidden: it is for who answers for the project.
        Conflict: its id is of something else.
    """
    act = Act.load(session, caller, args, now)
    act.check_may()
    names = ("title", "likelihood", "impact", "owner", "mitigation")
    _, fresh = act.add(args["risk_id"], Risk(**{name: args[name] for name in names}))
    if not fresh:
        return act.state
    return act.save("add_risk", args["reason"], args["valid_on"])


def revise_risk(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> State:
    """Assess a risk anew, as ``schemas.asking.RevisingRisk`` has it.

    Raises as ``Act.load``, and:
        Forbidden: it is for who answers for the project, or for the risk.
        NotFound: the project has no such risk.
    """
    act = Act.load(session, caller, args, now)
    old = act.get(Risk, args["risk_id"])
    act.check_may(old.owner)
    values = {name: args[name] for name in _FIELDS if name in args}
    act.put(args["risk_id"], replace(old, **values))
    return act.save("revise_risk", args["reason"], args["valid_on"])
