"""Who enters values by hand, who checks them, and when somebody is reminded."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from palika.errors import Forbidden
from palika.reading import Reading
from palika.roles import Caller, post_of, same_hand

PARTS = ("completeness", "timeliness", "corrections", "outliers")
"""Of which the data-quality score is made."""
_DAYS = ("remind_days", "tell_days", "years_back")
_FIELDS = (*_DAYS, "weights", "desks")
SENIOR = frozenset({"supervisor", "admin"})
"""The roles that enter and check for every department, and correct what is signed off."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The posts of a department that enter its values, and those that check them."""

    owner: str
    enter: frozenset[str]
    check: frozenset[str]


@dataclass(frozen=True, slots=True)
class EntryRules:
    """What `data/entry.yaml` says; `weights` add up to 100."""

    desks: Mapping[str, Desk]
    remind_days: int
    tell_days: int
    years_back: int
    weights: Mapping[str, int]

    def may_enter(self, who: Caller, department: str) -> bool:
        """Whether a caller enters values of a department: its desks, its owner, supervisors,
        administrators, and services, which bring what other systems measure."""
        desk = self.desks[department]
        return who.has_any(SENIOR | {"service"}) or _at(who, desk.enter | desk.check)

    def check_enter(self, who: Caller, department: str) -> None:
        """Refuse who may not enter. Raises Forbidden."""
        if not self.may_enter(who, department):
            raise Forbidden(f"{who.subject} does not enter values of {department}")

    def may_check(self, who: Caller, department: str) -> bool:
        """Whether a caller checks what others enter for a department."""
        return who.has_any(SENIOR) or _at(who, self.desks[department].check)

    def check_decide(
        self, who: Caller, department: str, entered_by: str, people: Iterable[str | None]
    ) -> None:
        """Refuse who may not approve or send back what another has entered.

        Args:
            entered_by: the post that has entered it.
            people: who has entered it for that post, and who has submitted it; None: not known.

        Raises:
            Forbidden: it is an entry of the caller's own post, as whatever it was made, or of their
                own for another post; or they have submitted it; or the caller does not check this
                department's.
        """
        if any(same_hand(who.subject, who.person, entered_by, each) for each in people):
            raise Forbidden("nobody checks what they have entered or submitted themselves")
        if not self.may_check(who, department):
            raise Forbidden(f"{who.subject} does not check values of {department}")

    def own(self, who: Caller) -> list[str]:
        """The departments at whose desks a caller's post sits."""
        post = post_of(who.subject)
        return [code for code, each in self.desks.items() if post in each.enter | each.check]

    def check_sign(self, who: Caller, department: str) -> None:
        """Refuse who may not sign a period off: the owner and administrators may.

        Raises:
            Forbidden: the caller is neither.
        """
        if not (who.has_any({"admin"}) or _at(who, {self.desks[department].owner})):
            raise Forbidden(f"{who.subject} does not sign off periods of {department}")


def entry_rules(raw: Any, owners: Mapping[str, str]) -> EntryRules:
    """The rules that `data/entry.yaml` says.

    Args:
        raw: the content of the file.
        owners: the departments of the catalogue, and the post that owns each.

    Raises:
        Mistakes: names each, with its place in the file.
    """
    reading = Reading()
    given = reading.mapping("file", raw, _FIELDS)
    numbers = [
        reading.whole(name, given[name], 0, most)
        for name, most in zip(_DAYS, (60, 366, 50), strict=True)
    ]
    weights = _weights(reading, given["weights"])
    desks = {}
    for place, code, each in reading.entries("desks", given["desks"]):
        desk = reading.mapping(place, each, ("enter", "check"))
        if code not in owners:
            reading.wrong(place, "there is no such department")
            continue
        posts = [
            frozenset(reading.text(inner, post) for inner, post in reading.items(where, desk[name]))
            for name, where in ((name, f"{place}, {name}") for name in ("enter", "check"))
        ]
        desks[code] = Desk(owners[code], posts[0], posts[1] | {owners[code]})
    if without := sorted(set(owners) - set(desks)):
        reading.wrong("desks", f"nobody enters the values of {', '.join(without)}")
    reading.stop_if_wrong()
    return EntryRules(desks, numbers[0], numbers[1], numbers[2], weights)


def posts(raw: Any) -> frozenset[str]:
    """All posts that `data/entry.yaml` names; what is wrong with the file is `entry_rules`' to say.

    Args:
        raw: the content of the file.
    """
    desks = raw.get("desks") if isinstance(raw, Mapping) else None
    found: set[str] = set()
    for desk in desks.values() if isinstance(desks, Mapping) else ():
        for listed in desk.values() if isinstance(desk, Mapping) else ():
            if isinstance(listed, list):
                found |= {each for each in listed if isinstance(each, str)}
    return frozenset(found)


def score_weights(raw: Any) -> dict[str, int]:
    """How much each part of the data-quality score counts, as `data/entry.yaml` says; together 100.

    Raises:
        Mistakes: names each, with its place in the file.
    """
    reading = Reading()
    found = _weights(reading, reading.mapping("file", raw, _FIELDS)["weights"])
    reading.stop_if_wrong()
    return found


def _weights(reading: Reading, raw: Any) -> dict[str, int]:
    said = reading.mapping("weights", raw, PARTS)
    weights = {part: reading.whole(f"weights, {part}", said[part], 0, 100) for part in PARTS}
    if sum(weights.values()) != 100:
        reading.wrong("weights", "must add up to 100")
    return weights


def _at(who: Caller, posts: Collection[str]) -> bool:
    return who.has_any({"officer"}) and post_of(who.subject) in posts
