"""The demo's projects: the sample portfolio with its days moved to now, their lives since, and the
reviews that have looked at them."""

import heapq
import random
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import date, datetime, timedelta
from importlib import resources
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from palika.india import day_of
from palika.store import Store
from services.warroom.commands.hold_reviews import hold_reviews
from services.warroom.commands.import_projects import read_tables
from services.warroom.demo.lives import Life, ways
from services.warroom.demo.sittings import Sittings
from services.warroom.domain.import_lines import Line
from services.warroom.models import Project
from services.warroom.queries import photos

OPTION = ("--projects", "how many sample projects to bring into the war room, at most 50")
WRITTEN_ON: Final = date(2026, 11, 1)
"""The day that the sample's days are around."""


def seed(
    sessions: sessionmaker[Session],
    count: int,
    seed: int,
    now: datetime,
    progress: Callable[[int], None] = lambda done: None,
    store: Store | None = None,
) -> int:
    """Bring ``count`` projects in, with all that happened to them until ``now``, and the
    latest reviews of them.

    All of it happens in the order of its moments, for a review looks at what was known then; so it
    is one transaction, and there as a whole or not at all. A second run with the same seed adds
    nothing to what is there. Projects that are added to others have no part in reviews of the past.

    Args:
        sessions: on the service's database.
        count: how many projects; there are 50.
        seed: the same number gives the same city.
        now: aware; nothing in the demo is later.
        progress: called with how many are done.
        store: for the packs; the city's, if none is given.

    Returns:
        How many projects were new.
    """
    projects, milestones = sample(day_of(now))
    with sessions.begin() as session:
        there = set(session.scalars(select(Project.code)))
        gone = zip(projects[:count], ways(count, random.Random(f"{seed}/lives")), strict=True)
        lines = [(line, way) for line, way in gone if line.values["code"] not in there]
        if not lines:
            progress(count)
            return 0
        parts: list[Iterator[datetime]] = []
        for line, way in lines:
            code = line.values["code"]
            own = [each for each in milestones if each.values["project"] == code]
            rng = random.Random(f"{seed}/{code}")
            parts.append(Life(session, line, own, way, rng, now).go())
        if not there:
            rng = random.Random(f"{seed}/reviews")
            kept = photos.store() if store is None else store
            parts.append(Sittings(lambda: nullcontext(session), kept, rng, now).go())
        _in_order(parts, now, lambda part: progress(round(part * count)))
        hold_reviews(session, now)
    progress(count)
    return len(lines)


def _in_order(
    parts: list[Iterator[datetime]], now: datetime, progress: Callable[[float], None]
) -> None:
    """Let everything happen in the order of its moments, whichever part of the city it is of."""
    # Of one moment the part that was made first is first.
    heap = [(moment, at) for at, part in enumerate(parts) for moment in [next(part)]]
    heapq.heapify(heap)
    first = heap[0][0]
    while heap:
        moment, at = heapq.heappop(heap)
        progress((moment - first) / max(now - first, timedelta(seconds=1)))
        following = next(parts[at], None)
        if following is not None:
            heapq.heappush(heap, (following, at))


def sample(today: date) -> tuple[list[Line], list[Line]]:
    """The rows of the sample, with their days moved so that they are around ``today``."""
    folder = resources.files("services.warroom") / "data" / "sample"
    names = ("projects", "milestones")
    texts = {name: (folder / f"{name}.csv").read_text("utf-8") for name in names}
    found, wrong, _ = read_tables(texts)
    assert not wrong, wrong
    by = today - WRITTEN_ON
    moved = {name: [_moved(each, by) for each in rows] for name, rows in found.items()}
    # The kinds in turns, so that a few of them show all that there is.
    ordered = sorted(moved["projects"], key=lambda line: line.values["code"].split("-")[::-1])
    return ordered, moved["milestones"]


def _moved(line: Line, by: timedelta) -> Line:
    values = {
        name: value + by if isinstance(value, date) else value
        for name, value in line.values.items()
    }
    return Line(line.table, line.row, values)
