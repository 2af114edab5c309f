"""Scaling: 1, 2 and 4 processes of a service on one queue, and as many cities of a process each."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks import costs, load, waiting, watch
from benchmarks.ground import PYTHON, Ground, Process
from benchmarks.rows import Result, Row
from benchmarks.trials import Pairs
from palika import topology
from palika.config import settings
from palika.local.processes import LocalError
from services.kpi.domain.projection import RULES

NAME = "scale_curve"
PROCESSES = (1, 2, 4)
FLOORS = {2: 1.7, 4: 3.0}
"""What several are to carry, by their number, where the work waits."""
WAIT_MS = 100.0
BATCH = 100
WAITING = "processes on one queue, work that waits"
CITIES = "cities of a process each, work that waits"
WORKING = "processes on one queue, work that does not wait"
KINDS = (WAITING, CITIES, WORKING)
_QUEUE = "kpi.measures"
_COUNTED = """
    SELECT extract(epoch FROM clock_timestamp())::float8,
           (SELECT coalesce(sum(value), 0) FROM measure WHERE measure = 'grievance.filed')
"""
_PRINT = """
    SELECT (SELECT count(*) FROM inbox), md5(string_agg(m::text, E'\\n' ORDER BY m::text))
    FROM measure AS m
"""


@dataclass(frozen=True)
class Sizes:
    """How large the measurements are; a test makes them smaller.

    Attributes:
        waiting: events whose batches wait.
        working: events whose batches do not.
        rounds: of 1, 2 and 4 in turn.
    """

    waiting: int = 6_000
    working: int = 80_000
    rounds: int = 3


HOW = f"""
Real processes of `palika run kpi` on the real `kpi.measures` are started, the queue is filled with
`grievance.filed.v1` events while a lock in the database holds their first batches, then the lock is
let go. Where the work *waits*, a trigger on the inbox lets each batch's transaction sleep
{WAIT_MS:g} ms, as with a database that is elsewhere or busy, with `batch_size` {BATCH} and
`prefetch` {2 * BATCH} ({Sizes.waiting:,} events): so two cores can show more than two processes.
Where it *does not wait* all is as it comes ({Sizes.working:,} events), and what gives out are the
two cores, which broker and PostgreSQL share. *Cities* are virtual hosts and databases of their own
on the same broker and server, a process each and as many events each: the partition that Palika
has. {Sizes.rounds} rounds of 1, 2 and 4 in turn; a ratio is the median of the rounds' own. Rates as
for `subscribe`. After each drain of one queue its measures are compared with those that one process
has made: row for row the same, whatever came in which order, or it is an error. Processor time is
that of the drains by one process that do not wait.
"""


@dataclass(frozen=True)
class _City:
    """A virtual host with its queue, and a database of the kpi service."""

    uri: str
    url: str
    cursor: Any


class Scaling:
    """Cities with their queues, and one drain after the other."""

    def __init__(self, ground: Ground, sizes: Sizes) -> None:
        """Make the cities and the events."""
        self._ground = ground
        self._sizes = sizes
        self._cities = [self._city(number) for number in range(max(PROCESSES))]
        self._file = ground.directory / f"{NAME}.jsonl"
        load.save(self._file, load.filings(max(sizes.waiting, sizes.working)))
        self._prints: dict[int, tuple[int, str]] = {}
        self.spent: list[costs.Costs] = []

    def _city(self, number: int) -> _City:
        ground = self._ground
        ground.enter(f"{NAME}_{number}", "kpi")
        database = f"bench_scale_{number}"
        ground.copy_database(database, "palika_kpi")
        ours = topology.subscription("kpi", "measures", sorted(RULES), settings("kpi"))
        topology.declare(ground.amqp_uri, ours)
        cursor = ground.connect_to(database).cursor()
        return _City(ground.amqp_uri, ground.url_of(database), cursor)

    def waits(self, processes: int, cities: int = 1) -> float:
        """Events a second, each batch waiting; so many processes in each of so many cities."""
        options = {"PALIKA_BATCH_SIZE": str(BATCH), "PALIKA_PREFETCH": str(2 * BATCH)}
        return self._drain(cities, processes, self._sizes.waiting, WAIT_MS, options)

    def works(self, processes: int) -> float:
        """Events a second, nothing waiting for anything but the processor."""
        return self._drain(1, processes, self._sizes.working, 0, {})

    def _drain(
        self, cities: int, processes: int, count: int, wait_ms: float, options: Mapping[str, str]
    ) -> float:
        used = self._cities[:cities]
        running = []
        try:
            for city in used:
                self._empty(city, wait_ms)
                mine = [self._process(city, options) for _ in range(processes)]
                running += mine
                self._await(city, mine)
            for city in used:
                waiting.close_gate(city.cursor)
                self._fill(city, count)
            self._ground.checkpoint()
            before = costs.spent()
            for city in used:
                waiting.open_gate(city.cursor)

            def look() -> tuple[float, int]:
                return self._look(used)

            def check() -> None:
                for process in running:
                    process.check()

            rate = watch.rate(look, count * cities, check)
            if not wait_ms and processes == 1:
                # Milliseconds of a thousand are microseconds of one.
                self.spent.append(costs.between(before, costs.spent(), count // 1_000))
        finally:
            for process in running:
                process.ask_to_stop()
            for process in running:
                process.stop()
        for city in used:
            self._compare(city, count)
        return rate

    def _process(self, city: _City, options: Mapping[str, str]) -> Process:
        command = [*PYTHON, "palika.cli", "run", "kpi", "--supervisor", str(os.getpid())]
        where = {"AMQP_URI": city.uri, "KPI_DATABASE_URL": city.url}
        return self._ground.command("run kpi", command, **where, **options)

    def _await(self, city: _City, processes: list[Process]) -> None:
        self._ground.amqp_uri = city.uri
        self._ground.wait_for_consumer(_QUEUE, processes[-1], len(processes))

    def _empty(self, city: _City, wait_ms: float) -> None:
        city.cursor.execute("TRUNCATE inbox, measure, measure_year")
        waiting.wait_for(city.cursor, wait_ms)
        self._ground.amqp_uri = city.uri
        self._ground.purge(_QUEUE)

    def _fill(self, city: _City, count: int) -> None:
        self._ground.peer(
            "pika_publisher",
            uri=city.uri,
            exchange="",
            routing_key=_QUEUE,
            messages=str(self._file),
            count=count,
            window=2_000,
        )

    def _look(self, cities: list[_City]) -> tuple[float, int]:
        done, moment = 0, 0.0
        for city in cities:
            city.cursor.execute(_COUNTED)
            moment, counted = city.cursor.fetchone()
            done += int(counted)
        return moment, done

    def _compare(self, city: _City, count: int) -> None:
        """Raise LocalError when the measures are not those of the first drain of so many."""
        city.cursor.execute(_PRINT)
        found = tuple(city.cursor.fetchone())
        known = self._prints.setdefault(count, found)
        if found != known or found[0] != count:
            raise LocalError(
                f"the measures of {count} events are not those that one process made of them: "
                f"{found} where {known} was expected"
            )


def run(ground: Ground, say: Callable[[str], None], sizes: Sizes = Sizes()) -> Result:
    """1, 2 and 4 in turn: processes that wait, cities that wait, processes that work."""
    on = Scaling(ground, sizes)
    kinds: dict[str, Callable[[int], float]] = {
        WAITING: on.waits,
        CITIES: lambda number: on.waits(1, number),
        WORKING: on.works,
    }
    say(f"warm-up: waiting {on.waits(1):,.0f}, working {on.works(1):,.0f} events/s")
    rates: dict[str, list[dict[int, float]]] = {kind: [] for kind in kinds}
    for number in range(1, sizes.rounds + 1):
        for kind, drain in kinds.items():
            found = {many: drain(many) for many in PROCESSES}
            rates[kind].append(found)
            told = ", ".join(f"{many}: {rate:,.0f}" for many, rate in found.items())
            say(f"{number}/{sizes.rounds}: {kind}: {told} events/s")
    rows = [
        _row(kind, many, [(each[many], each[1]) for each in found])
        for kind, found in rates.items()
        for many in PROCESSES[1:]
    ]
    spent = costs.middle(on.spent)
    rows += [
        Row(f"scale: processor time of an event, {part}", "–", us, "µs", None)
        for part, us in _parts(spent).items()
    ]
    one = median(each[1] for each in rates[WORKING])
    tried = [f"one process that does not wait: {one:,.0f} events/s"]
    return Result(NAME, rows, HOW, tried)


def _parts(spent: costs.Costs) -> costs.Costs:
    """Of the three that an event passes through; what else there is takes part in none."""
    return {part: spent.get(part, 0.0) for part in ("kpi", "postgres", "broker")}


def _row(kind: str, many: int, samples: list[tuple[float, float]]) -> Row:
    pairs = Pairs.of(samples)
    floor = None if kind == WORKING else FLOORS[many]
    return Row(
        f"scale: {many} {kind}",
        "1 of them",
        pairs.ours,
        "events/s",
        floor,
        peer=pairs.peer,
        ratio=pairs.ratio,
    )
