"""The life of a grievance as its callers live it: what is called, by whom, one call after another.

A *piece* of work is a generator of calls: it is sent the answer to each, and ends when it is done.
"""

import random
from collections.abc import Callable, Generator, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.line import Call
from palika.auth import Identity
from services.grievance.files.posts import posts_in
from services.grievance.reference import city
from services.grievance.seed import filing

POSTS = Path(__file__).parents[1] / "services" / "grievance" / "data" / "posts.yaml"
"""The posts that grievances are given to: those that the service comes with."""
LATITUDES, LONGITUDES = (18.45, 18.60), (73.75, 73.95)
"""Where Pune is."""
CITIZENS = 500_000


Piece = Generator[Call, dict[str, Any], None]


def filings(count: int, seed: int, now: datetime) -> Iterator[dict[str, Any]]:
    """The arguments of so many filings, of what the demo's city complains of at this time of year.

    Every second one tells where it is. Only such as can be resolved without a photograph, and
    without answers of the citizen that the demo does not make up.

    Args:
        count: how many.
        seed: the same number gives the same filings.
        now: aware; the month and the hour.
    """
    rng = random.Random(seed)
    kinds = city().subcategories
    made = 0
    while made < count:
        arguments = filing(rng, now)
        kind = kinds[arguments["category"]]
        if kind.evidence or any(each.required for each in kind.fields):
            continue
        # They are filed by citizens themselves, whatever the demo's came by.
        arguments["channel"] = "web"
        if made % 2:
            arguments["lat"] = round(rng.uniform(*LATITUDES), 6)
            arguments["lon"] = round(rng.uniform(*LONGITUDES), 6)
        made += 1
        yield arguments


class Desks:
    """Who has a grievance in hand, and who stands above, by department and ward."""

    def __init__(self) -> None:
        """Read the posts."""
        self.posts = posts_in(POSTS)

    def of(self, department: str, ward: str, level: int) -> list[str]:
        """The posts of a rung that are for a ward, by code."""
        return [
            post.code
            for post in self.posts
            if (post.department, post.level) == (department, level)
            and (not post.wards or ward in post.wards)
        ]


def citizen(number: int) -> Identity:
    """One of the city's citizens, with a login."""
    return Identity.of(f"citizen:{number % CITIZENS}", "citizen")


def whole(number: int, arguments: dict[str, Any], desks: Desks) -> Piece:
    """A whole life in four calls: file, assign, resolve, rate.

    The citizen files, and a junior engineer has it at once; the ward officer assigns it to the
    deputy engineer, who resolves it; the citizen rates (and so closes it).
    """
    whose = citizen(number)
    filed = yield Call("file", whose, arguments)
    department, ward, key = filed["department"], filed["ward"], {"id": filed["id"]}
    deputy = desks.of(department, ward, 1)[0]
    above = Identity.of(f"officer:{desks.of(department, ward, 2)[0]}", "officer")
    yield Call("assign", above, key | {"officer": deputy})
    remark = "काम पूर्ण केले" if arguments["language"] == "mr" else "The work is done"
    yield Call("resolve", Identity.of(f"officer:{deputy}", "officer"), key | {"remark": remark})
    yield Call("rate", whose, key | {"rating": 3 + number % 3})


def filed_only(number: int, arguments: dict[str, Any], _desks: Desks) -> Piece:
    """Only the filing."""
    yield Call("file", citizen(number), arguments)


KINDS: dict[str, Callable[[int, dict[str, Any], Desks], Piece]] = {
    "life": whole,
    "filing": filed_only,
}


def pieces(kind: str, count: int, seed: int, now: datetime) -> Iterator[Piece]:
    """So many pieces of work of a kind; the arguments as ``filings``."""
    desks, make = Desks(), KINDS[kind]
    for number, arguments in enumerate(filings(count, seed, now)):
        yield make(seed * 1_000_000 + number, arguments, desks)
