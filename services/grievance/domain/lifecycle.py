"""The life of a grievance: its states, the steps between them, and what a resolution comes to."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from palika.errors import Conflict


class State(StrEnum):
    """Where a grievance stands."""

    FILED = "filed"
    ASSIGNED = "assigned"
    RESOLVED = "resolved"


class Step(StrEnum):
    """What can be done with a grievance.

    ``SETTLE`` is a resolution that another system had recorded before the grievance came here: who
    had it in hand is not known, so it is resolved without having been assigned. No officer takes
    this step; the import of past grievances does.
    """

    ASSIGN = "assign"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    SETTLE = "settle"


_STEPS: dict[tuple[State, Step], State] = {
    (State.FILED, Step.ASSIGN): State.ASSIGNED,
    (State.FILED, Step.SETTLE): State.RESOLVED,
    (State.ASSIGNED, Step.ASSIGN): State.ASSIGNED,
    (State.ASSIGNED, Step.RESOLVE): State.RESOLVED,
    (State.RESOLVED, Step.REOPEN): State.ASSIGNED,
}


def legal_steps(state: State) -> list[Step]:
    """What an officer or a citizen may do with a grievance in ``state``."""
    return [step for (where, step) in _STEPS if where is state and step is not Step.SETTLE]


def after(state: State, step: Step, *, has_officer: bool = True) -> State:
    """The state that ``step`` leads to.

    Args:
        state: the state now.
        step: what is to be done.
        has_officer: whether somebody has the grievance in hand. One that is reopened goes back to
            its officer; where there is none (it was settled), it waits to be assigned.

    Raises:
        Conflict: the step is not legal now; the message and ``details`` name those that are.
    """
    target = _STEPS.get((state, step))
    if target is None:
        legal = [str(each) for each in legal_steps(state)]
        raise Conflict(
            f"cannot {step} a grievance that is {state}; legal now: {', '.join(legal)}",
            {"state": str(state), "step": str(step), "legal": legal},
        )
    if step is Step.REOPEN and not has_officer:
        return State.FILED
    return target


def check_version(current: int, expected: int | None) -> None:
    """Refuse a step decided on an older reading of the grievance.

    Args:
        current: the version stored.
        expected: the version that the caller had read, or None if the caller does not mind.

    Raises:
        Conflict: somebody else was quicker.
    """
    if expected is not None and expected != current:
        raise Conflict(
            f"the grievance has changed since it was read: it is at version {current}, "
            f"not {expected}; read it again",
            {"version": current, "expected": expected},
        )


def due(filed_at: datetime, sla_hours: int) -> datetime:
    """When the promise made for its category runs out: hours of the clock, not working hours."""
    return filed_at + timedelta(hours=sla_hours)


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a resolution comes to; ``minutes_taken`` are whole minutes since filing."""

    resolved_at: datetime
    on_time: bool
    minutes_taken: int


def resolution(filed_at: datetime, due_at: datetime, now: datetime) -> Resolution:
    """Measure a resolution.

    Raises:
        Conflict: ``now`` is before the filing.
    """
    if now < filed_at:
        raise Conflict(
            f"cannot be resolved at {now.isoformat()}, before it was filed "
            f"at {filed_at.isoformat()}",
            {"filed_at": filed_at.isoformat(), "resolved_at": now.isoformat()},
        )
    return Resolution(now, now <= due_at, int((now - filed_at).total_seconds() // 60))
