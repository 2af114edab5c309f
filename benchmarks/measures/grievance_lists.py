"""Lists and searches: what a page costs with 10,000 stored, and with a hundred times as many."""

import random
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from statistics import median, quantiles
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from benchmarks.ground import Ground
from benchmarks.load import A_YEAR
from benchmarks.past import ACTIVE, RECENT, database_with
from benchmarks.rows import Result, Row
from benchmarks.trials import Pairs
from palika.auth import Identity
from palika.config import settings
from palika.database import create_engine
from palika.local.processes import LocalError
from palika.paging import cursor_at
from services.grievance.queries import mine, search
from services.grievance.schemas import Mine, Searching

FEW, MANY = RECENT, 1_000_000
ROUNDS = 3
WARM_UP = 10
"""Calls of each kind that do not count."""
FEWEST = 500
"""Calls of a round, at least, of lists and of searches, with either number stored."""
PAGE = 50

# Which list, and whether its pages are asked from anywhere within it. Each has more than a page to
# show, whatever is stored.
_DEPARTMENT, _WARD = "solid-waste", "hadapsar-mundhwa"
LISTS: dict[str, tuple[dict[str, Any], bool]] = {
    "all": ({}, False),
    "all, deep": ({}, True),
    "department": ({"department": _DEPARTMENT}, False),
    "department, deep": ({"department": _DEPARTMENT}, True),
    "ward": ({"ward": _WARD}, False),
    "ward, deep": ({"ward": _WARD}, True),
    "department and ward": ({"department": _DEPARTMENT, "ward": _WARD}, False),
    "department and ward, deep": ({"department": _DEPARTMENT, "ward": _WARD}, True),
    "category, deep": ({"category": "street-light"}, True),
    "closed, deep": ({"status": "closed"}, True),
    "rejected, deep": ({"status": "rejected"}, True),
    "open": ({"open": True}, False),
    "open of a department, due first": ({"department": _DEPARTMENT, "order": "due"}, False),
    "open of a ward": ({"ward": _WARD, "open": True}, False),
    "nobody's": ({"unassigned": True, "open": True}, False),
    "an officer's desk, due first": ({"officer": "", "order": "due"}, False),
    "overdue, due first": ({"timing": "overdue", "order": "due"}, False),
    "overdue of a department": ({"timing": "overdue", "department": _DEPARTMENT}, False),
}
SEARCHES: dict[str, tuple[dict[str, Any], bool]] = {
    "frequent, mr": ({"text": "कचरा"}, False),
    "frequent, mr, deep": ({"text": "कचरा"}, True),
    "frequent, en": ({"text": "near the temple"}, False),
    "frequent, en, deep": ({"text": "near the temple"}, True),
    "frequent, two words": ({"text": "रस्त्यावरील खड्डे"}, True),
    "frequent, of a ward": ({"text": "कचरा", "ward": _WARD}, False),
    "frequent, open": ({"text": "pothole", "open": True}, False),
    "one in 40, mr": ({"text": "गणपती"}, False),
    "one in 40, mr, deep": ({"text": "गणपती"}, True),
    "one in 80, en": ({"text": "petrol pump"}, False),
    "one in 300, mr": ({"text": "गुलमोहर"}, False),
    "one in 300, mr, oldest first": ({"text": "गुलमोहर", "order": "oldest"}, False),
    "one in 800, en": ({"text": "banyan"}, False),
    "a hundred in all, mr": ({"text": "सारसबाग"}, False),
    "sixty in all, en": ({"text": "planetarium"}, False),
}
_OWN = "a citizen's own"
_DESK = """
    SELECT officer FROM grievance WHERE state IN ('assigned', 'in_progress')
    GROUP BY officer ORDER BY count(*) DESC, officer LIMIT 1
"""
_SHALLOWEST, _DEEPEST = 0.05, 0.6
"""Parts of the whole time; what is left must fill a page."""

HOW = f"""
Pages of {PAGE} of {len(LISTS) + 1} lists and {len(SEARCHES)} searches, asked of the service's own
query functions (`search.page`, `mine.page`), each in a transaction of its own on one connection,
in this process: with {FEW:,} grievances stored and, call by call in turn, with {MANY:,}. The
smaller number is a month of the reference city, the larger nearly nine years; both have the same
4,000 open. Of each list as many pages are asked as of any other: the first one or, where it says
*deep*, one that begins at a moment taken by chance. Every page is full with either ({PAGE} rows,
and more to come), or it is an error. Frequent words are in every fifth to twelfth grievance, the
seldom ones in a hundred and in sixty of the last {RECENT:,}; those that one in 300 has, and one in
800, are closer together in the last {RECENT:,}: one in 30 and one in 70 has them. Each of
{ROUNDS} rounds has at least {FEWEST} calls of lists and of searches with either; a p99 is of all of
a round's calls, the figures are the medians of the rounds. {WARM_UP} calls of each kind before do
not count.
"""

