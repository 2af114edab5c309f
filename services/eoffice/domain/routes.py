"""Routes that files follow from desk to desk, with the days that each desk has."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from palika.errors import Conflict, Invalid

MOST_DESKS = 50
MOST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Desk:
    """A post on a route, and how many days a file may be there."""

    post: str
    days: int

    def due_on(self, arrived: date) -> date:
        """The last day for a file that came on ``arrived``, which does not count: calendar days."""
        return arrived + timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class CityRoute:
    """A route of the whole city, from ``data/routes.yaml``."""

    code: str
    mr: str
    en: str
    desks: tuple[Desk, ...]


def check_desks(desks: Sequence[Desk]) -> None:
    """Refuse a route that no file could follow.

    Raises:
        Invalid: it is empty or too long, a desk follows itself, or the days are not 1 to 366.
    """
    wrong = []
    if not 1 <= len(desks) <= MOST_DESKS:
        wrong.append(f"must be 1 to {MOST_DESKS} desks, not {len(desks)}")
    for place, (desk, after) in enumerate(pairwise(desks), 1):
        if desk.post == after.post:
            wrong.append(f"desks {place} and {place + 1} are both {desk.post}")
    wrong += [
        f"desk {place}, {each.post}: days must be 1 to {MOST_DAYS}, not {each.days}"
        for place, each in enumerate(desks, 1)
        if not 1 <= each.days <= MOST_DAYS
    ]
    if wrong:
        raise Invalid("no such route can be followed", {"desks": wrong})


def next_place(desks: Sequence[Desk], at: int, held_by: str, legal: Callable[[], list[str]]) -> int:
    """At which desk (from 1) a file that is ``at`` a place goes on; a first desk that has the file
    already is passed over.

    Args:
        desks: of the route.
        at: how far it came; 0: it has not begun.
        held_by: the post that has it.
        legal: says what the post may do with it now, for the refusal.

    Raises:
        Conflict: the route ends here.
    """
    place = at + 1
    if at == 0 and desks[0].post == held_by:
        place = 2
    if place > len(desks):
        raise Conflict("the route ends here", {"desks": len(desks), "legal": legal()})
    return place


def place_of(desks: Sequence[Desk], at: int, post: str) -> int | None:
    """Where a file that was ``at`` a place stands on its route when it comes to ``post`` otherwise:
    sent back, it is at the nearest desk of that post before; pulled ahead, at the nearest after.

    None: the post is not on the route; it goes on from where it left when it is forwarded again.
    """
    before = [place for place in range(at, 0, -1) if desks[place - 1].post == post]
    after = [place for place in range(at + 1, len(desks) + 1) if desks[place - 1].post == post]
    return next(iter(before + after), None)


def city_routes(raw: Mapping[str, Any]) -> dict[str, CityRoute]:
    """The routes that a city wrote in ``data/routes.yaml``, by code.

    Raises:
        ValueError: a route has no name in mr and en, or cannot be followed.
    """
    found = {}
    for code, each in raw["routes"].items():
        if not each.get("mr") or not each.get("en"):
            raise ValueError(f"{code} needs a name in mr and in en")
        desks = tuple(Desk(str(desk["post"]), int(desk["days"])) for desk in each["desks"])
        try:
            check_desks(desks)
        except Invalid as error:
            raise ValueError(f"{code}: {'; '.join(error.fields['desks'])}") from error
        found[code] = CityRoute(code, each["mr"], each["en"], desks)
    return found
