"""When a project will be done if it goes on as it has gone so far.

The method is earned schedule (W. Lipke, "Schedule is Different", The Measurable News, 2003): at
each milestone that was reached stands how many days of the plan had been earned by then, beside how
many days it took. Their ratio is the project's pace; what is left of the plan, at that pace, is
what is left to wait. The interval is that of a ratio whose scatter grows with the days (weighted
least squares through the origin): eight cases of ten lie in it, if the project stays as it was.

It uses nothing but the project's own history. A milestone that is overdue by its own pace counts as
reached today at best, so that a project which stands still does not keep its old forecast.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Final
from uuid import UUID

from palika.text import Name
from services.warroom.domain.facts import Basis, Forecast, Milestone

LEAST: Final = 3
"""Stretches of the past without which there is no forecast."""
_NO_DAY: Final = 1e-6
"""What is left of a day by the roundings on the way is none."""
FARTHEST_DAYS: Final = 40 * 365
"""What is farther off is no forecast."""

TOO_FEW, NO_PLAN, TOO_SCATTERED = "too_few", "no_plan", "too_scattered"
WHY: Final[Mapping[str, Name]] = {
    TOO_FEW: Name(
        "सांगता येत नाही: पूर्ण झालेले टप्पे पुरेसे नाहीत",
        "cannot tell: too few milestones were reached",
    ),
    NO_PLAN: Name(
        "सांगता येत नाही: टप्प्यांना भार किंवा नियोजित कालावधी नाही",
        "cannot tell: the milestones have no weight, or the plan no length",
    ),
    TOO_SCATTERED: Name(
        "सांगता येत नाही: आतापर्यंतची गती फार अनियमित आहे",
        "cannot tell: the pace so far is too irregular",
    ),
}
"""Why it cannot be told, by code."""

# Student's t, 0.90 one-sided: the two-sided 80 % interval, by degrees of freedom (any table of it).
_T: Final = (
    *(3.078, 1.886, 1.638, 1.533, 1.476, 1.440, 1.415, 1.397, 1.383, 1.372),
    *(1.363, 1.356, 1.350, 1.345, 1.341, 1.337, 1.333, 1.330, 1.328, 1.325),
)
_T_BEYOND: Final = 1.303


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of the past: days of the plan that were earned, and the days that it took."""

    planned: float
    took: float


def by_pace(
    milestones: Mapping[UUID, Milestone], start: date, today: date, widest_days: int
) -> Forecast:
    """The forecast of a project that began on ``start``, as of ``today``.

    Args:
        widest_days: a forecast whose interval is wider says nothing: it cannot be told.

    Returns:
        One with ``finish_on`` None and ``cannot`` where it cannot be told. Of a project that is
        done the day on which it was.
    """
    known = list(milestones.values())
    left = {key: each for key, each in milestones.items() if each.done_on is None}
    if not known:
        return _cannot(NO_PLAN)
    if not left:
        done = max(each.done_on for each in known if each.done_on)
        return Forecast(Basis.PACE, done, done, done)
    curve = _plan(known, start)
    if not curve:
        return _cannot(NO_PLAN)
    stretches, earned, last = _past(known, curve, start, today)
    if len(stretches) < LEAST:
        return _cannot(TOO_FEW)
    running = _running(curve, earned, (today - last).days, stretches)
    if running is not None:
        stretches = [*stretches, running]
        earned, last = earned + running.planned, today
    pace, error = _pace(stretches)
    end = max(_offset(each, start) for each in known)
    lowest = _lengths(max(0.0, end - earned), pace, error, stretches)
    if lowest.high > FARTHEST_DAYS or lowest.high - lowest.low > widest_days:
        return _cannot(TOO_SCATTERED)
    days = {
        key: _day(last, max(0.0, _offset(each, start) - earned) * pace, today)
        for key, each in left.items()
    }
    finish = max(_day(last, lowest.mean, today), *days.values())
    return Forecast(
        Basis.PACE,
        finish,
        min(finish, _day(last, lowest.low, today)),
        max(finish, _day(last, lowest.high, today)),
        milestones=days,
    )


