"""What the city promises and allows, and what time makes of it: its catalogue, calendar, ladder and
policy taken together, for a grievance as it stands.
"""

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from palika.errors import Invalid
from services.grievance.domain import escalation, lifecycle, promise
from services.grievance.domain.attributes import check
from services.grievance.domain.calendar import ROUND_THE_CLOCK, WorkingTime
from services.grievance.domain.catalogue import Routing
from services.grievance.domain.escalation import ClockState, Due
from services.grievance.domain.lifecycle import State
from services.grievance.domain.promise import Clock, Promise
from services.grievance.models import Grievance
from services.grievance.reference import calendar, city, matrix, policy

_log = logging.getLogger(__name__)
_warned: set[int] = set()


@dataclass(frozen=True, slots=True)
class Promised:
    """How many minutes, of the promise's kind, and until when."""

    minutes: int
    due_at: datetime


def promised(filed_at: datetime, routing: Routing, *, paused: int = 0) -> Promised:
    """What is promised for a grievance filed then; the ``paused`` minutes do not count."""
    clock = Clock.ROUND_THE_CLOCK if routing.round_the_clock else Clock.WORKING
    made = Promise(routing.sla_hours * 60, clock)
    due_at = made.due_at(filed_at, calendar(), paused=paused)
    if due_at.year not in _warned and not made.time(calendar()).covers(due_at.year):
        _warned.add(due_at.year)
        _log.warning("the calendar knows no holidays of %s, and something is due then", due_at.year)
    return Promised(made.minutes, due_at)


def resumed(category: str, due_at: datetime, paused_at: datetime, now: datetime) -> Promised:
    """The due time of what has waited, and for how many minutes it has."""
    time = time_of(category)
    waited = max(time.between(paused_at, now), 0)
    return Promised(waited, promise.resume(due_at, paused_at, now, time))


def waited_otherwise(category: str, paused_at: datetime, now: datetime) -> int:
    """How many minutes have passed of the kind that this category's promise does not count."""
    other = calendar() if is_round_the_clock(category) else ROUND_THE_CLOCK
    return max(other.between(paused_at, now), 0)


def is_round_the_clock(category: str) -> bool:
    """Whether a category is worked on day and night; one that is not (or no more) known is as the
    fallback."""
    return city().subcategories.get(category, city().fallback).round_the_clock


def time_of(category: str) -> WorkingTime:
    """Whose time counts for a category."""
    return ROUND_THE_CLOCK if is_round_the_clock(category) else calendar()


def clock_of(grievance: Grievance) -> ClockState:
    """What the clock has to know of it."""
    return ClockState(
        state=State(grievance.state),
        department=grievance.department,
        priority=grievance.priority,
        minutes=grievance.promised_minutes,
        due_at=grievance.due_at,
        closes_at=_closes_at(grievance),
        due_soon_at=grievance.due_soon_at,
        breached_at=grievance.breached_at,
        level=grievance.escalation_level,
        wait_until=ends_waiting(grievance),
        appeal_decide_by=grievance.appeal_decide_by,
    )


def due(grievance: Grievance, now: datetime) -> list[Due]:
    """All that is due of it by now, in the order in which it fell due."""
    time = time_of(grievance.category)
    return escalation.what_is_due(clock_of(grievance), now, time, matrix(), policy())


def next_clock(grievance: Grievance) -> datetime | None:
    """When there is something to do with it next; None: never, as it stands."""
    time = time_of(grievance.category)
    return escalation.next_moment(clock_of(grievance), time, matrix(), policy())


def post_at(level: int) -> str:
    """The post that a level of the ladder is; a ladder that has become shorter ends at its top."""
    rungs = matrix()
    return rungs.levels[min(level, rungs.top)].post


def authority(appeal_level: int) -> tuple[str, int]:
    """The post of the ladder that decides an appeal to a level (from 1), and its own level there;
    the lowest one where the city names none."""
    posts = [each.post for each in matrix().levels]
    named = policy().authority_of(appeal_level)
    at = posts.index(named) if named in posts else 0
    return posts[at], at


def checked(args: Mapping[str, Any], *, anonymous: bool) -> dict[str, Any]:
    """The arguments of a filing, with what the sub-category asks for found right.

    Raises:
        Invalid: no such category, an attribute that does not fit, or nobody may file it unnamed.
    """
    known = city().subcategory(args["category"])
    if anonymous and not known.anonymous:
        raise Invalid(
            "this cannot be filed anonymously",
            {"anonymous": [f"{known.code} is taken from known citizens only"]},
        )
    as_text = args.get("attributes_as_text", False)
    return {**args, "attributes": check(known.fields, args["attributes"], from_text=as_text)}


def needs_evidence(category: str) -> bool:
    """Whether a resolution must be shown; one of a category that is not (or no more) known not."""
    known = city().subcategories.get(category)
    return known is not None and known.evidence


def reopen_until(resolved_at: datetime) -> datetime:
    """The last moment at which a resolution may be taken back."""
    return lifecycle.reopen_until(resolved_at, policy().reopen_days)


def wait_until(asked_at: datetime) -> datetime:
    """Until when a citizen is waited for who was asked something."""
    return lifecycle.wait_until(asked_at, policy().wait_days)


def closes_at(said_at: datetime) -> datetime:
    """When silence closes a resolution of which its citizen said something last at that moment, or
    which was made then."""
    return lifecycle.closes_at(said_at, policy().close_after_days)


def rejection_name(code: str) -> dict[str, str]:
    """What a reason is called, by language; one that the policy has not is its own name."""
    known = policy().rejections.get(code)
    return _bare(code) if known is None else asdict(known.name)


def department_name(code: str) -> dict[str, str]:
    """What a department is called, by language; a foreign one is its own name."""
    known = city().departments.get(code)
    return _bare(code) if known is None else asdict(known)


def ward_name(code: str) -> dict[str, str]:
    """What a ward is called, by language; a foreign one, or one that is no more, is its own."""
    known = city().wards.get(code)
    return _bare(code) if known is None else asdict(known.name)


def ends_waiting(grievance: Grievance) -> datetime | None:
    """Until when it waits for its citizen, if it does.

    As it is stored, or, where the release before has asked, as that had it; what is over when it
    begins to wait is of a wait before, which that release has ended.
    """
    if grievance.paused_at is None:
        return None
    if grievance.wait_until is not None and grievance.wait_until > grievance.paused_at:
        return grievance.wait_until
    return wait_until(grievance.paused_at)


def _closes_at(grievance: Grievance) -> datetime | None:
    """As it is stored, or, where the release before has resolved it and nobody has spoken of it
    since, as that had it."""
    known, resolved_at = grievance.closes_at, grievance.resolved_at
    if known is not None or resolved_at is None or grievance.officer is None:
        return known
    if grievance.spoken_at is not None and grievance.spoken_at >= resolved_at:
        return None
    return closes_at(resolved_at)


def _bare(code: str) -> dict[str, str]:
    bare = code.partition(":")[2] or code
    return {"mr": bare, "en": bare}
