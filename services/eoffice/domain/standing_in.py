"""Standing in for another: leave with a linked officer, delegation of powers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from palika.errors import Conflict, Forbidden, Invalid
from palika.india import grouped
from services.eoffice.domain.letter_powers import PREFIX
from services.eoffice.domain.letters import Templates
from services.eoffice.domain.organisation import OWN, Actor, Organisation, on
from services.eoffice.domain.powers import Powers


class Standing(StrEnum):
    """Whether a leave or a delegation counts on a day."""

    CURRENT = "current"
    COMING = "coming"
    PAST = "past"
    """Over, or called off, or revoked."""

    @classmethod
    def of(cls, since: date, until: date | None, over: bool, day: date) -> "Standing":
        """What one of these days is on ``day``; ``over``: it was called off, or revoked."""
        if over or (until is not None and until < day):
            return cls.PAST
        return cls.COMING if since > day else cls.CURRENT


@dataclass(frozen=True, slots=True)
class LongestLeave:
    """How many days one leave has at most, both ends included, and by which rule."""

    days: int
    source: str


def longest_leave(raw: Mapping[str, Any]) -> LongestLeave:
    """The bound that a city wrote in ``data/leave.yaml``.

    Raises:
        ValueError: it is no number of days, or names no rule.
    """
    days, source = raw["longest"]["days"], raw["longest"]["source"]
    if not isinstance(days, int) or isinstance(days, bool) or days < 1:
        raise ValueError("longest: days must be a number from 1")
    if not isinstance(source, str) or not source:
        raise ValueError("longest: source must name the rule")
    return LongestLeave(days, source)


def check_leave(
    city: Organisation,
    person: str,
    linked: str,
    since: date,
    until: date,
    today: date,
    longest: LongestLeave,
) -> None:
    """Refuse a leave that leaves work with nobody. Who stands in must be there: chains are refused.

    Raises:
        Invalid: the days, or one of the two officers, cannot be.
        Conflict: one of them is away, or stands in for somebody, within these days; says who.
    """
    if since < today:
        raise Invalid("the day is past", {"since": [f"must be {today} or later"]})
    if until < since:
        raise Invalid("no such days", {"until": [f"must be {since} or later"]})
    if (length := (until - since).days + 1) > longest.days:
        rule = f"that is {grouped(length)} days; one leave is of {grouped(longest.days)} at most"
        raise Invalid("no leave is so long", {"until": [f"{rule} ({longest.source})"]})
    for field, code in (("person", person), ("linked", linked)):
        if code not in city.people:
            raise Invalid("no such officer", {field: [f"there is no officer {code!r}"]})
    if person == linked:
        raise Invalid("nobody stands in", {"linked": ["must be another officer"]})
    held = [each for each in city.holdings if each.person == linked]
    if not any(on(each, since) and on(each, until) for each in held):
        raise Invalid("nobody stands in", {"linked": [f"{linked} holds no post on all those days"]})
    for each in city.leaves:
        if each.until < since or each.since > until:
            continue
        days = f"from {each.since} to {each.until}"
        if each.person == person:
            raise Conflict(f"{person} is on leave {days} already", {"person": person})
        if each.person == linked:
            raise Conflict(f"{linked} is on leave {days}: name another", {"linked": linked})
        if each.linked == person:
            raise Conflict(
                f"{person} stands in for {each.person} {days}: end that first",
                {"person": person, "stands_in_for": each.person},
            )


def check_delegation(
    city: Organisation,
    powers: Powers,
    letters: Templates,
    who: Actor,
    to: str,
    what: Sequence[str],
    most_paise: int | None,
    since: date,
    until: date | None,
    today: date,
) -> None:
    """Refuse to delegate what is not one's own to give.

    Raises:
        Forbidden: who acts stands in for another, or has less under a head than the limit, or may
            not approve such letters.
        Invalid: the post, a head, a kind of letters or the days cannot be; or a limit is given and
            letters alone.
    """
    if who.capacity not in OWN:
        raise Forbidden(
            f"who stands in for {who.post.code} cannot delegate its powers",
            {"post": who.post.code, "capacity": str(who.capacity)},
        )
    if since < today:
        raise Invalid("the day is past", {"since": [f"must be {today} or later"]})
    if until is not None and until < since:
        raise Invalid("no such days", {"until": [f"must be {since} or later"]})
    if city.check_post(to, "to", since).code == who.post.code:
        raise Invalid("to whom?", {"to": ["must be another post"]})
    kinds = [each for each in what if each.startswith(PREFIX)]
    if most_paise is not None and len(kinds) == len(what):
        rule = "is of sanctions, and only letters are delegated"
        raise Invalid("a limit of nothing", {"most_paise": [rule]})
    for code in kinds:
        if not letters.power(code.removeprefix(PREFIX), "what").able.includes(who.post):
            raise Forbidden(
                f"{who.post.code} may not approve letters of the kind {code} itself",
                {"post": who.post.code, "power": code},
            )
    for code in (each for each in what if each not in kinds):
        own = powers.head(code, "what").of(who.post)
        if own < (most_paise or 1):
            raise Forbidden(
                f"{who.post.code} has not so much under {code} itself",
                {"post": who.post.code, "power": code, "most_paise": own},
            )
