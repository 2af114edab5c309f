"""Who hears of a grievance that is late, and when: the marks that time sets on it.

Time sets each mark once and in this order: due soon, breached, escalated to level 1, 2, … of the
matrix; on a resolution, only the closing, some days after it or after its citizen's last word on
it; on what waits for its citizen, only the end of the wait; beside these, whatever its state, that
an appeal is not decided in time. A mark is due once its moment is past, so a promise is kept up to
and including its last moment.

The moments follow from the due time alone, each level's wait after those before it. So it does not
matter when somebody looks: who comes late finds all that is due, in order, each with the moment at
which it fell due. Only a wait for the citizen moves them, so what is due is to be done before one
begins. ``what_is_due`` says what to do, ``next_moment`` when there is something to do again.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from heapq import merge
from operator import attrgetter
from typing import Any

from palika.text import Name
from services.grievance.domain.calendar import WorkingTime
from services.grievance.domain.lifecycle import OPEN, State
from services.grievance.domain.plain import keys, mapping, name, one_of, sequence, whole
from services.grievance.domain.policy import Policy
from services.grievance.domain.promise import due_soon_at

PRIORITIES = ("low", "normal", "high", "emergency")
_PAST = timedelta(microseconds=1)
"""What separates a moment from the first one after it, as finely as the database keeps time."""


@dataclass(frozen=True, slots=True)
class Level:
    """One rung: the post that has the grievance, or hears of it.

    ``after`` is how many minutes of the promise's kind after the rung before; the first after the
    breach, and the one at the bottom, who is in charge, not at all.
    """

    post: str
    name: Name
    after: int


@dataclass(frozen=True, slots=True)
class Matrix:
    """The rungs, and where a department or a priority has waits of its own (by level)."""

    levels: tuple[Level, ...]
    departments: Mapping[str, Mapping[int, int]]
    priorities: Mapping[str, Mapping[int, int]]

    @property
    def top(self) -> int:
        """The highest level."""
        return len(self.levels) - 1

    def after(self, level: int, department: str, priority: str) -> int:
        """The wait before a level: the priority's own, else the department's, else the city's."""
        for own in (self.priorities.get(priority), self.departments.get(department)):
            if own is not None and level in own:
                return own[level]
        return self.levels[level].after


class Mark(StrEnum):
    """What time does to a grievance."""

    DUE_SOON = "due_soon"
    BREACHED = "breached"
    ESCALATE = "escalate"
    CLOSE = "close_after_silence"
    WAIT_OVER = "wait_over"
    APPEAL_OVERDUE = "appeal_overdue"


@dataclass(frozen=True, slots=True)
class Due:
    """A mark that is due, since when; ``level`` is the one that it leads to."""

    mark: Mark
    at: datetime
    level: int = 0


@dataclass(frozen=True, slots=True)
class ClockState:
    """What the clock has to know of a grievance, and has told so far.

    Attributes:
        minutes: what was promised; None where it is not known (it was imported): then nothing can
            be due soon.
        closes_at: when a resolution is closed if its citizen says nothing more; None: never so.
        due_soon_at, breached_at: when they were marked; a new promise begins without them.
        level: the level reached; it stays when a promise is made anew.
        wait_until: until when it waits for its citizen, if it does (``state`` says whether).
        appeal_decide_by: by when the pending appeal is to be decided, until it is told that it was
            not.
    """

    state: State
    department: str
    priority: str
    minutes: int | None
    due_at: datetime
    closes_at: datetime | None = None
    due_soon_at: datetime | None = None
    breached_at: datetime | None = None
    level: int = 0
    wait_until: datetime | None = None
    appeal_decide_by: datetime | None = None


def what_is_due(
    clock: ClockState, now: datetime, time: WorkingTime, matrix: Matrix, policy: Policy
) -> list[Due]:
    """All that is due by now, in the order in which it fell due.

    Args:
        clock: the grievance.
        now: the present moment, however late.
        time: who counts the promise's minutes (``Promise.time``).
        matrix: the rungs.
        policy: when it is due soon.
    """
    found = []
    for due in _coming(clock, time, matrix, policy):
        if now <= due.at:
            break
        found.append(due)
    return found


def next_moment(
    clock: ClockState, time: WorkingTime, matrix: Matrix, policy: Policy
) -> datetime | None:
    """The first moment at which something will be due; it may be past. None: never, as it stands:
    it has ended, or has had all its marks."""
    coming = next(_coming(clock, time, matrix, policy), None)
    return None if coming is None else coming.at + _PAST


def _coming(clock: ClockState, time: WorkingTime, matrix: Matrix, policy: Policy) -> Iterator[Due]:
    """What is to come, in the order of its moments."""
    of_its_state = _of_its_state(clock, time, matrix, policy)
    if clock.appeal_decide_by is None:
        return of_its_state
    of_its_appeal = Due(Mark.APPEAL_OVERDUE, clock.appeal_decide_by)
    return merge([of_its_appeal], of_its_state, key=attrgetter("at"))


def _of_its_state(
    clock: ClockState, time: WorkingTime, matrix: Matrix, policy: Policy
) -> Iterator[Due]:
    if clock.state is State.RESOLVED and clock.closes_at is not None:
        yield Due(Mark.CLOSE, clock.closes_at)
    if clock.state is State.WAITING and clock.wait_until is not None:
        yield Due(Mark.WAIT_OVER, clock.wait_until)
    if clock.state not in OPEN or clock.state is State.WAITING:
        return
    if clock.due_soon_at is None and clock.breached_at is None and clock.minutes is not None:
        soon = due_soon_at(clock.due_at, clock.minutes, policy.due_soon_share, time)
        yield Due(Mark.DUE_SOON, soon)
    if clock.breached_at is None:
        yield Due(Mark.BREACHED, clock.due_at)
    wait = 0
    for level in range(1, matrix.top + 1):
        wait += matrix.after(level, clock.department, clock.priority)
        if level > clock.level:
            yield Due(Mark.ESCALATE, time.add(clock.due_at, wait), level)


def matrix(raw: Any, departments: Collection[str]) -> Matrix:
    """Make the matrix of what a city wrote (``data/escalation.yaml``).

    Args:
        raw: the file.
        departments: the codes of the city's own, of its catalogue.

    Raises:
        ValueError: something is missing or breaks a rule; the message says where.
    """
    keys("escalation", raw, ("levels",), ("departments", "priorities"))
    levels = []
    for number, each in enumerate(sequence("levels", raw["levels"])):
        place = f"levels, {number}"
        keys(place, each, ("post", "mr", "en", *(("after",) if number else ())))
        post = each["post"]
        if not isinstance(post, str) or not post:
            raise ValueError(f"{place}: post must be a code, not {post!r}")
        levels.append(
            Level(post, name(place, each), _minutes(place, each["after"]) if number else 0)
        )
    if len(levels) < 2:
        raise ValueError("levels: at least who is in charge and one above are needed")
    own: dict[str, dict[str, dict[int, int]]] = {"departments": {}, "priorities": {}}
    known = {"departments": departments, "priorities": PRIORITIES}
    for kind, found in own.items():
        for code, waits in mapping(kind, raw.get(kind, {})).items():
            place = f"{kind}, {code}"
            one_of(place, code, known[kind])
            found[code] = {
                whole(f"{place}, a level", level, 1, len(levels) - 1): _minutes(
                    f"{place}, {level}", minutes
                )
                for level, minutes in mapping(place, waits).items()
            }
    return Matrix(tuple(levels), own["departments"], own["priorities"])


def _minutes(place: str, value: Any) -> int:
    return whole(f"{place}, minutes", value, 0, 1_000_000)
