"""Take a fact back that should not be there."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Conflict
from services.warroom.commands.act import Act
from services.warroom.domain.facts import State


def withdraw(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> State:
    """Withdraw a fact, as ``schemas.asking.Withdrawing`` has it. As of any moment before it
    is still there.

    Raises as ``Act.load``, and:
        Forbidden: it is for who answers for the project.
        NotFound: the project has no such fact.
        Conflict: other milestones depend on it; or it is a decision of a review.
    """
    act = Act.load(session, caller, args, now)
    act.check_may()
    key = args["fact_id"]
    decided = act.state.decisions.get(key) if args["kind"] == "decision" else None
    if decided is not None and decided.review_id is not None:
        raise Conflict(
            "it stands in the minutes of a review, which are corrected by an addendum",
            {"review_id": str(decided.review_id)},
        )
    act.withdraw(args["kind"], key)
    needed = sorted(each.key for each in act.state.milestones.values() if key in each.after)
    if needed:
        raise Conflict(f"these milestones depend on it: {', '.join(needed)}", {"depending": needed})
    return act.save(f"withdraw_{args['kind']}", args["reason"], args["valid_on"])
