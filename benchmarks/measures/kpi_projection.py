"""The projection of the KPI service: with the full catalogue, and with a thin one."""

import os
from collections.abc import Callable

from benchmarks import load, watch
from benchmarks.ground import Ground, Process
from benchmarks.rows import Result, Row
from benchmarks.trials import in_turn
from palika import topology
from palika.config import settings
from services.kpi.domain.projection import RULES
from services.kpi.reference import city_catalogue

MANY = 80_000
ROUNDS = 5
_QUEUE = "kpi.measures"
_LOOK = """
    SELECT extract(epoch FROM clock_timestamp())::float8,
           (SELECT coalesce(sum(value), 0) FROM measure WHERE measure = 'grievance.filed')
"""

HOW = f"""
The queue of the kpi service is filled with {MANY:,} `grievance.filed.v1` events, as for
`subscribe`; then a process is started that drains it. *Full* is `palika run kpi` with the city's
catalogue: all measures that the events feed, and all parts of them. *Thin* is the same service with
a catalogue of no parts and the rule of before, one measure an event (`peers/kpi_thin.py`): the same
queue, inbox, writer and roll-up. Rates are taken from the table itself, from the moment when a
fifth of the events is counted until all are, by the database's clock; {ROUNDS} pairs in turn.
"""


class Projecting:
    """The table and the queue, and one measurement after the other."""

    def __init__(self, ground: Ground) -> None:
        """Make the events; declare the queue."""
        self._ground = ground
        ground.enter("kpi_projection", "kpi")
        self._file = ground.directory / "kpi_projection.jsonl"
        load.save(self._file, load.filings(MANY))
        self._database = ground.connect("kpi").cursor()
        topology.declare(
            ground.amqp_uri,
            topology.subscription("kpi", "measures", sorted(RULES), settings("kpi")),
        )

    def full(self) -> float:
        """With the city's catalogue."""
        self._fill()
        return self._drain(self._ground.part("run", "kpi"))

    def thin(self) -> float:
        """With one measure."""
        self._fill()
        return self._drain(self._ground.consumer("kpi_thin", supervisor=os.getpid()))

    def measures(self) -> int:
        """How many measures the last one fed."""
        self._database.execute("SELECT count(DISTINCT measure) FROM measure")
        return int(self._database.fetchone()[0])

    def _fill(self) -> None:
        self._database.execute("TRUNCATE inbox, measure, measure_year")
        self._ground.purge(_QUEUE)
        self._ground.peer(
            "pika_publisher",
            uri=self._ground.amqp_uri,
            exchange="",
            routing_key=_QUEUE,
            messages=str(self._file),
            count=MANY,
            window=2_000,
        )
        self._database.execute("CHECKPOINT")

    def _drain(self, process: Process) -> float:
        try:
            return watch.rate(self._look, MANY, process.check)
        finally:
            process.stop()

    def _look(self) -> tuple[float, int]:
        self._database.execute(_LOOK)
        moment, done = self._database.fetchone()
        return moment, int(done)


def run(ground: Ground, say: Callable[[str], None]) -> Result:
    """Full and thin, in turn."""
    on = Projecting(ground)
    say(f"warm-up: full {on.full():,.0f} events/s")
    fed = on.measures()
    say(f"warm-up: thin {on.thin():,.0f} events/s")
    known = city_catalogue()
    tried = [
        f"the catalogue: {len(known.indicators)} KPIs, {len(known.parts())} parts of measures; "
        f"the events of the run fed {fed} measures, and {on.measures()} in the thin one"
    ]
    say(tried[0])
    pairs = in_turn("thin", on.full, on.thin, ROUNDS, say)
    return Result(
        "kpi_projection",
        [
            Row(
                "kpi: projection, full catalogue",
                "the same service, a thin one",
                pairs.ours,
                "events/s",
                0.5,
                peer=pairs.peer,
                ratio=pairs.ratio,
            )
        ],
        HOW,
        tried,
    )
