"""When the milestones of a project can be reached: the critical path method over calendar days.

The forward pass gives the earliest days, the backward pass the latest that keep the project's end;
what lies between is a milestone's float (PMBOK's term). No weekends or holidays: works go on, and
contracts count calendar days.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from palika.errors import Invalid


@dataclass(frozen=True, slots=True)
class Step:
    """What leads to a milestone.

    Attributes:
        key: of the milestone; any text.
        days: calendar days that the work takes once all of ``after`` are reached; 0 or more.
        after: the milestones that must be reached before it begins.
        earliest: not reached before this day; None: nothing but the work holds it up.
        done_on: when it was reached; None: it is not.
    """

    key: str
    days: int
    after: tuple[str, ...] = ()
    earliest: date | None = None
    done_on: date | None = None


@dataclass(frozen=True, slots=True)
class Timing:
    """When a milestone can be reached.

    Attributes:
        early: the earliest day; of one that is reached, that day.
        late: the latest that does not move the project's end; of one that is reached, that day.
        slack: the days between, its total float; 0 of one that is reached.
        critical: whether it is not reached and has no slack: if it slips, the project does.
    """

    early: date
    late: date
    slack: int
    critical: bool


@dataclass(frozen=True, slots=True)
class Schedule:
    """The timings of a project's milestones, and its end: the last of their early days."""

    timings: Mapping[str, Timing]
    finish: date

    @property
    def critical_path(self) -> list[str]:
        """The critical milestones, by their days."""
        found = [key for key, each in self.timings.items() if each.critical]
        return sorted(found, key=lambda key: (self.timings[key].early, key))


def in_order(after: Mapping[str, Collection[str]]) -> list[str]:
    """The milestones so that each stands behind all that it depends on.

    Args:
        after: by milestone, what it depends on.

    Raises:
        Invalid: one depends on what is not there, or on itself, directly or in a circle, which is
            named from its first milestone to the same again.
    """
    for key, needed in after.items():
        if missing := sorted(set(needed) - after.keys()):
            raise Invalid("no such milestone", {"after": [not_there(key, missing)]})
    found, circle = _walked(after)
    if circle:
        raise Invalid("milestones in a circle", {"after": [in_a_circle(circle)]})
    return found


def circle_in(after: Mapping[str, Collection[str]]) -> list[str]:
    """The first circle of dependencies, from a milestone to the same again; empty: there is none.

    Args:
        after: by milestone, what it depends on; all of it is there.
    """
    return _walked(after)[1]


def in_a_circle(circle: Sequence[str]) -> str:
    """The rule that a circle breaks, with all of it named."""
    said = "itself" if len(circle) == 2 else "itself in a circle"
    return f"{circle[0]} depends on {said}: {' → '.join(circle)}"


def not_there(key: str, missing: Sequence[str]) -> str:
    """The rule that a dependency on nothing breaks."""
    return f"{key} depends on {', '.join(missing)}, which is no milestone of the project"


def _walked(after: Mapping[str, Collection[str]]) -> tuple[list[str], list[str]]:
    """The order, or the circle that forbids one. Depth first, without recursion: a chain may be
    longer than Python's stack."""
    found: list[str] = []
    settled: set[str] = set()
    for first in after:
        trail: list[str] = []
        on_trail: set[str] = set()
        waiting = [(first, False)]
        while waiting:
            key, left = waiting.pop()
            if left:
                trail.pop()
                on_trail.discard(key)
                settled.add(key)
                found.append(key)
                continue
            if key in settled:
                continue
            if key in on_trail:
                return [], [*trail[trail.index(key) :], key]
            trail.append(key)
            on_trail.add(key)
            waiting.append((key, True))
            waiting.extend((each, False) for each in sorted(after[key], reverse=True))
    return found, []


def schedule(steps: Sequence[Step], start: date) -> Schedule:
    """The critical path of a project that begins on ``start``.

    Raises:
        Invalid: as ``in_order``; there is no milestone; it ends beyond the calendar.
    """
    try:
        return _scheduled(steps, start)
    except OverflowError as error:
        rule = f"the plan goes beyond the year {date.max.year}"
        raise Invalid("no schedule", {"days": [rule]}) from error


def _scheduled(steps: Sequence[Step], start: date) -> Schedule:
    if not steps:
        raise Invalid("no schedule", {"milestones": ["there is none yet"]})
    by_key = {each.key: each for each in steps}
    order = in_order({each.key: each.after for each in steps})
    early: dict[str, date] = {}
    for key in order:
        early[key] = _reached(by_key[key], early, start)
    finish = max(early.values())
    late = dict.fromkeys(order, finish)
    for key in reversed(order):
        step = by_key[key]
        if step.done_on is not None:
            continue
        begins = late[key] - timedelta(days=step.days)
        for each in step.after:
            late[each] = min(late[each], begins)
    timings = {}
    for key in order:
        if by_key[key].done_on is not None:
            timings[key] = Timing(early[key], early[key], 0, critical=False)
            continue
        slack = (late[key] - early[key]).days
        timings[key] = Timing(early[key], late[key], slack, critical=slack == 0)
    return Schedule(timings, finish)


def slipping(steps: Sequence[Step], start: date, key: str, days: int) -> dict[str, int]:
    """What else moves when a milestone slips: by milestone, by how many days, itself first.

    Args:
        key: of one that is not reached.
        days: by how many it slips; 1 or more.

    Raises:
        Invalid: as ``schedule``; there is no such milestone; it is reached.
    """
    before = schedule(steps, start)
    step = next((each for each in steps if each.key == key), None)
    if step is None:
        raise Invalid("no such milestone", {"milestone": [f"{key} is none of the project"]})
    if step.done_on is not None:
        raise Invalid("it cannot slip", {"milestone": [f"{key} was reached on {step.done_on}"]})
    moved = before.timings[key].early + timedelta(days=days)
    later = Step(step.key, step.days, step.after, earliest=moved)
    after = schedule([later if each is step else each for each in steps], start)
    shifts = {
        each: (after.timings[each].early - before.timings[each].early).days
        for each in before.timings
    }
    others = sorted((each for each in shifts if each != key), key=lambda each: -shifts[each])
    return {each: shifts[each] for each in (key, *others) if shifts[each]}


def _reached(step: Step, early: Mapping[str, date], start: date) -> date:
    """The earliest day of a milestone whose predecessors' are known."""
    if step.done_on is not None:
        return step.done_on
    begins = max((early[each] for each in step.after), default=start)
    reached = begins + timedelta(days=step.days)
    return reached if step.earliest is None else max(reached, step.earliest)
