"""Relay: from rows in an outbox to messages confirmed by the broker."""

from collections.abc import Callable

from psycopg2.extras import execute_values

from benchmarks import load, watch
from benchmarks.ground import Ground
from benchmarks.rows import Result, Row
from benchmarks.trials import best, in_turn
from palika import topology
from palika.config import settings
from services.grievance.schemas import FILED
from services.kpi.domain.projection import RULES

MANY = 60_000
"""Rows for our relay and for the limit."""
FEW = 6_000
"""Events for the peer that waits for each confirm."""
ROUNDS = 3

HOW = f"""
An outbox is filled with {MANY:,} `grievance.filed.v1` events; then the real relay, `palika relay
grievance`, is started. It claims the rows, publishes them to `grievance.events`, to which the
event-log stream and one quorum queue are bound, waits for the confirms and marks the rows. Its rate
is taken from the rows marked as sent: from the moment when a fifth of them is, until all are, by
the database's clock. The peers publish the same events to the same exchange and bindings from
memory, without any database: Nameko's dispatcher, which waits for each confirm ({FEW:,} events),
and pika with asynchronous confirms ({MANY:,} events). The queue is emptied before each measurement.
The row without a limit is the same dispatcher called from many greenlets, each on a connection of
its own.
"""

_NOW = "extract(epoch FROM clock_timestamp())::float8"
# The relay claims in order, so the first unsent row tells how far it is: a look at an index.
_FIRST_UNSENT = "SELECT position FROM outbox WHERE sent_at IS NULL ORDER BY position LIMIT 1"
_LOOK = f"SELECT {_NOW}, ({_FIRST_UNSENT})"
_COUNT = f"SELECT {_NOW}, (SELECT count(*) FROM outbox WHERE sent_at IS NOT NULL)"
_INSERT = "INSERT INTO outbox (event_id, type, exchange, routing_key, mandatory, body) VALUES %s"


class Relaying:
    """The outbox and the topology, and one measurement after the other."""

    def __init__(self, ground: Ground) -> None:
        """Make the events; declare exchange, event log and queue."""
        self._ground = ground
        ground.enter("relay", "grievance")
        self._file = ground.directory / "relay.jsonl"
        self.take(load.filings(MANY))
        self._database = ground.connect("grievance").cursor()
        topology.declare(
            ground.amqp_uri,
            topology.publisher("grievance", settings("grievance"))
            + topology.subscription("kpi", "measures", sorted(RULES), settings("kpi")),
        )

    def take(self, messages: list[load.Message]) -> None:
        """From now on these events."""
        self._messages = messages
        load.save(self._file, messages)

    def ours(self) -> float:
        """The real relay."""
        self._purge()
        self._database.execute("TRUNCATE outbox RESTART IDENTITY")
        name = FILED.name
        rows = [
            (each.id, str(name), name.exchange, name.routing_key, True, each.body)
            for each in self._messages
        ]
        execute_values(self._database, _INSERT, rows, page_size=2_000)
        # What was written so far is on disk before the clock runs.
        self._database.execute("CHECKPOINT")
        relay = self._ground.part("relay", "grievance")
        try:
            return watch.rate(self._look, MANY, relay.check)
        finally:
            relay.stop()

    def dispatcher(self, greenlets: int) -> float:
        """Nameko's event dispatcher."""
        self._purge()
        return self._ground.peer(
            "nameko_dispatcher",
            uri=self._ground.amqp_uri,
            messages=str(self._file),
            count=FEW,
            greenlets=greenlets,
        )

    def limit(self, window: int) -> float:
        """pika with asynchronous confirms."""
        self._purge()
        return self._ground.peer(
            "pika_publisher",
            uri=self._ground.amqp_uri,
            exchange=FILED.name.exchange,
            routing_key=FILED.name.routing_key,
            messages=str(self._file),
            count=MANY,
            window=window,
        )

    def _purge(self) -> None:
        self._ground.purge("kpi.measures")

    def _look(self) -> tuple[float, int]:
        self._database.execute(_LOOK)
        moment, first = self._database.fetchone()
        # Only near the two ends must it be exact: rows behind the first may have been sent as well.
        if first is not None and first - 1 < MANY * watch.WARM_UP:
            return moment, first - 1
        self._database.execute(_COUNT)
        moment, sent = self._database.fetchone()
        return moment, int(sent)


def run(ground: Ground, say: Callable[[str], None]) -> Result:
    """Ours beside each peer; each peer at the best of a few settings."""
    on = Relaying(ground)
    say(f"warm-up: ours {on.ours():,.0f} events/s")
    tried: list[str] = []
    rows = []
    for against, floor, candidates in (
        (
            "Nameko event dispatcher, confirmed, one at a time",
            12,
            {"standalone dispatcher": lambda: on.dispatcher(1)},
        ),
        (
            "the same, many at a time",
            None,
            {f"{n} greenlets": lambda n=n: on.dispatcher(n) for n in (4, 10, 40, 80)},
        ),
        (
            "pika asynchronous confirms (the limit)",
            0.4,
            {f"window {n:,}": lambda n=n: on.limit(n) for n in (500, 1_000, 2_000, 4_000, 8_000)},
        ),
    ):
        setting, peer = best(against, candidates, tried, say)
        pairs = in_turn(against, on.ours, peer, ROUNDS, say)
        rows.append(
            Row(
                "relay: outbox to confirmed",
                against,
                pairs.ours,
                "events/s",
                floor,
                peer=pairs.peer,
                ratio=pairs.ratio,
                setting=setting,
            )
        )
    return Result("relay", rows, HOW, tried)
