"""How a place grows, from one machine to partitions: what each part has to do in the worst hour,
how long is waited for it, and which gives out first at each step."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.simulation.calibration import Figures
from benchmarks.simulation.loads import HOURS, Loads, Place
from benchmarks.simulation.queueing import Outcome, Work, demand, percentile, simulate
from palika.catalogue import all_listeners, all_published, database_names

MACHINE, BROKER, MEMORY, QUEUES = "machine", "broker", "memory", "queues"
CONNECTIONS = "connections of a server"
PROCESSES = ("portal", "grievance", "tax", "notify", "eoffice", "kpi", "grievance relay", "nginx")
DATABASES = ("grievance database", "tax database", "eoffice database")
_P = 0.99
_SEED = 20_260_401


@dataclass(frozen=True)
class Part:
    """A part at a step, in the worst hour.

    Attributes:
        name: of the part.
        wants: what it has to do, in cores (or GB, or queues).
        has: what there is of it.
        unit: "cores", "processes", "GB", "queues", "connections".
        busy: the one divided by the other.
        wait_ms: the 99th percentile of what is waited for it; None where nobody waits, or where the
            queue grows without end.
    """

    name: str
    wants: float
    has: float
    unit: str
    busy: float
    wait_ms: float | None


@dataclass(frozen=True)
class Step:
    """A way to lay a place out.

    Attributes:
        name: of the step.
        what: there is.
        parts: the busiest first.
        carries: heads of a place like this one, until the first part is too busy.
    """

    name: str
    what: str
    parts: tuple[Part, ...]
    carries: float

    @property
    def first(self) -> Part:
        """The part that gives out first."""
        return self.parts[0]


@dataclass(frozen=True)
class Growth:
    """A place and its steps.

    Attributes:
        place: which.
        hour: the worst one, in Asia/Kolkata.
        partitions: groups of its cities, each with a broker and database servers of its own.
        steps: from one machine on.
    """

    place: Place
    hour: int
    partitions: int
    steps: tuple[Step, ...]


def works(figures: Figures, loads: Loads, population: float, hour: int) -> list[Work]:
    """What comes in an hour to so many heads, and what it takes of each part."""
    rates = loads.rates(population, hour)
    calls = loads.habits["calls_of_a_life"]
    life = {part: ms / calls / 1_000 for part, ms in figures.life.items()}
    page = {part: ms / 1_000 for part, ms in figures.page.items()}
    office = figures.cores / figures.office_calls
    # How a call of the e-office divides among the parts was not measured: as that of a grievance.
    known = life["grievance"] + life["broker"] + life["postgres"]
    return [
        Work(
            "a call of a grievance's life",
            rates.lives * calls,
            (
                ("grievance", life["grievance"]),
                (BROKER, life["broker"]),
                ("grievance database", life["postgres"]),
            ),
        ),
        Work(
            "what its events do",
            rates.lives * calls,
            (("grievance relay", life["grievance relay"]), ("kpi", life["kpi"])),
        ),
        Work(
            "a personal page",
            rates.personal_pages,
            (
                ("portal", page["portal"]),
                (BROKER, page["broker"]),
                ("tax", page["tax"]),
                ("notify", page["notify"]),
                ("tax database", page["postgres"]),
            ),
        ),
        Work(
            "a page that is the same for all",
            rates.kept_pages,
            (("nginx", figures.cores / figures.kept_pages),),
        ),
        Work(
            "a call of the e-office",
            rates.officers * figures.calls_an_officer,
            (
                ("eoffice", office * life["grievance"] / known),
                (BROKER, office * life["broker"] / known),
                ("eoffice database", office * life["postgres"] / known),
            ),
        ),
    ]


def worst_hour(figures: Figures, loads: Loads, population: float) -> int:
    """The hour in which all parts together have most to do."""
    return max(HOURS, key=lambda hour: _cores(works(figures, loads, population, hour)))


def queues_of_a_city() -> int:
    """The quorum queues and streams that a city has at its broker, by the services' own code."""
    listening = sum(2 + len(each.retries) for each in all_listeners())
    logs = {kind.name.service for kind in all_published() if kind.logged}
    return listening + len(logs)


def grow(figures: Figures, loads: Loads, place: Place, *, jobs: int) -> Growth:
    """The steps of a place.

    Args:
        figures: what was measured.
        loads: what comes.
        place: which.
        jobs: pieces of work of each simulation.
    """
    hour = worst_hour(figures, loads, place.population)
    whole = works(figures, loads, place.population, hour)
    made = _Steps(figures, loads, place, whole, queues_of_a_city(), jobs)
    partitions = made.partitions()
    steps = [made.one_machine(), made.one_each(), made.many()]
    if partitions > 1:
        steps.append(made.many(partitions))
    return Growth(place, hour, partitions, tuple(steps))


