"""How far a project is, by plan and in fact: earned value with milestones counted whole or not.

A milestone's weight is earned on the day it is reached, and no part of it before (the 0/100 rule of
earned value management, ANSI/EIA-748).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from uuid import UUID

from services.warroom.domain.facts import Basis, Forecast, Milestone, Project, Stage, State
from services.warroom.domain.schedule import Schedule, Step, schedule, slipping


@dataclass(frozen=True, slots=True)
class Earned:
    """Parts of the whole, from 0 to 1, on a day; exact, for they are held against thresholds.

    Attributes:
        planned: that should have been reached.
        earned: that was.
    """

    planned: Fraction
    earned: Fraction

    @property
    def index(self) -> Fraction | None:
        """Earned ÷ planned, the schedule performance index; None while nothing was due."""
        return self.earned / self.planned if self.planned else None


def earned(milestones: Collection[Milestone], day: date) -> Earned | None:
    """How far the work is on a day; None: no milestone has a weight.

    What is planned for the day itself was to be reached once that is over, or as soon as it is
    reached: a project on its plan is not behind it on the morning of a milestone's day.
    """
    whole = sum(each.weight for each in milestones)
    if not whole:
        return None
    planned = sum(
        each.weight
        for each in milestones
        if each.planned_on < day or (each.planned_on == day and each.done_on)
    )
    done = sum(each.weight for each in milestones if each.done_on and each.done_on <= day)
    return Earned(Fraction(planned, whole), Fraction(done, whole))


def steps(project: Project, milestones: Mapping[UUID, Milestone], day: date) -> list[Step]:
    """The milestones as the critical path takes them, on a day: what is not reached by then comes
    no earlier than its owner expects it, or by plan, and not before that day."""
    found = []
    for key, each in milestones.items():
        after = tuple(str(one) for one in each.after)
        earliest = None if each.done_on else max(each.expected_on, day)
        days = work_days(project, milestones, each)
        found.append(Step(str(key), days, after, earliest, each.done_on))
    return found


def work_days(project: Project, milestones: Mapping[UUID, Milestone], one: Milestone) -> int:
    """How many calendar days the work for a milestone takes: as it says, or as the plan has."""
    if one.days is not None:
        return one.days
    before = [milestones[each].planned_on for each in one.after if each in milestones]
    return max(0, (one.planned_on - max(before, default=project.starts_on)).days)


def expected(state: State, day: date) -> Schedule | None:
    """The schedule as its owner expects it on a day; None: there is no milestone."""
    if not state.milestones:
        return None
    return schedule(steps(state.project, state.milestones, day), state.project.starts_on)


def days_expected(state: State, day: date) -> dict[UUID, date]:
    """When each milestone was reached or, as all that it depends on and its owner's word have it on
    a day, will be: never before that day, and never before what it depends on."""
    found = expected(state, day)
    return {} if found is None else {key: found.timings[str(key)].early for key in state.milestones}


def moves(state: State, day: date, milestone: UUID, days: int) -> dict[str, int]:
    """What moves when a milestone slips, as ``schedule.slipping``."""
    all_of_them = steps(state.project, state.milestones, day)
    return slipping(all_of_them, state.project.starts_on, str(milestone), days)


def whole_percent(share: Fraction) -> int:
    """A part of the whole (1) in per cent as it is told everywhere: not rounded up, for all of it
    is planned, done or spent when it is, and not before."""
    return int(share * 100)


def planned_end(milestones: Collection[Milestone]) -> date | None:
    """When the plan ends."""
    return max((each.planned_on for each in milestones), default=None)


def stage_of(state: State, stages: Sequence[Stage]) -> Stage | None:
    """Where the project is in its life: the first stage with a milestone that is not reached; the
    last that has one, when all are. None: there is no milestone."""
    own = state.project.stages or tuple(stages)
    left = {each.stage for each in state.milestones.values() if each.done_on is None}
    every = {each.stage for each in state.milestones.values()}
    open_ones = [each for each in own if each.code in left]
    if open_ones:
        return open_ones[0]
    done = [each for each in own if each.code in every]
    return done[-1] if done else None


def official(state: State, day: date) -> Forecast | None:
    """When its owner expects the project to be done; None: there is no milestone."""
    found = expected(state, day)
    if found is None:
        return None
    left = {
        key: found.timings[str(key)].early
        for key, each in state.milestones.items()
        if each.done_on is None
    }
    return Forecast(Basis.OFFICIAL, found.finish, milestones=left)
