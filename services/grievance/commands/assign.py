"""Give a grievance to an officer."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import SYSTEM, Identity
from services.grievance.commands.move import Actor, Taken, about, advance
from services.grievance.commands.step import Act
from services.grievance.domain.holding import check_not_with
from services.grievance.domain.lifecycle import State, Step
from services.grievance.domain.routing import Place, choose
from services.grievance.models import Grievance
from services.grievance.queries.officers import officer_for, posts_around, standing
from services.grievance.reference import policy
from services.grievance.schemas import ASSIGNED

ITSELF = Actor.of(SYSTEM("grievance"))


def assign_grievance(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Grievance:
    """Give it to ``args["officer"]``; one that is assigned already goes to the new officer.

    What waits for the citizen goes on waiting.

    Raises as ``step.take``, and:
        Invalid: the city has entered its posts, and this is no active one, or it is on leave.
        Conflict: it is a post of another department, or has it already.
    """
    to = standing(session, args["officer"], now)
    to.check_there("officer")
    act = Act.load(session, caller, args, now)
    to.check_department(act.grievance.number, act.grievance.department)
    act.take(partial(assign, officer=to.code))
    return act.save()


def routed(session: Session, place: Place, now: datetime) -> Callable[[Grievance], Taken] | None:
    """The service's own move for what is new at a place, if the policy has it and a post is there.

    It gives it to the post in charge that has the least to do for its size. One statement at most.
    """
    officer = choose(posts_around(session, place, 0, now), place) if policy().auto_assign else None
    if officer is None:
        return None
    return partial(assign, by=ITSELF, now=now, officer=officer)


def find_somebody(act: Act) -> None:
    """What has come back goes to somebody who is there, if its officer is gone, away, or none.

    Whoever has it keeps it where the policy assigns nothing by itself, or where nobody else is.
    """
    grievance, holder = act.grievance, act.grievance.officer
    if not policy().auto_assign:
        return
    if holder is not None and standing(act.session, holder, act.now).is_there:
        return
    officer = officer_for(act.session, grievance, act.now, besides=holder)
    if officer is not None:
        act.note(assign(grievance, ITSELF, act.now, officer=officer))


def assign(grievance: Grievance, by: Actor, now: datetime, *, officer: str) -> Taken:
    """The move; nothing is stored. Raises Conflict where it is with that officer already."""
    step = advance(grievance, Step.ASSIGN, by, now)
    check_not_with(grievance.number, grievance.officer, officer)
    grievance.officer = officer
    grievance.assigned_at = now
    # Who is given it has read it: nobody has to say so first.
    grievance.acknowledged_at = grievance.acknowledged_at or now
    grievance.started_at = None
    if grievance.state == State.WAITING:
        grievance.paused_state = State.ASSIGNED
    told = about(grievance, now, officer=officer, assigned_at=now)
    return step.taken(ASSIGNED.new(**told), officer=officer)
