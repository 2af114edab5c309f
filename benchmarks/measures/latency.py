"""Latency: from a commit in one service to the measure in the KPI database, an event at a time."""

import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median, quantiles
from typing import Any

from sqlalchemy.orm import Session

from benchmarks import load
from benchmarks.ground import Ground
from benchmarks.peers.pika_roundtrip import RoundTrip
from benchmarks.rows import Result, Row
from benchmarks.trials import Pairs
from palika.auth import SYSTEM
from palika.database import sessions
from palika.local.processes import LocalError
from services.grievance.commands.file import file_grievance
from services.grievance.schemas import Filing
from services.kpi.domain.projection import india_day

ROUNDS = 3
SAMPLES = 500
WARM_UP = 100
_PAUSE_S = 0.002
_LOOK_EVERY_S = 0.0002
_WITHIN_S = 10
_LATEST = 50

HOW = f"""
One grievance is filed by the grievance service's own command (`file_grievance`, which records the
event) and committed; the real relay and the real kpi service, a process each, carry it. The clock
runs from the return of the commit until the grown measure is read from the KPI database, which
is looked at every {{look:.2f}} ms (measured: a query and a pause), so a figure of ours may be
that much too high. The peer, measured in turn, event by event: pika publishes to a quorum queue,
consumes from it on the same connection, and commits one upsert. Each of {ROUNDS} rounds has
{SAMPLES} samples of both; the figures are the medians of the rounds' percentiles, the ratio that of
the rounds' ratios. {WARM_UP} samples before them do not count.
"""

_READ = """
    SELECT value FROM measure
    WHERE measure = 'grievance.filed' AND department = %s AND ward = %s AND day = %s::date
"""


class Travelling:
    """The processes and the connections; one event after the other."""

    def __init__(self, ground: Ground) -> None:
        """Start relay and kpi; connect the peer."""
        ground.enter("latency", "grievance", "kpi")
        self._kpi = ground.part("run", "kpi")
        self._relay = ground.part("relay", "grievance")
        # An event that comes before the queue is bound would never reach it.
        ground.wait_for_consumer("kpi.measures", self._kpi)
        self._reader = ground.connect("kpi")
        self._cursor = self._reader.cursor()
        self._cursor.execute("TRUNCATE inbox, measure")
        sessions.cache_clear()
        self._sessions = sessions("grievance")
        with self._sessions.begin() as session:
            session.connection().exec_driver_sql("TRUNCATE outbox")
        # The peer's upserts go into a table of their own, so that ours can be told from them.
        peers = ground.connect("grievance")
        with peers.cursor() as cursor:
            cursor.execute("CREATE SCHEMA IF NOT EXISTS peer")
            cursor.execute("SET search_path = peer")
            cursor.execute(
                "CREATE TABLE IF NOT EXISTS measure (measure text, department text, ward text, "
                "day date, value bigint, PRIMARY KEY (measure, department, ward, day)) "
                "WITH (fillfactor = 70)"
            )
        self._peer = RoundTrip(ground.amqp_uri, peers, "bench.roundtrip")
        self._args = Filing().load(
            {"category": "pothole", "ward": "aundh-baner", "description": "A pothole."}
        )
        self._messages = iter(load.filings(ROUNDS * SAMPLES + WARM_UP))
        self._count = 0
        self._latest: deque[float] = deque(maxlen=_LATEST)
        self._begun_looking = 0.0
        self.looks = 0
        self.looked_s = 0.0

    def pair(self) -> tuple[float, float]:
        """Seconds that ours took, and the peer."""
        ours = self._ours()
        time.sleep(_PAUSE_S)
        theirs = self._peer.once(next(self._messages))
        time.sleep(_PAUSE_S)
        return ours, theirs

    def close(self) -> None:
        """Stop the processes."""
        self._peer.close()
        for process in (self._relay, self._kpi):
            process.stop()

    def _ours(self) -> float:
        with self._sessions() as session:
            where = self._file(session)
            session.commit()
            started = time.perf_counter()
            self._count += 1
            deadline = started + _WITHIN_S
            # Looking takes a part of the machine away from those who carry the event: do not look
            # before it can be there.
            time.sleep(self._soonest())
            self._begun_looking = time.perf_counter()
            while self._value(where) < self._count:
                self.looks += 1
                now = time.perf_counter()
                if now > deadline:
                    self._kpi.check()
                    self._relay.check()
                    raise LocalError(f"an event did not arrive within {_WITHIN_S} s")
                time.sleep(_LOOK_EVERY_S)
            took = time.perf_counter() - started
        self.looked_s += started + took - self._begun_looking
        self._latest.append(took)
        return took

    def _soonest(self) -> float:
        """Half of what the quickest of the last events took; nothing at first."""
        return min(self._latest) / 2 if len(self._latest) == _LATEST else 0.0

    def _file(self, session: Session) -> tuple[str, str, str]:
        caller = SYSTEM("grievance")
        filed = file_grievance(session, caller, self._args, datetime.now(UTC)).grievance
        day = india_day({"at": filed.filed_at.isoformat()}, "at")
        return filed.department, str(filed.ward), day

    def _value(self, where: tuple[str, str, str]) -> int:
        self._cursor.execute(_READ, where)
        row: Any = self._cursor.fetchone()
        return int(row[0]) if row else 0


def run(ground: Ground, say: Callable[[str], None]) -> Result:
    """Ours beside the peer, event by event."""
    on = Travelling(ground)
    rounds = []
    try:
        for _ in range(WARM_UP):
            on.pair()
        for number in range(1, ROUNDS + 1):
            rounds.append([on.pair() for _ in range(SAMPLES)])
            p50, p99 = percentiles(rounds[-1])
            say(
                f"{number}/{ROUNDS}: ours p50 {p50[0]:.2f} ms, p99 {p99[0]:.2f} ms; "
                f"pika p50 {p50[1]:.2f} ms, p99 {p99[1]:.2f} ms"
            )
    finally:
        on.close()
    rows = []
    for number, (name, ceiling) in enumerate((("p50", 3), ("p99", 8))):
        pairs = Pairs.of([percentiles(samples)[number] for samples in rounds])
        rows.append(
            Row(
                f"latency: commit to visible in KPI, {name}",
                "pika publish to consume, and one commit",
                pairs.ours,
                "ms",
                ceiling,
                peer=pairs.peer,
                ratio=pairs.ratio,
                ceiling=True,
            )
        )
    look_ms = 1_000 * on.looked_s / max(1, on.looks)
    return Result("latency", rows, HOW.format(look=look_ms))


def percentiles(samples: list[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """(ours, theirs) at the 50th percentile and at the 99th, in milliseconds."""
    columns = [[each * 1_000 for each in column] for column in zip(*samples, strict=True)]
    return (
        (median(columns[0]), median(columns[1])),
        (quantiles(columns[0], n=100)[98], quantiles(columns[1], n=100)[98]),
    )
