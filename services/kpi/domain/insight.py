"""What is worth telling of a KPI: it is red, it stagnates, it left its seasonal band.

Each is worked out anew from the values alone, so whoever looks, and when, finds the same. What is
told has hysteresis: an alert that is open (`Held`) ends only when it is clearly over.

    red       the value is red; of a running period too, once enough of it is over. Over: the
              goal is reached in a period that has ended, or it was not red in so many.
    stagnant  not one of the last n periods was nearer to the goal than the one before them.
              Over: it is nearer by a margin, or there.
    season    the value is out of: that of the year before + the usual change of a year's time,
              give or take k robust standard deviations of it. Over: within by a margin, or for
              so many periods.

What of a value can be judged at all, `judging.py` says, to whoever shows it too. Where too
little is known, `CannotTell` says why.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from services.kpi.domain.alert_rules import SEASONS, AlertRules
from services.kpi.domain.flows import STANDS, growth
from services.kpi.domain.forecasting.outcome import CannotTell
from services.kpi.domain.goals import gap, goal, paced
from services.kpi.domain.indicators import Aim, Indicator
from services.kpi.domain.judging import judge_over
from services.kpi.domain.period import Period, period
from services.kpi.domain.robust import spread

RED, STAGNANT, SEASON = KINDS = ("red", "stagnant", "season")

Facts = Mapping[str, float | str]
"""The numbers in the words; the codes of periods."""


class Point(NamedTuple):
    """A value of a period; None: there is none. `partial`: some of it is missing, and it is there
    for its colour alone, which that cannot change."""

    period: Period
    value: Fraction | None
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is so.

    Attributes:
        kind: one of `KINDS`.
        reason: a key of the words (`insight_words.py`).
        period: of which the value is.
        running: whether it still runs.
        aim: what was to be reached.
        band: between what values it was expected.
    """

    kind: str
    reason: str
    period: Period
    value: Fraction
    running: bool = False
    aim: Aim | None = None
    band: tuple[float, float] | None = None
    facts: Facts = field(default_factory=dict)


class Held(NamedTuple):
    """An open alert, by what is needed to see whether it is over: the code of its period, and its
    facts."""

    period: str
    facts: Facts


@dataclass(frozen=True, slots=True)
class Seen:
    """A KPI as it is.

    Attributes:
        found: what is so, if it is.
        over: where an alert was held: what ended it.
        unclear: why nothing can be said.
    """

    found: Finding | None = None
    over: Finding | None = None
    unclear: CannotTell | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """A KPI's values: of consecutive periods that have ended, the oldest first; and of the one
    that runs on `day`."""

    indicator: Indicator
    ended: Sequence[Point]
    running: Point | None
    day: date


def look(kind: str, story: Story, rules: AlertRules, held: Held | None = None) -> Seen:
    """Look for one kind of thing; with `held`, also for its end.

    Nothing ends while it is found, and nothing ends by what is not known, or by a value that is not
    judged: a share above the whole.
    """
    if kind != RED:
        story = _whole(story)
    found = _FOUND[kind](story, rules)
    if isinstance(found, Finding):
        return Seen(found=found)
    over = None
    if held is not None:
        begun = period(held.period).first
        since = [each for each in story.ended if each.period.first >= begun]
        since = [each for each in since if _status(story, each) not in ("no data", "not judged")]
        over = _OVER[kind](story, rules, held, since) if since else None
    return Seen(over=over, unclear=found)


# ---- red


def _red(story: Story, rules: AlertRules) -> Finding | CannotTell | None:
    newest = _newest(story, rules)
    if newest is not None and _status(story, newest) == "red":
        return _judged(story, newest, RED, "red")
    running = story.running
    status = None if running is None else _status_so_far(story, running, rules)
    if running is not None and status == "red":
        return _judged(story, running, RED, "red_running", running=True)
    return CannotTell("not_up_to_date") if newest is None and status is None else None


def _red_over(
    story: Story, rules: AlertRules, held: Held, since: Sequence[Point]
) -> Finding | None:
    if _status(story, since[-1]) == "green":
        return _judged(story, since[-1], RED, "green_again")
    last = since[-rules.calm :]
    if len(last) == rules.calm and all(_status(story, each) != "red" for each in last):
        return _judged(story, since[-1], RED, "red_no_more", {"periods": rules.calm})
    return None


def _status_so_far(story: Story, running: Point, rules: AlertRules) -> str | None:
    """The status of the running period; None: there is none yet, or (a rate) too little of the
    period is over to tell anybody."""
    status = judge_over(story.indicator, running.value, running.period, story.day).status
    if status in ("not judged", "no data"):
        return None
    stands = growth(story.indicator.formula) == STANDS
    if stands and running.period.over(story.day) < rules.running_from:
        return None
    return status


# ---- stagnation


def _stagnant(story: Story, rules: AlertRules) -> Finding | CannotTell | None:
    indicator = story.indicator
    newest = _newest(story, rules)
    if newest is None:
        return CannotTell("not_up_to_date")
    aim = goal(indicator, newest.period)
    if paced(indicator):
        return CannotTell("builds_up")
    if aim is None:
        return CannotTell("no_target")
    off = gap(indicator, aim)
    if not off(float(newest.value or 0)) or _status(story, newest) == "green":
        return None
    count = rules.stagnant[indicator.frequency]
    upto = story.ended.index(newest) + 1
    window = story.ended[max(upto - count - 1, 0) : upto]
    known = [(each, float(each.value)) for each in window if each.value is not None]
    if len(known) < count + 1:
        return CannotTell("too_short", {"periods": len(known), "needed": count + 1})
    (before, reference), *later = known
    nearest = min(later, key=lambda each: off(each[1]))
    lacking = off(reference)
    least = off(nearest[1])
    if not least or least < lacking * (1 - rules.improvement / 100):
        return None
    facts: Facts = {
        "periods": count,
        "reference": reference,
        "reference_period": before.period.code,
        "nearest": nearest[1],
        "nearest_period": nearest[0].period.code,
        "lacking": least,
    }
    return _judged(story, newest, STAGNANT, "stagnant", facts)


