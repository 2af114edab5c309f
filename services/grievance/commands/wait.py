"""Ask the citizen something, and go on when the answer is there."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from services.grievance import promises
from services.grievance.commands.move import Actor, Taken, about, advance
from services.grievance.commands.step import take
from services.grievance.domain.lifecycle import State, Step, check_can_be_asked
from services.grievance.models import Grievance
from services.grievance.schemas import ANSWERED, WAIT_OVER, WAITING


def wait_grievance(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Grievance:
    """Ask ``args["question"]``; until the answer the clock stands still, for the policy's days at
    most.

    Raises as ``step.take``, and:
        Conflict: no question reaches its citizen.
    """
    return take(session, caller, args, now, partial(wait, question=args["question"]))


def wait(grievance: Grievance, by: Actor, now: datetime, *, question: str) -> Taken:
    """The move; nothing is stored."""
    was = grievance.state
    step = advance(grievance, Step.WAIT, by, now)
    check_can_be_asked(grievance.filed_by, grievance.citizen_phone, grievance.citizen_email)
    grievance.asked_at = now
    grievance.paused_at = now
    grievance.wait_until = promises.wait_until(now)
    grievance.paused_state = was
    return step.taken(WAITING.new(**about(grievance, now, waiting_at=now)), note=question)


def answer_grievance(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Grievance:
    """Give ``args["answer"]``: the grievance goes back to where it was.

    One that comes when nobody waits for it any more is kept, and changes nothing else. Raises as
    ``step.take``.
    """
    return take(session, caller, args, now, partial(answer, text=args["answer"]))


def answer(grievance: Grievance, by: Actor, now: datetime, *, text: str) -> Taken:
    """The move: the due time moves by what passed, if the clock still stands; nothing is stored."""
    step = advance(grievance, Step.ANSWER, by, now, _back_to(grievance))
    grievance.asked_at = None
    waited = go_on(grievance, now)
    told = about(grievance, now, answered_at=now, waited_minutes=waited, due_at=grievance.due_at)
    return step.taken(ANSWERED.new(**told), note=text, waited_minutes=waited)


def wait_over(grievance: Grievance, by: Actor, now: datetime, *, since: datetime) -> Taken:
    """The move: no answer has come in the policy's time, so the clock goes on since then.

    Nothing is stored.
    """
    step = advance(grievance, Step.WAIT_OVER, by, now, _back_to(grievance))
    waited = go_on(grievance, since)
    told = about(
        grievance,
        now,
        wait_over_at=since,
        waited_minutes=waited,
        due_at=grievance.due_at,
        officer=grievance.officer,
    )
    return step.taken(WAIT_OVER.new(**told), waited_minutes=waited, since=since.isoformat())


def _back_to(grievance: Grievance) -> State | None:
    return None if grievance.paused_state is None else State(grievance.paused_state)


def go_on(grievance: Grievance, now: datetime) -> int:
    """Let the clock go on, if it stands; the minutes that it stood, of the promise's kind.

    It stood until the end of the wait at most, whenever the scheduler would have come by.
    """
    until = min(now, promises.ends_waiting(grievance) or now)
    # Whether it stands or not: a process of the release before leaves it behind.
    grievance.wait_until = None
    if grievance.paused_at is None:
        return 0
    stood = stood_still(grievance, grievance.paused_at, until)
    grievance.paused_at = None
    grievance.paused_state = None
    return stood


def stood_still(grievance: Grievance, since: datetime, now: datetime) -> int:
    """Give back the time that nobody could work on it: it is due so much later.

    It stands while the citizen is asked, and while it is said to be done or refused. The minutes
    are of the promise's kind.
    """
    resumed = promises.resumed(grievance.category, grievance.due_at, since, now)
    grievance.due_at = resumed.due_at
    grievance.paused_minutes += resumed.minutes
    grievance.paused_otherwise += promises.waited_otherwise(grievance.category, since, now)
    return resumed.minutes


def ended_at(grievance: Grievance) -> datetime:
    """Since when a resolved, closed or rejected one has stood: nobody has worked on it since.

    Raises:
        ValueError: it is open.
    """
    since = ended_or_none(grievance)
    if since is None:
        raise ValueError(f"{grievance.number} is {grievance.state}: it has not ended")
    return since


def ended_or_none(grievance: Grievance) -> datetime | None:
    """The same; None: it is open."""
    return grievance.resolved_at or grievance.closed_at
