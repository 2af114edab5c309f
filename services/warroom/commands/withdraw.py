"""Take a fact back that should not be there."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Conflict, Forbidden
from palika.roles import post_of
from services.warroom.commands.act import Act
from services.warroom.commands.add_milestone import check_planned
from services.warroom.domain.facts import Standing, State
from services.warroom.reference import city_reviews


def withdraw(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> State:
    """Withdraw a fact, as ``schemas.asking.Withdrawing`` has it. As of any moment before it
    is still there.

    Raises as ``Act.load``, and:
        Forbidden: it is for who answers for the project; what a review has decided is for the chair
            of a series and for nobody below.
        NotFound: the project has no such fact.
        Invalid: it is the last milestone of a completed project.
        Conflict: other milestones depend on it.
    """
    act = Act.load(session, caller, args, now)
    key = args["fact_id"]
    decided = act.state.decisions.get(key) if args["kind"] == "decision" else None
    if decided is None or decided.review_id is None:
        act.check_may()
    elif "admin" not in caller.roles and post_of(caller.subject) not in (chairs := _chairs()):
        raise Forbidden(f"this is for {', '.join(chairs)}", {"posts": chairs})
    act.withdraw(args["kind"], key)
    if args["kind"] == "milestone" and act.project.standing is Standing.COMPLETED:
        check_planned(act.state)
    needed = sorted(each.key for each in act.state.milestones.values() if key in each.after)
    if needed:
        raise Conflict(f"these milestones depend on it: {', '.join(needed)}", {"depending": needed})
    return act.save(f"withdraw_{args['kind']}", args["reason"], args["valid_on"])


def _chairs() -> list[str]:
    return sorted({each.chair for each in city_reviews().series.values()})