class _Steps:
    """The steps of one place."""

    def __init__(
        self,
        figures: Figures,
        loads: Loads,
        place: Place,
        whole: Sequence[Work],
        queues: int,
        jobs: int,
    ) -> None:
        self._figures = figures
        self._place = place
        self._whole = whole
        self._queues = queues
        self._jobs = jobs
        self._limits = loads.machines
        self._wants = demand(whole)

    def one_machine(self) -> Step:
        """All of it on the machine that was measured."""
        cores = self._figures.cores
        on_one = [
            Work(each.name, each.rate, tuple((MACHINE, took) for _, took in each.stages))
            for each in self._whole
        ]
        wants = _cores(self._whole)
        waits = self._waits({MACHINE: cores}, on_one)
        parts = [
            _part(MACHINE, wants, cores, "cores", waits),
            self._memory(self._figures.gigabytes),
            *self._numbered(1, servers=1),
        ]
        what = f"the {cores} cores and {self._figures.gigabytes} GB that were measured"
        return self._step("one machine", what, parts)

    def one_each(self) -> Step:
        """A process of each part for each city, broker and databases on machines of their own."""
        cores = self._figures.cores
        servers = dict.fromkeys(PROCESSES, 1)
        shared = dict.fromkeys((BROKER, *DATABASES), cores)
        parts = [*self._parts(servers, shared, 1), *self._numbered(1)]
        what = f"one process of each part of a city; broker and databases with {cores} cores each"
        return self._step("a process each", what, parts)

    def many(self, partitions: int = 1) -> Step:
        """Processes as many as are wanted, broker and databases as large as can be had."""
        limits, cities = self._limits, self._place.municipalities
        servers = {
            name: max(1, math.ceil(self._wants[name] / cities / limits["busy"]))
            for name in PROCESSES
        }
        shared = dict.fromkeys(DATABASES, int(limits["database_cores"]))
        shared[BROKER] = int(limits["broker_cores"])
        parts = [*self._parts(servers, shared, partitions), *self._numbered(partitions)]
        what = (
            f"processes as wanted; a broker of {limits['broker_cores']:.0f} cores, "
            f"a database server of {limits['database_cores']:.0f} for each service"
        )
        if partitions == 1:
            # Of processes there can be more: what cannot be had more of gives out.
            fixed = [part for part in parts if part.name not in PROCESSES]
            return self._step("processes as wanted", what, parts, fixed)
        what = f"{partitions} groups of cities, each with the same"
        fixed = [part for part in parts if part.name not in PROCESSES]
        return self._step("partitions", what, parts, fixed)

    def partitions(self) -> int:
        """Groups of cities that are wanted, so that no broker and no database is too busy."""
        limits = self._limits
        busiest = max(
            self._wants[BROKER] / limits["broker_cores"] / limits["busy"],
            *(self._wants[each] / limits["database_cores"] / limits["busy"] for each in DATABASES),
            *(part.busy / limits["busy"] for part in self._numbered(1)),
        )
        return min(max(1, math.ceil(busiest)), self._place.municipalities)

    def _parts(
        self, servers: Mapping[str, int], shared: Mapping[str, int], partitions: int
    ) -> list[Part]:
        """Of an average city's own processes, and of what the cities of a partition share."""
        cities = self._place.municipalities
        own = _only(servers, self._whole, 1 / cities)
        common = _only(shared, self._whole, 1 / partitions)
        waits = self._waits(servers, own) | self._waits(shared, common)
        return [
            _part(name, self._wants[name] / cities, number, "processes", waits)
            for name, number in servers.items()
        ] + [
            _part(name, self._wants[name] / partitions, number, "cores", waits)
            for name, number in shared.items()
        ]

    def _memory(self, gigabytes: float) -> Part:
        wants = self._figures.city_mb * self._place.municipalities / 1_000
        return Part(MEMORY, wants, gigabytes, "GB", wants / gigabytes, None)

    def _numbered(self, partitions: int, servers: int | None = None) -> list[Part]:
        """What counts by cities, whether anything comes or not: queues of a broker, and connections
        of one of so many database servers (by default one for each database of a city)."""
        cities = math.ceil(self._place.municipalities / partitions)
        queues, most = self._queues * cities, self._limits["broker_queues"]
        found = [Part(QUEUES, queues, most, "queues", queues / most, None)]
        if self._figures.connections is not None:
            each = self._figures.connections / (servers or len(database_names()))
            most = self._limits["database_connections"]
            wants = each * cities
            found.append(Part(CONNECTIONS, wants, most, "connections", wants / most, None))
        return found

    def _waits(self, servers: Mapping[str, int], coming: Sequence[Work]) -> dict[str, float]:
        """The 99th percentile of the wait, in ms, of each station that can do what comes to it."""
        wanted = demand(coming)
        able = {name: has for name, has in servers.items() if wanted.get(name, 0.0) < has}
        passing = _only(able, coming, 1.0)
        if not any(work.rate for work in passing):
            return dict.fromkeys(able, 0.0)
        found: Outcome = simulate(able, passing, jobs=self._jobs, seed=_SEED)
        return {name: percentile(found.waits[name], _P) * 1_000 for name in able}

    def _step(
        self, name: str, what: str, parts: list[Part], first: Sequence[Part] | None = None
    ) -> Step:
        """The part that gives out first is the busiest of ``first``, if that is said."""
        ranked = sorted(parts, key=lambda part: (part not in (first or parts), -part.busy))
        carries = self._place.population * self._limits["busy"] / ranked[0].busy
        return Step(name, what, tuple(ranked), carries)


def _only(servers: Mapping[str, int], coming: Iterable[Work], share: float) -> list[Work]:
    """What of the work passes these stations, and so large a share of it."""
    found = []
    for work in coming:
        stages = tuple(stage for stage in work.stages if stage[0] in servers)
        if stages:
            found.append(Work(work.name, work.rate * share, stages, work.even))
    return found


def _part(name: str, wants: float, has: int, unit: str, waits: Mapping[str, float]) -> Part:
    return Part(name, wants, has, unit, wants / has, waits.get(name))


def _cores(coming: Sequence[Work]) -> float:
    return sum(demand(coming).values())
