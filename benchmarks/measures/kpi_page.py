"""The page of all KPIs: what it costs after 100 thousand events, and after a hundred times more."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import cycle, islice
from statistics import median

from sqlalchemy.orm import sessionmaker
from uuid6 import uuid7

from benchmarks import kpi_past
from benchmarks.collecting import as_in_a_service
from benchmarks.ground import Ground
from benchmarks.kpi_events import Events
from benchmarks.measures.grievance_lists import p99
from benchmarks.rows import Result, Row
from benchmarks.trials import Pairs
from palika.config import settings
from palika.database import create_engine
from palika.events import Event
from palika.india import day_of
from palika.local.processes import LocalError
from services.kpi.commands.project import project
from services.kpi.parts import city_projector
from services.kpi.queries.dashboard import dashboard
from services.kpi.reference import city_catalogue
from services.kpi.schemas.reading import DashboardArgs

FEW, MANY = 100_000, 10_000_000
ROUNDS = 3
WARM_UP = 20
CALLS = 400
"""Of a round, with either number of events."""
BETWEEN = 20
"""Events that are counted before each call."""
_FEWEST = 0.5
"""Of the KPIs, so many have a value at least, or it is an error; some count what seldom happens."""

HOW = f"""
The whole catalogue, {len(city_catalogue().indicators)} KPIs of
{len(city_catalogue().departments)} departments, as one call of `kpi.dashboard` answers it: value,
target and status of each in its newest period with data, both trends, a series of 13 periods,
freshness, and the ranks. It is asked of the service's own query function, in a transaction on one
connection, in this process, with the measures of {FEW:,} events stored and, call by call in turn,
with those of {MANY:,}. The events are of all services, in the numbers that a city has of each
(`kpi_events.py`), over {kpi_past.DAYS} days and all wards and departments. The service's own rules
count them; what they come to is put by COPY, a day at a time, and rolled up, and a test compares it
with what the service itself leaves (`kpi_past.py`). What is entered by hand is there for every
period in both. Before each call, and not in its time, {BETWEEN} more events of today are counted in
either, so that no page is the one before: some 50 KPIs have changed on the average. Which of the
two is asked first changes from call to call.
{ROUNDS} rounds of {CALLS} calls each; {WARM_UP} calls before do not count. As in the service,
Python looks for garbage seldom, and not through what the start has made (`palika/garbage.py`). The
ratio is of the medians of a round, the p99 of all of its calls; the figures are the medians of the
rounds.
"""


class Stored:
    """One of the databases, and how it is asked."""

    def __init__(self, ground: Ground, events: int, now: datetime) -> None:
        """Make it and connect."""
        self.events = events
        name = f"kpi_{events}"
        ground.use_database("kpi", name)
        ground.run("palika.cli", "migrate", "kpi")
        self.rows = kpi_past.fill(ground.url_of(name), city_catalogue(), events, day_of(now))
        self._engine = create_engine(settings("kpi"), pool_size=1, max_overflow=0)
        self._sessions = sessionmaker(self._engine, expire_on_commit=False)
        self._today = day_of(now)
        self._args = DashboardArgs().load({})

    def close(self) -> None:
        """Disconnect."""
        self._engine.dispose()

    def count(self, events: list[Event]) -> None:
        """Project these."""
        with self._sessions.begin() as session:
            project(session, events, city_projector())

    def ask(self) -> float:
        """Ask once; the seconds that it took.

        Raises:
            LocalError: there is less than there should be.
        """
        started = time.perf_counter()
        with self._sessions.begin() as session:
            page = dashboard(session, self._args, self._today)
        took = time.perf_counter() - started
        known = sum(each["value"] is not None for each in page["kpis"])
        if known < _FEWEST * len(page["kpis"]):
            raise LocalError(f"{known} of {len(page['kpis'])} KPIs have a value")
        return took


def run(ground: Ground, say: Callable[[str], None]) -> Result:
    """Either number stored, call by call in turn."""
    ground.enter("kpi_page")
    now = datetime.now(UTC)
    with ExitStack() as stack:
        stored = []
        for events in (FEW, MANY):
            say(f"filling {events:,}")
            on = Stored(ground, events, now)
            stack.callback(on.close)
            stored.append(on)
            say(f"{events:,}: " + ", ".join(f"{n:,} rows of {t}" for t, n in on.rows.items()))
        calls = ROUNDS * CALLS + WARM_UP
        # Of another seed than those that are stored.
        came = Events(seed=2).of(day_of(now), calls * BETWEEN)

        turn = cycle((stored, stored[::-1]))

        def pair() -> tuple[float, float]:
            batch = [
                Event(str(uuid7()), kind, "", now, data) for kind, data in islice(came, BETWEEN)
            ]
            taken = {}
            for on in next(turn):
                on.count(batch)
                taken[on.events] = on.ask() * 1_000
            return taken[MANY], taken[FEW]

        for _ in range(WARM_UP):
            pair()
        stack.enter_context(as_in_a_service())
        middles, ends = [], []
        for number in range(1, ROUNDS + 1):
            taken = [pair() for _ in range(CALLS)]
            middles.append((median(a for a, _ in taken), median(b for _, b in taken)))
            ends.append(p99(taken))
            say(
                f"{number}/{ROUNDS}: {MANY:,} {middles[-1][0]:.1f} ms, p99 {ends[-1][0]:.1f} ms; "
                f"{FEW:,} {middles[-1][1]:.1f} ms, p99 {ends[-1][1]:.1f} ms"
            )
    pairs, last = Pairs.of(middles), Pairs.of(ends)
    tried = [
        f"{events:,} events: " + ", ".join(f"{n:,} rows of {t}" for t, n in on.rows.items())
        for events, on in zip((FEW, MANY), stored, strict=True)
    ]
    tried.append(f"p99 with {FEW:,} events: {last.peer:.1f} ms")
    return Result(
        "kpi_page",
        [
            Row(
                f"kpi: page of all KPIs, median, {MANY:,} events",
                f"the same, {FEW:,} events",
                pairs.ours,
                "ms",
                1.3,
                peer=pairs.peer,
                ratio=pairs.ratio,
                ceiling=True,
            ),
            Row(
                f"kpi: page of all KPIs, p99, {MANY:,} events",
                "–",
                last.ours,
                "ms",
                60,
                ceiling=True,
            ),
        ],
        HOW,
        tried,
    )
