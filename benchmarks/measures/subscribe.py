"""Subscribe: inbox and measure upsert in PostgreSQL, from a filled quorum queue."""

from collections.abc import Callable

from benchmarks import load, watch
from benchmarks.ground import Ground, Process
from benchmarks.peers.effect import NAMEKO_QUEUE
from benchmarks.rows import Result, Row
from benchmarks.trials import best, in_turn
from palika import topology
from palika.config import settings
from services.kpi.domain.projection import RULES

MANY = 80_000
"""Events for us and for the limit: two or three seconds of work."""
FEW = 8_000
"""Events for the peers that commit each one."""
ROUNDS = 3

HOW = f"""
A queue is filled with `grievance.filed.v1` events as the grievance service makes them; then a
process is started that drains it. *Ours* is the real one, `palika run kpi`, on its own quorum
queue with dead-lettering and delivery limit ({MANY:,} events): inbox, upsert of the measures,
commit, ack. Nameko and FastStream ({FEW:,} events) do one upsert and one commit an event, into the
same table, of that measure alone, and keep no inbox and no roll-up; ours feeds all measures of the
city's catalogue. Nameko reads the classic queue that it declares; FastStream reads a
quorum queue. Rates are taken from the table itself: from the moment when a fifth of the events is
counted until all are, by the database's clock. pika reads the same messages from our own queue,
parses them and does nothing else.
"""

_QUEUE = "kpi.measures"
_PLAIN = "bench.faststream"
_LOOK = """
    SELECT extract(epoch FROM clock_timestamp())::float8,
           (SELECT coalesce(sum(value), 0) FROM measure WHERE measure = 'grievance.filed')
"""


class Subscribing:
    """The table and the queues, and one measurement after the other."""

    def __init__(self, ground: Ground) -> None:
        """Make the events; declare the queues."""
        self._ground = ground
        ground.enter("subscribe", "kpi")
        self._file = ground.directory / "subscribe.jsonl"
        self.take(load.filings(MANY))
        self._database = ground.connect("kpi").cursor()
        ours = topology.subscription("kpi", "measures", sorted(RULES), settings("kpi"))
        others = topology.Topology(
            queues=(
                topology.Queue(_PLAIN, {"x-queue-type": "quorum"}),
                topology.Queue(NAMEKO_QUEUE, {}),
            )
        )
        topology.declare(ground.amqp_uri, ours + others)

    def take(self, messages: list[load.Message]) -> None:
        """From now on these events."""
        load.save(self._file, messages)

    def ours(self) -> float:
        """The real kpi service."""
        self._fill(_QUEUE, MANY)
        return self._drain(self._ground.part("run", "kpi"), MANY)

    def nameko(self, workers: int) -> float:
        """Stock ``event_handler``."""
        self._fill(NAMEKO_QUEUE, FEW)
        return self._drain(
            self._ground.consumer(
                "nameko_handler",
                uri=self._ground.amqp_uri,
                database=self._ground.database_url("kpi"),
                workers=workers,
            ),
            FEW,
        )

    def faststream(self, prefetch: int, connections: int) -> float:
        """FastStream's subscriber."""
        self._fill(_PLAIN, FEW)
        return self._drain(
            self._ground.consumer(
                "faststream_subscriber",
                uri=self._ground.amqp_uri,
                database=self._ground.database_url("kpi"),
                queue=_PLAIN,
                prefetch=prefetch,
                connections=connections,
            ),
            FEW,
        )

    def limit(self, prefetch: int, ack_every: int) -> float:
        """pika, reading and parsing only."""
        self._fill(_QUEUE, MANY)
        return self._ground.peer(
            "pika_reader",
            uri=self._ground.amqp_uri,
            queue=_QUEUE,
            count=MANY,
            prefetch=prefetch,
            ack_every=ack_every,
        )

    def _fill(self, queue: str, count: int) -> None:
        self._database.execute("TRUNCATE inbox, measure, measure_year")
        # A peer that was stopped before its last acks had them delivered again.
        self._ground.purge(queue)
        self._ground.peer(
            "pika_publisher",
            uri=self._ground.amqp_uri,
            exchange="",
            routing_key=queue,
            messages=str(self._file),
            count=count,
            window=2_000,
        )
        # What was written so far is on disk before the clock runs.
        self._database.execute("CHECKPOINT")

    def _drain(self, process: Process, count: int) -> float:
        try:
            return watch.rate(self._look, count, process.check)
        finally:
            process.stop()

    def _look(self) -> tuple[float, int]:
        self._database.execute(_LOOK)
        moment, done = self._database.fetchone()
        return moment, int(done)


def run(ground: Ground, say: Callable[[str], None]) -> Result:
    """Ours beside each peer; each peer at the best of a few settings."""
    on = Subscribing(ground)
    say(f"warm-up: ours {on.ours():,.0f} events/s")
    tried: list[str] = []
    rows = []
    for against, floor, candidates in (
        (
            "Nameko event_handler, a commit each",
            10,
            {f"{n} workers": lambda n=n: on.nameko(n) for n in (1, 10, 40, 80, 120)},
        ),
        (
            "FastStream, a commit each",
            8,
            {
                f"prefetch {prefetch}, {connections} connections": (
                    lambda p=prefetch, c=connections: on.faststream(p, c)
                )
                for prefetch, connections in ((10, 10), (40, 40), (100, 80), (200, 100), (400, 150))
            },
        ),
        (
            "pika reading and parsing only (the limit)",
            0.6,
            {
                f"prefetch {prefetch}, ack every {every}": (
                    lambda p=prefetch, e=every: on.limit(p, e)
                )
                for prefetch, every in (
                    (1_000, 200),
                    (5_000, 200),
                    (5_000, 1_000),
                    (5_000, 2_000),
                    (10_000, 5_000),
                )
            },
        ),
    ):
        setting, peer = best(against, candidates, tried, say)
        pairs = in_turn(against, on.ours, peer, ROUNDS, say)
        rows.append(
            Row(
                "subscribe: inbox + measure",
                against,
                pairs.ours,
                "events/s",
                floor,
                peer=pairs.peer,
                ratio=pairs.ratio,
                setting=setting,
            )
        )
    return Result("subscribe", rows, HOW, tried)
