"""Who is given a grievance: a post of its department, for its ward and its category.

Of those that are there, the one that has the least to do for its size, were it given one more. Who
is on leave is given nothing: their substitute stands in for them where they would have been asked,
if one is named and is there. A post of another department, ward or category is never asked, and one
of another level only for what is of no known ward: where every post in charge has wards of its own,
such a grievance goes to the next level up that has a post for the whole city.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from palika.errors import Conflict, Invalid
from palika.india import readable


@dataclass(frozen=True, slots=True)
class Place:
    """What a grievance is about, and where; ``category`` None: whatever it is about."""

    department: str
    ward: str | None
    category: str | None = None
    parent_category: str | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """A post, and how things are with it now.

    Attributes:
        level: its rung of the escalation ladder (0: the officer in charge).
        wards: it is for these; empty: for the whole city, and for what has no ward.
        categories: sub-categories or categories; empty: all of the department's.
        capacity: how many open grievances are as much as it should have. Only what it comes to
            beside that of others counts: it is no limit.
        open: how many it has in hand.
        away: whether it is on leave.
        substitute: who stands in for it then.
    """

    code: str
    department: str
    level: int = 0
    wards: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    capacity: int = 1
    active: bool = True
    open: int = 0
    away: bool = False
    substitute: str | None = None

    def is_for(self, place: Place, level: int) -> bool:
        """Whether it is asked for a grievance of this place, when it is there."""
        return (
            self.active
            and self.level == level
            and self.department == place.department
            and (not self.wards or place.ward in self.wards)
            and (
                not self.categories
                or place.category is None
                or place.category in self.categories
                or place.parent_category in self.categories
            )
        )

    @property
    def load(self) -> Fraction:
        """What it would have to do with one more, for its size."""
        return Fraction(self.open + 1, self.capacity)


def candidates(posts: Iterable[Post], place: Place, level: int = 0) -> list[Post]:
    """Those who may be given a grievance of this place, each once.

    In charge (level 0) of what has no ward is the lowest level that has anybody for the whole city.
    A substitute who is away too is not followed to their own: that post has nobody then.
    """
    known = {post.code: post for post in posts}
    levels = [level]
    if place.ward is None and level == 0:
        levels = sorted({0, *(post.level for post in known.values())})
    return next(filter(None, (_of_level(known, place, each) for each in levels)), [])


def _of_level(known: Mapping[str, Post], place: Place, level: int) -> list[Post]:
    found: dict[str, Post] = {}
    for post in known.values():
        if post.is_for(place, level):
            there = known.get(post.substitute or "") if post.away else post
            if there is not None and there.active and not there.away:
                found[there.code] = there
    return list(found.values())


def choose(posts: Iterable[Post], place: Place, level: int = 0) -> str | None:
    """The post that is given it: the least loaded, of equals the first by code. None: nobody."""
    asked = candidates(posts, place, level)
    return min(asked, key=lambda post: (post.load, post.code)).code if asked else None


@dataclass(frozen=True, slots=True)
class Standing:
    """What is to be known of a post before somebody gives it a grievance by its code.

    Attributes:
        code: as it was said.
        department: whose post it is; None: there is no active post of that code.
        away_until: the end of the leave that it is on.
        any_posts: whether the city has entered any. Before that every code is taken as a post: a
            desk can work on its first day.
    """

    code: str
    department: str | None
    away_until: datetime | None = None
    any_posts: bool = True

    @property
    def is_there(self) -> bool:
        """Whether it can be given anything now."""
        return self._refusal() is None

    def check_there(self, field: str) -> None:
        """Refuse a post that is not there. Raises Invalid, which names ``field``."""
        refusal = self._refusal()
        if refusal is not None:
            message, rule = refusal
            raise Invalid(message, {field: [rule]})

    def _refusal(self) -> tuple[str, str] | None:
        if self.any_posts and self.department is None:
            return "no such post", f"{self.code} is not an active post"
        if self.away_until is not None:
            rule = f"{self.code} is on leave until {readable(self.away_until)}"
            return "that post is away", rule
        return None

    def check_department(self, number: str, department: str) -> None:
        """Refuse to give it what is with another department, which a transfer is for.

        Raises:
            Conflict: the message names both.
        """
        if self.department not in (None, department):
            raise Conflict(
                f"{number} is with {department}; {self.code} is a post of {self.department}",
                {"department": department},
            )


@dataclass(frozen=True, slots=True)
class Absence:
    """A leave: from its first moment up to, and without, its end."""

    from_at: datetime
    to_at: datetime

    def overlaps(self, other: "Absence") -> bool:
        """Whether there is a moment that both have."""
        return self.from_at < other.to_at and other.from_at < self.to_at


def check_leave(officer: str, asked: Absence, now: datetime, others: Sequence[Absence]) -> None:
    """Refuse a leave that cannot be.

    Args:
        officer: whose.
        asked: the leave.
        now: the present moment.
        others: the leaves that the post has already.

    Raises:
        Invalid: it ends before it begins, or is over.
        Conflict: the post is on leave then already.
    """
    if asked.to_at <= asked.from_at:
        raise Invalid("no such leave", {"to_at": ["must be after from_at"]})
    if asked.to_at <= now:
        raise Invalid("no such leave", {"to_at": ["is past"]})
    for other in others:
        if asked.overlaps(other):
            raise Conflict(
                f"{officer} is on leave from {readable(other.from_at)} "
                f"until {readable(other.to_at)}",
                {"from_at": other.from_at.isoformat(), "to_at": other.to_at.isoformat()},
            )
