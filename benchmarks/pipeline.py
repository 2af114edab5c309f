"""The grievance service at work on a database of one's choice, with its relay and the KPI service.

A measurement on it ends when the KPI totals have arrived, not when the calls have been answered.
"""

import time
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Self

from benchmarks.ground import Ground, Process
from benchmarks.lives import POSTS
from palika.india import day_of
from palika.local.processes import LocalError

EMPTY = "bench_grievance"
"""The database without a grievance: the posts are there, and yesterday's sample is drawn."""
PROCESSES = 2
"""Of the grievance service: one for each core of a machine with two."""
WORKERS = 10
"""Of each; the setting's default."""
CALLERS = 16
"""Calls in flight."""
_ARRIVES_WITHIN_S = 120
_LOOK_EVERY_S = 0.01

_TOTALS = "SELECT measure, sum(value) FROM measure GROUP BY measure"
_DRAWN = """
    INSERT INTO sample_draw (day, seed, percent, drawn_at)
    SELECT day::date, 'bench', 5, now() FROM unnest(%s::date[]) AS day
"""


def empty_database(ground: Ground) -> str:
    """Make the database without a grievance, the first time that it is asked for; its name."""
    if not ground.has_database(EMPTY):
        ground.use_database("grievance", EMPTY)
        ground.run("palika.cli", "migrate", "grievance")
        ground.run("palika.cli", "grievance", "officers", "import", str(POSTS))
        today = day_of(datetime.now(UTC))
        days = [today - timedelta(days=back) for back in range(1, 3)]
        with closing(ground.connect_to(EMPTY)) as connection, connection.cursor() as cursor:
            cursor.execute(_DRAWN, (days,))
            cursor.execute("VACUUM ANALYZE")
    return EMPTY


class Pipeline:
    """The processes, while it is entered; the KPI service begins with nothing counted."""

    def __init__(
        self,
        ground: Ground,
        database: str,
        *,
        processes: int = PROCESSES,
        workers: int = WORKERS,
    ) -> None:
        """Prepare.

        Args:
            ground: entered, with the database of kpi.
            database: of the grievance service.
            processes: of the grievance service; 0 where it is not called.
            workers: of each.
        """
        self._ground = ground
        self._database = database
        self._processes = processes
        self._workers = workers
        self._running: list[Process] = []

    def __enter__(self) -> Self:
        ground = self._ground
        ground.use_database("grievance", self._database)
        self._kpi = ground.connect("kpi")
        self._cursor = self._kpi.cursor()
        self._cursor.execute("TRUNCATE inbox, measure, measure_year")
        kpi = ground.part("run", "kpi")
        self._running = [
            kpi,
            ground.part("relay", "grievance"),
            *(
                ground.part("run", "grievance", "--workers", str(self._workers))
                for _ in range(self._processes)
            ),
        ]
        # An event that comes before the queue is bound would never reach it.
        ground.wait_for_consumer("kpi.measures", kpi)
        if self._processes:
            ground.wait_for_consumer("rpc-grievance", self._running[-1], self._processes)
        ground.checkpoint()
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._running:
            process.ask_to_stop()
        for process in self._running:
            process.stop()
        self._kpi.close()

    def counted(self) -> dict[str, int]:
        """The KPI service's totals, by measure."""
        self._cursor.execute(_TOTALS)
        return {measure: int(total) for measure, total in self._cursor.fetchall()}

    def arrival(self, wanted: Mapping[str, int]) -> float:
        """When these totals are reached: a moment of the system's monotonic clock.

        Raises:
            LocalError: they are not in time, or there is more than that.
        """
        deadline = time.monotonic() + _ARRIVES_WITHIN_S
        while True:
            totals = self.counted()
            moment = time.monotonic()
            missing = {name: total - totals.get(name, 0) for name, total in wanted.items()}
            if not any(missing.values()):
                return moment
            if min(missing.values()) < 0:
                raise LocalError(f"kpi has counted more than there is: {missing}")
            if moment > deadline:
                raise LocalError(f"kpi has not counted all in {_ARRIVES_WITHIN_S} s: {missing}")
            for process in self._running:
                process.check()
            time.sleep(_LOOK_EVERY_S)
