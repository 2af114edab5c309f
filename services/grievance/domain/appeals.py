"""Appeals beside the promise: the levels and clocks of the Right to Public Services.

A citizen may appeal against a rejection, against a promise that ran out, against a resolution that
is none, and against being merged into what is not the same. The next level may be appealed to
against an order that dismissed the appeal, or when none was given in time; after one that upheld
it, when the grievance is late all the same.

Days are days of the calendar in India. The day from which a period runs is not counted; where its
last day finds the office closed, it is the next day on which the office opens (Maharashtra General
Clauses Act, 1904, sections 10 and 11: the Right to Public Services Act is the State's, and the
General Clauses Act, 1897 is for those of Parliament). Whoever was kept from appealing in time may
give the reason, up to a limit of its own; the authority judges it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from palika.errors import Conflict, Invalid
from palika.india import day_of, end_of
from palika.text import Name
from services.grievance.domain.calendar import Calendar
from services.grievance.domain.lifecycle import DONE, OPEN, State
from services.grievance.domain.plain import keys, name, one_of, sequence, whole

MOST_LEVELS = 3


@dataclass(frozen=True, slots=True)
class AppealLevel:
    """One level.

    Attributes:
        name: the authority.
        within_days: to appeal in, from what is appealed against.
        without_order_days: to appeal in, from the appeal to the level below, if it gives no order.
        late_days: to appeal in with a reason for the delay.
        decide_days: to decide in, from the appeal.
        decided_by: the rung of the escalation ladder whose post decides it, or enters the order of
            an authority outside the corporation; None: the city names none.
    """

    name: Name
    within_days: int
    without_order_days: int
    late_days: int
    decide_days: int
    decided_by: str | None = None


AppealRules = tuple[AppealLevel, ...]
"""The levels, the first first."""


class Outcome(StrEnum):
    """How an appeal is decided; ``LAPSED``: by nobody, for its citizen wants nothing more of it."""

    UPHELD = "upheld"
    DISMISSED = "dismissed"
    LAPSED = "lapsed"


DECISIONS = (Outcome.UPHELD, Outcome.DISMISSED)
"""What an authority may decide."""
OUTCOME_NAMES = {
    Outcome.UPHELD: {"mr": "मान्य", "en": "upheld"},
    Outcome.DISMISSED: {"mr": "अमान्य", "en": "dismissed"},
    Outcome.LAPSED: {"mr": "व्यपगत (अर्जदाराची मागणी राहिली नाही)", "en": "lapsed"},
}


class Ground(StrEnum):
    """What is appealed against."""

    REJECTED = "rejected"
    OVERDUE = "overdue"
    NOT_PUT_RIGHT = "not_put_right"
    ORDER = "order"
    NO_ORDER = "no_order"
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class Case:
    """What an appeal has to know of the grievance of that ``number``.

    ``ended_at`` is when it was rejected; of a merged one, when it was merged or, if that has ended
    since, when its original was put right or rejected.
    """

    number: str
    state: State
    due_at: datetime
    paused_at: datetime | None = None
    resolved_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Appealed:
    """An appeal made before: the first of a grievance to level 1, the next to level 2, …

    ``decided_at`` of one that ``lapsed`` is when: nobody has ordered anything.
    """

    appealed_at: datetime
    decide_by: datetime
    decided_at: datetime | None = None
    upheld: bool = False
    lapsed: bool = False


@dataclass(frozen=True, slots=True)
class Admission:
    """An appeal that may be made: to which level (from 1), against what, until when without and
    with a reason for the delay."""

    level: int
    ground: Ground
    last_day: date
    last_day_with_reason: date


def may_appeal(
    case: Case,
    earlier: Sequence[Appealed],
    now: datetime,
    calendar: Calendar,
    rules: AppealRules,
    *,
    reason: str | None = None,
) -> Admission:
    """The appeal that is open to the citizen now.

    Args:
        case: the grievance.
        earlier: its appeals so far, in the order of their levels.
        now: the present moment.
        calendar: tells when the office is closed.
        rules: the levels.
        reason: why the citizen could not appeal in time.

    Raises:
        Conflict: there is nothing to appeal against (yet), or no level above; too late: the message
            says which day was the last.
        Invalid: it is late, and there is no reason: the same, and until when one can be given.
    """
    if len(earlier) >= len(rules):
        raise Conflict(
            f"{case.number} has been through every level of appeal", {"levels": len(rules)}
        )
    level = rules[len(earlier)]
    ground, since, days = _against(case, earlier, now, level)
    last = _last_day(since, days, calendar)
    latest = _last_day(since, max(days, level.late_days), calendar)
    today = day_of(now)
    if today > latest:
        raise Conflict(
            f"the last day to appeal was {last}, and {latest} with a reason for the delay",
            {"last_day": str(last), "last_day_with_reason": str(latest)},
        )
    if today > last and not (reason and reason.strip()):
        raise Invalid(
            "late for an appeal",
            {
                "reason": [
                    f"the last day was {last}; until {latest} a reason for the delay is taken"
                ]
            },
        )
    return Admission(len(earlier) + 1, ground, last, latest)


def decide_by(
    appealed_at: datetime, level: int, calendar: Calendar, rules: AppealRules
) -> datetime:
    """The last second of the last day on which an appeal to ``level`` (from 1) is decided in time:
    who is shown its day must not read the next one's."""
    return _last_second(_last_day(appealed_at, rules[level - 1].decide_days, calendar))


