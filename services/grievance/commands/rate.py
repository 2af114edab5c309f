"""The citizen's word on a resolution: rate it, close it."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Conflict
from services.grievance.commands.appeal import lapse
from services.grievance.commands.move import Actor, Taken, about, advance
from services.grievance.commands.reopen import LOW_RATING, check_may_reopen, take_back
from services.grievance.commands.step import Act
from services.grievance.domain.lifecycle import State, Step, check_rating
from services.grievance.models import Grievance
from services.grievance.reference import policy
from services.grievance.schemas import CLOSED, RATED


def rate_grievance(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Grievance:
    """Rate the resolution; who is satisfied closes it, who is not reopens it while that is allowed.

    After that the rating stands, and the appeal is left. Raises as ``step.take``, and:
        Conflict: this resolution has been rated.
    """
    act = Act.load(session, caller, args, now)
    satisfied = args["satisfied"]
    if satisfied is None:
        satisfied = policy().is_satisfied(args["rating"])
    act.take(partial(rate, rating=args["rating"], satisfied=satisfied, comment=args["comment"]))
    if satisfied:
        if act.grievance.state == State.RESOLVED:
            _end(act)
    elif _may_reopen(act):
        take_back(act, LOW_RATING, args["comment"])
    return act.save()


def rate(
    grievance: Grievance,
    by: Actor,
    now: datetime,
    *,
    rating: int,
    satisfied: bool,
    comment: str | None = None,
) -> Taken:
    """The move; nothing is stored."""
    step = advance(grievance, Step.RATE, by, now)
    check_rating(grievance.resolved_at, grievance.rated_at)
    grievance.rating = rating
    grievance.rating_comment = comment
    grievance.rated_at = now
    if not satisfied:
        grievance.closes_at = None
    told = about(
        grievance,
        now,
        rated_at=now,
        rating=rating,
        satisfied=satisfied,
        officer=grievance.officer,
        resolved_at=grievance.resolved_at,
    )
    return step.taken(RATED.new(**told), note=comment, rating=rating, satisfied=satisfied)


def close_grievance(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Grievance:
    """End it with the citizen's word; a pending appeal lapses. After their silence the scheduler
    takes the move.

    Raises as ``step.take``.
    """
    act = Act.load(session, caller, args, now)
    _end(act)
    return act.save()


def _end(act: Act) -> None:
    act.take(close)
    lapse(act)


_CLOSED_BY = {"citizen": "citizen", "system": "silence", "office": "office"}


def close(grievance: Grievance, by: Actor, now: datetime, *, closed_by: str | None = None) -> Taken:
    """The move; who ended it is told by the actor, unless ``closed_by`` does. Nothing is stored."""
    step = advance(grievance, Step.CLOSE, by, now)
    grievance.closes_at = None
    grievance.closed_at = now
    grievance.closed_by = closed_by or _CLOSED_BY[by.kind]
    told = about(
        grievance,
        now,
        closed_at=now,
        closed_by=grievance.closed_by,
        resolved_at=grievance.resolved_at,
    )
    return step.taken(CLOSED.new(**told), closed_by=grievance.closed_by)


def _may_reopen(act: Act) -> bool:
    try:
        check_may_reopen(act)
    except Conflict:
        return False
    return True