def _plan(known: Sequence[Milestone], start: date) -> list[tuple[float, int]]:
    """The planned curve: weights by days from the start; empty if it has none, or no length."""
    whole = sum(each.weight for each in known)
    if not whole or max(_offset(each, start) for each in known) <= 0:
        return []
    found = [(0.0, 0)]
    for each in sorted(known, key=lambda one: one.planned_on):
        day = max(0.0, _offset(each, start))
        part = found[-1][1] + each.weight
        if found[-1][0] == day and len(found) > 1:
            found[-1] = (day, part)
        else:
            found.append((day, part))
    return found


def _past(
    known: Sequence[Milestone], curve: Sequence[tuple[float, int]], start: date, today: date
) -> tuple[list[Stretch], float, date]:
    """The stretches from each day on which milestones were reached to the next, the days of the
    plan that are earned, and the last of those days."""
    days = sorted({each.done_on for each in known if each.done_on and each.done_on <= today})
    stretches: list[Stretch] = []
    before, earned, last = start, 0.0, start
    for day in days:
        part = sum(each.weight for each in known if each.done_on and each.done_on <= day)
        reached = _earned_schedule(curve, part)
        if reached > earned and day > before:
            stretches.append(Stretch(reached - earned, (day - before).days))
            before, earned = day, reached
        last = max(last, day)
    return stretches, earned, last


def _earned_schedule(curve: Sequence[tuple[float, int]], part: int) -> float:
    """After how many days the plan has earned this weight: between two points as on a line."""
    for (day, low), (next_day, high) in pairwise(curve):
        if part <= high:
            share = (part - low) / (high - low) if high > low else 1.0
            return day + max(0.0, min(1.0, share)) * (next_day - day)
    return curve[-1][0]


def _running(
    curve: Sequence[tuple[float, int]], earned: float, waited: int, past: Sequence[Stretch]
) -> Stretch | None:
    """The stretch that is not over, where it has taken longer than the pace allows already."""
    pace, _ = _pace(past)
    ahead = next((day for day, _ in curve if day > earned + 1e-9), None)
    if ahead is None or waited <= (ahead - earned) * pace:
        return None
    return Stretch(ahead - earned, waited)


@dataclass(frozen=True, slots=True)
class _Lengths:
    mean: float
    low: float
    high: float


def _pace(past: Sequence[Stretch]) -> tuple[float, float]:
    """Days taken for a planned one, and the scatter of that."""
    planned = sum(each.planned for each in past)
    pace = sum(each.took for each in past) / planned
    if len(past) < 2:
        return pace, 0.0
    scatter = sum((each.took - pace * each.planned) ** 2 / each.planned for each in past)
    return pace, math.sqrt(scatter / (len(past) - 1))


def _lengths(left: float, pace: float, error: float, past: Sequence[Stretch]) -> _Lengths:
    """What is left to wait: its mean, and between which lengths it is in eight cases of ten."""
    planned = sum(each.planned for each in past)
    freedom = len(past) - 1
    t = _T[freedom - 1] if freedom <= len(_T) else _T_BEYOND
    half = t * error * math.sqrt(left + left * left / planned)
    mean = left * pace
    return _Lengths(mean, max(0.0, mean - half), mean + half)


def _offset(milestone: Milestone, start: date) -> float:
    return float((milestone.planned_on - start).days)


def _day(since: date, days: float, today: date) -> date:
    """A day ahead; what is not reached comes today at the earliest."""
    return max(today, since + timedelta(days=min(FARTHEST_DAYS, math.ceil(days - _NO_DAY))))


def _cannot(why: str) -> Forecast:
    return Forecast(Basis.PACE, None, cannot=why)