Ask = Callable[[Session], dict[str, Any]]


class Stored:
    """One of the databases, and how its lists are asked."""

    def __init__(self, ground: Ground, database: str, count: int, now: datetime) -> None:
        """Connect; ``now`` is when the last one was filed."""
        ground.use_database("grievance", database)
        self._engine = create_engine(settings("grievance"), pool_size=1, max_overflow=0)
        self._sessions = sessionmaker(self._engine, expire_on_commit=False)
        self._now = now
        self._since = timedelta(days=365) * count / A_YEAR
        # The same pages in every run.
        self._rng = random.Random(count)
        with self._sessions() as session:
            self._officer = session.scalar(text(_DESK))

    def close(self) -> None:
        """Disconnect."""
        self._engine.dispose()

    def ask(self, kind: str) -> float:
        """Ask for one page of a list or a search; the seconds that it took.

        Raises:
            LocalError: the page is not full, or it is the last one.
        """
        how = self._own() if kind == _OWN else self._listed(*(LISTS | SEARCHES)[kind])
        started = time.perf_counter()
        with self._sessions.begin() as session:
            shown = how(session)
        took = time.perf_counter() - started
        if len(shown["items"]) != PAGE or shown["next"] is None:
            raise LocalError(f"{kind}: a page has only {len(shown['items'])} of {PAGE}")
        return took

    def _listed(self, filters: Mapping[str, Any], deep: bool) -> Ask:
        asked = dict(filters) | {"limit": PAGE}
        if "officer" in asked:
            asked["officer"] = self._officer
        loaded = Searching().load(asked)
        if deep:
            part = self._rng.uniform(_SHALLOWEST, _DEEPEST)
            place = self._now - self._since * part, uuid.UUID(int=0)
            loaded["cursor"] = cursor_at(search.order_of_list(loaded), place)
        return lambda session: search.page(session, loaded, self._now)

    def _own(self) -> Ask:
        caller = Identity.of(ACTIVE, "citizen")
        loaded = Mine().load({"limit": PAGE})
        return lambda session: mine.page(session, caller, loaded)


def run(ground: Ground, say: Callable[[str], None]) -> Result:
    """Either number stored, call by call in turn."""
    ground.enter("grievance_lists")
    now = datetime.now(UTC)
    stored = []
    with ExitStack() as stack:
        for count in (FEW, MANY):
            say(f"filling {count:,}")
            on = Stored(ground, database_with(ground, count, now), count, now)
            stack.callback(on.close)
            stored.append(on)
        tried: list[str] = []
        rows = []
        for name, kinds in (("lists", [*LISTS, _OWN]), ("searches", list(SEARCHES))):
            pairs = _measure(name, kinds, stored, tried, say)
            rows.append(
                Row(
                    f"grievance: {name}, p99, {MANY:,} stored",
                    f"the same, {FEW:,} stored",
                    pairs.ours,
                    "ms",
                    1.5,
                    peer=pairs.peer,
                    ratio=pairs.ratio,
                    ceiling=True,
                )
            )
    return Result("grievance_lists", rows, HOW, tried)


def _measure(
    name: str, kinds: list[str], stored: list[Stored], tried: list[str], say: Callable[[str], None]
) -> Pairs:
    few, many = stored
    for kind in kinds * WARM_UP:
        few.ask(kind)
        many.ask(kind)
    of_kind: dict[str, list[tuple[float, float]]] = {kind: [] for kind in kinds}
    samples = []
    for number in range(1, ROUNDS + 1):
        taken = []
        for _ in range(-(-FEWEST // len(kinds))):
            for kind in kinds:
                pair = many.ask(kind) * 1_000, few.ask(kind) * 1_000
                of_kind[kind].append(pair)
                taken.append(pair)
        samples.append(p99(taken))
        say(
            f"{name} {number}/{ROUNDS}: {MANY:,} {samples[-1][0]:.1f} ms, "
            f"{FEW:,} {samples[-1][1]:.1f} ms"
        )
    for kind, pairs in of_kind.items():
        ours, theirs = (median(column) for column in zip(*pairs, strict=True))
        last, first = p99(pairs)
        tried.append(
            f"{name}, {kind}: p50 {ours:.1f} ms and {theirs:.1f} ms, "
            f"p99 {last:.1f} ms and {first:.1f} ms ({MANY:,} and {FEW:,} stored)"
        )
    return Pairs.of(samples)


def p99(pairs: list[tuple[float, float]]) -> tuple[float, float]:
    """The 99th percentile of either column."""
    first, second = zip(*pairs, strict=True)
    return quantiles(first, n=100)[98], quantiles(second, n=100)[98]
