"""Linked officers: who may stand in for whom, and what they decide there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from palika.errors import Forbidden
from services.eoffice.domain.organisation import OWN, Actor, Organisation, on


@dataclass(frozen=True, slots=True)
class Linking:
    """Who is linked without more ado, and what a linked officer decides.

    Attributes:
        levels_below: the linked officer's level is at most so far below that of who is away, or who
            is up the line from them notes the leave.
        decides_below: so far below the post a linked officer still decides there: sanctions and
            approves.
        source: the rule; ``illustrative`` where there is none.
    """

    levels_below: int
    decides_below: int
    source: str


def linking(raw: Mapping[str, Any]) -> Linking:
    """The rule that a city wrote in ``data/leave.yaml``.

    Raises:
        ValueError: a number is no number of levels, or no rule is named.
    """
    said = raw["linked"]
    for name in ("levels_below", "decides_below"):
        if type(said[name]) is not int or said[name] < 0:
            raise ValueError(f"linked: {name} must be a number of levels from 0")
    if not isinstance(said["source"], str) or not said["source"]:
        raise ValueError("linked: source must name the rule")
    return Linking(said["levels_below"], said["decides_below"], said["source"])


def check_linked(
    city: Organisation,
    who: Actor,
    person: str,
    linked: str,
    since: date,
    until: date,
    rule: Linking,
) -> bool:
    """Refuse a linked officer of too low a level, unless who is up the line names them.

    Args:
        who: notes the leave.
        person: who is away.
        linked: who stands in.
        since, until: the days of the leave.

    Returns:
        Whether it counts because ``who`` is up the line.

    Raises:
        Forbidden: ``may`` names who may link that officer.
    """
    # Of who is away every post that they have meanwhile, of who stands in those of all the days.
    away = [
        city.posts[each.post]
        for each in city.holdings
        if each.person == person
        and each.since <= until
        and (each.until is None or each.until >= since)
    ]
    own = [
        city.posts[each.post].level
        for each in city.holdings
        if each.person == linked and on(each, since) and on(each, until)
    ]
    highest = max(away, key=lambda each: each.level, default=None)
    level = max(own, default=0)
    if highest is None or highest.level - level <= rule.levels_below:
        return False
    above = city.above(highest.code)
    if who.capacity in OWN and who.post.code in above:
        return True
    may = city.held_above(highest.code, since)
    has = f"{may[0]} may" if may else "no post up the line may"
    raise Forbidden(
        f"{linked} is of level {level} and {person} of level {highest.level}: who is more than "
        f"{rule.levels_below} below is linked by who is up the line ({rule.source}); {has}",
        {
            "person": person,
            "linked": linked,
            "level": highest.level,
            "linked_level": level,
            "levels_below": rule.levels_below,
            "may": may,
        },
    )


def check_linked_decides(
    who: Actor, rule: Linking, may: Sequence[str], legal: Callable[[], list[str]]
) -> None:
    """Refuse a decision by a linked officer who is too far below the post.

    Args:
        who: wants to decide.
        may: the posts up the line that might, the nearest first.
        legal: says what may be done instead, for the refusal.

    Raises:
        Forbidden: ``may`` names who may.
    """
    if who.level is None or who.post.level - who.level <= rule.decides_below:
        return
    has = f"{may[0]} may" if may else "no post up the line may"
    raise Forbidden(
        f"{who.person} is of level {who.level} and looks after {who.post.code}, of level "
        f"{who.post.level}: a linked officer who is more than {rule.decides_below} below decides "
        f"nothing there ({rule.source}); {has}",
        {
            "post": who.post.code,
            "person": who.person,
            "level": who.post.level,
            "linked_level": who.level,
            "decides_below": rule.decides_below,
            "may": list(may),
            "legal": legal(),
        },
    )
