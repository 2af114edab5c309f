"""The clock of a stored grievance: what is due of it by the city's calendar, ladder and policy."""

from datetime import datetime

from services.grievance import promises
from services.grievance.domain import escalation
from services.grievance.domain.escalation import ClockState, Due
from services.grievance.domain.lifecycle import State
from services.grievance.models import Grievance
from services.grievance.reference import matrix, policy


def clock_of(grievance: Grievance) -> ClockState:
    """What the clock has to know of it."""
    return ClockState(
        state=State(grievance.state),
        department=grievance.department,
        priority=grievance.priority,
        minutes=grievance.promised_minutes,
        due_at=grievance.due_at,
        resolved_at=grievance.resolved_at if _is_silent(grievance) else None,
        due_soon_at=grievance.due_soon_at,
        breached_at=grievance.breached_at,
        level=grievance.escalation_level,
    )


def due(grievance: Grievance, now: datetime) -> list[Due]:
    """All that is due of it by now, in the order in which it fell due."""
    time = promises.time_of(grievance.category)
    return escalation.what_is_due(clock_of(grievance), now, time, matrix(), policy())


def next_clock(grievance: Grievance) -> datetime | None:
    """When there is something to do with it next; None: never, as it stands."""
    time = promises.time_of(grievance.category)
    return escalation.next_moment(clock_of(grievance), time, matrix(), policy())


def post_of(level: int) -> str:
    """The post that a level of the ladder is; a ladder that has become shorter ends at its top."""
    rungs = matrix()
    return rungs.levels[min(level, rungs.top)].post


def _is_silent(grievance: Grievance) -> bool:
    """Whether the citizen was asked about the resolution, and has not spoken.

    One that another system had resolved came here without anybody in charge, and nobody was asked.
    Whatever the citizen says of it is a word: "not satisfied", a comment, a photograph, an appeal.
    """
    if grievance.resolved_at is None or grievance.officer is None:
        return False
    return grievance.spoken_at is None or grievance.spoken_at < grievance.resolved_at
