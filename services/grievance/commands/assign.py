"""Give a grievance to an officer."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import SYSTEM, Identity
from palika.errors import Conflict
from services.grievance.commands.move import Actor, Taken, about, advance
from services.grievance.commands.step import take
from services.grievance.domain.lifecycle import State, Step
from services.grievance.domain.routing import Place, choose
from services.grievance.models import Grievance
from services.grievance.queries.officers import check_post, posts_around
from services.grievance.reference import policy
from services.grievance.schemas import ASSIGNED

ITSELF = Actor.of(SYSTEM("grievance"))


def assign_grievance(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Grievance:
    """Give it to ``args["officer"]``; one that is assigned already goes to the new officer.

    What waits for the citizen goes on waiting. Before a city has entered any post, every code is
    taken as one: a desk can work on its first day.

    Raises as ``step.take``, and:
        Invalid: the city has entered its posts, and this is no active one.
        Conflict: it is with that officer already.
    """
    check_post(session, args["officer"])
    return take(session, caller, args, now, partial(assign, officer=args["officer"]))


def routed(session: Session, place: Place, now: datetime) -> Callable[[Grievance], Taken] | None:
    """The service's own move for what is new at a place, if the policy has it and a post is there.

    It gives it to the post in charge that has the least to do for its size. One statement at most.
    """
    officer = choose(posts_around(session, place, 0, now), place) if policy().auto_assign else None
    if officer is None:
        return None
    return partial(assign, by=ITSELF, now=now, officer=officer)


def assign(grievance: Grievance, by: Actor, now: datetime, *, officer: str) -> Taken:
    """The move; nothing is stored. Raises Conflict where it is with that officer already."""
    step = advance(grievance, Step.ASSIGN, by, now)
    if grievance.officer == officer:
        raise Conflict(f"is with {officer} already", {"officer": officer})
    grievance.officer = officer
    grievance.assigned_at = now
    # Who is given it has read it: nobody has to say so first.
    grievance.acknowledged_at = grievance.acknowledged_at or now
    grievance.started_at = None
    if grievance.state == State.WAITING:
        grievance.paused_state = State.ASSIGNED
    told = about(grievance, now, officer=officer, assigned_at=now)
    return step.taken(ASSIGNED.new(**told), officer=officer)