def _stagnant_over(
    story: Story, rules: AlertRules, held: Held, since: Sequence[Point]
) -> Finding | None:
    newest = since[-1]
    aim = goal(story.indicator, newest.period)
    if aim is None:
        return _judged(story, newest, STAGNANT, "no_goal_any_more")
    lacking = gap(story.indicator, aim)(float(newest.value or 0))
    if not lacking or _status(story, newest) == "green":
        return _judged(story, newest, STAGNANT, "goal_reached")
    before = float(held.facts["lacking"])
    if lacking <= before * (1 - rules.margin / 100):
        return _judged(story, newest, STAGNANT, "nearer", {"before": before, "lacking": lacking})
    return None


# ---- the season


class Band(NamedTuple):
    """What the season lets expect of a period, and the numbers behind it."""

    low: float
    high: float
    facts: dict[str, float | str]


def band(story: Story, at: int, rules: AlertRules) -> Band | CannotTell:
    """The seasonal band of the ended period at a place, from those before it."""
    season = SEASONS.get(story.indicator.frequency, 1)
    values = [None if each.value is None else float(each.value) for each in story.ended]
    before = values[at - season] if at >= season else None
    changes = [
        one - earlier
        for one, earlier in zip(values[season:at], values[: max(at - season, 0)], strict=False)
        if one is not None and earlier is not None
    ][-rules.back :]
    if len(changes) < rules.least:
        return CannotTell("too_short", {"periods": len(changes), "needed": rules.least})
    if before is None:
        return CannotTell("no_year_before", {"periods": len(values)})
    usual = spread(changes)
    if not usual.deviation:
        return CannotTell("never_varied", {"periods": len(changes)})
    middle, half = before + usual.middle, rules.width * usual.deviation
    facts: dict[str, float | str] = {
        "year_before": before,
        "year_before_period": story.ended[at - season].period.code,
        "change": usual.middle,
        "deviation": usual.deviation,
        "width": rules.width,
        "count": float(len(changes)),
    }
    return Band(middle - half, middle + half, facts)


def expected(story: Story, rules: AlertRules) -> tuple[Period, Band] | None:
    """The newest value's period and what the season lets expect of it; None: cannot be told."""
    story = _whole(story)
    newest = _newest(story, rules)
    found = None if newest is None else band(story, story.ended.index(newest), rules)
    return (newest.period, found) if newest is not None and isinstance(found, Band) else None


def _season(story: Story, rules: AlertRules) -> Finding | CannotTell | None:
    newest = _newest(story, rules)
    if newest is None or newest.value is None:
        return CannotTell("not_up_to_date")
    expected = band(story, story.ended.index(newest), rules)
    if isinstance(expected, CannotTell):
        return expected
    if expected.low <= newest.value <= expected.high:
        return None
    reason = "above_season" if newest.value > expected.high else "below_season"
    return _of_season(story, newest, expected, reason)


def _season_over(
    story: Story, rules: AlertRules, held: Held, since: Sequence[Point]
) -> Finding | None:
    calm = 0
    for each in reversed(since[-rules.calm :]):
        expected = band(story, story.ended.index(each), rules)
        if isinstance(expected, CannotTell) or each.value is None:
            return None
        if not expected.low <= each.value <= expected.high:
            return None
        middle, half = (expected.high + expected.low) / 2, (expected.high - expected.low) / 2
        if not calm and abs(float(each.value) - middle) <= half * (1 - rules.margin / 100):
            return _of_season(story, each, expected, "back_in_season")
        calm += 1
    if calm < rules.calm:
        return None
    newest = since[-1]
    expected = band(story, story.ended.index(newest), rules)
    assert isinstance(expected, Band)
    return _of_season(story, newest, expected, "back_in_season")


def _of_season(story: Story, at: Point, expected: Band, reason: str) -> Finding:
    aim = goal(story.indicator, at.period)
    ends = (expected.low, expected.high)
    return Finding(
        SEASON, reason, at.period, at.value or Fraction(0), False, aim, ends, expected.facts
    )


# ---- all


_FOUND = {RED: _red, STAGNANT: _stagnant, SEASON: _season}
_OVER = {RED: _red_over, STAGNANT: _stagnant_over, SEASON: _season_over}


def _whole(story: Story) -> Story:
    """The same without the values of which some is missing."""
    ended = [each._replace(value=None) if each.partial else each for each in story.ended]
    return replace(story, ended=ended)


def _newest(story: Story, rules: AlertRules) -> Point | None:
    """The newest value of an ended period, if it is fresh."""
    for each in reversed(story.ended[-rules.fresh :]):
        if each.value is not None:
            return each
    return None


def _status(story: Story, at: Point) -> str:
    return judge_over(story.indicator, at.value, at.period, story.day).status


def _judged(
    story: Story,
    at: Point,
    kind: str,
    reason: str,
    facts: Facts | None = None,
    *,
    running: bool = False,
) -> Finding:
    aim = goal(story.indicator, at.period)
    value = at.value or Fraction(0)
    return Finding(kind, reason, at.period, value, running, aim, None, facts or {})