def _against(
    case: Case, earlier: Sequence[Appealed], now: datetime, level: AppealLevel
) -> tuple[Ground, datetime, int]:
    """What is appealed against, from when its days run, and how many they are."""
    if earlier:
        below = earlier[-1]
        if below.decided_at is not None:
            # What the office has done since the order is judged anew, and not by who judged before.
            since = _ended(case)
            if since is not None and since[1] > below.decided_at:
                return *since, level.within_days
            anew = below.upheld or below.lapsed or case.due_at > below.decided_at
            if anew and _is_late(case, now):
                return Ground.OVERDUE, max(case.due_at, below.decided_at), level.within_days
            if below.lapsed:
                raise Conflict(
                    f"the appeal to level {len(earlier)} lapsed on {day_of(below.decided_at)}, as "
                    "its citizen was satisfied; the next is possible if it is late after that, "
                    "rejected, or said to be put right and is not",
                    {"decided_at": below.decided_at.isoformat(), "level": len(earlier)},
                )
            if below.upheld:
                raise Conflict(
                    f"the appeal to level {len(earlier)} was upheld on "
                    f"{day_of(below.decided_at)}; the next is possible if it is late after that, "
                    "rejected, or said to be put right and is not",
                    {"decided_at": below.decided_at.isoformat(), "level": len(earlier)},
                )
            return Ground.ORDER, below.decided_at, level.within_days
        if now <= below.decide_by:
            day = day_of(below.decide_by)
            raise Conflict(
                f"the appeal to level {len(earlier)} is to be decided by {day}; the next is "
                "possible after its order, or after that day if there is none",
                {"decide_by": str(day), "level": len(earlier)},
            )
        return Ground.NO_ORDER, below.appealed_at, level.without_order_days
    ended = _ended(case)
    if ended is not None:
        return *ended, level.within_days
    if _is_late(case, now):
        return Ground.OVERDUE, case.due_at, level.within_days
    if case.state in OPEN:
        raise Conflict(
            f"{case.number} is not due before {day_of(case.due_at)}; an appeal is possible if it "
            "is late then, rejected, or said to be put right and is not",
            {"due_at": case.due_at.isoformat()},
        )
    raise Conflict(
        f"{case.number} is {case.state}: there is nothing to appeal against",
        {"status": str(case.state)},
    )


def _ended(case: Case) -> tuple[Ground, datetime] | None:
    if case.state is State.REJECTED and case.ended_at is not None:
        return Ground.REJECTED, case.ended_at
    if case.state is State.MERGED and case.ended_at is not None:
        return Ground.MERGED, case.ended_at
    if case.state in DONE and case.resolved_at is not None:
        return Ground.NOT_PUT_RIGHT, case.resolved_at
    return None


def _is_late(case: Case, now: datetime) -> bool:
    return case.state in OPEN and (case.paused_at or now) > case.due_at


def _last_second(day: date) -> datetime:
    return end_of(day) - timedelta(seconds=1)


def _last_day(since: datetime, days: int, calendar: Calendar) -> date:
    return calendar.next_working_day(day_of(since) + timedelta(days=days))


def appeal_rules(raw: Any, rungs: Collection[str]) -> AppealRules:
    """Make the levels of what a city wrote (``appeals`` of ``data/policy.yaml``).

    Args:
        raw: what was read.
        rungs: the posts of the escalation ladder.

    Raises:
        ValueError: something is missing or breaks a rule; the message says where.
    """
    levels: list[AppealLevel] = []
    for number, each in enumerate(sequence("appeals", raw), 1):
        place = f"appeals, {number}"
        upper = number > 1
        needed = ("mr", "en", "within_days", "late_days", "decide_days")
        keys(place, each, (*needed, *(("without_order_days",) if upper else ())), ("decided_by",))
        within = _days(place, each, "within_days")
        without = _days(place, each, "without_order_days") if upper else within
        late = _days(place, each, "late_days")
        if late < within:
            raise ValueError(f"{place}: late_days ({late}) must not be less than within_days")
        if upper and without <= levels[-1].decide_days:
            raise ValueError(
                f"{place}: without_order_days ({without}) must be more than the "
                f"{levels[-1].decide_days} days in which the level below decides"
            )
        decide = _days(place, each, "decide_days")
        by = each.get("decided_by")
        if by is not None:
            by = one_of(f"{place}, decided_by", by, tuple(rungs))
        levels.append(AppealLevel(name(place, each), within, without, late, decide, by))
    if not levels:
        raise ValueError("appeals: at least one level is needed")
    if len(levels) > MOST_LEVELS:
        raise ValueError(
            f"appeals: there are {len(levels)} levels, and at most {MOST_LEVELS} are kept"
        )
    return tuple(levels)


def _days(place: str, raw: Any, key: str) -> int:
    return whole(f"{place}, {key}", raw[key], 1, 3_650)
