"""What came of the events of a fault test, and how long nothing came of them."""

import os
import threading
import time

import pytest
from psycopg2 import OperationalError

from palika import dead_letters, event_log
from services.kpi.domain.projection import KINDS
from tests.faults.ground_truth import Key, Writer
from tests.support.backbone import Backbone

QUEUE = "kpi.measures"
DELAYS_MS = (200, 500)
RETRIES = {
    "PALIKA_RETRY_DELAYS_MS": ",".join(map(str, DELAYS_MS)),
    "PALIKA_HEARTBEAT_S": "2",
}
"""Settings of the services and relays of a fault test."""


class Progress(threading.Thread):
    """Watches how much has taken effect; finds the longest time in which nothing did."""

    def __init__(self, backbone: Backbone, writer: Writer) -> None:
        super().__init__(name="progress", daemon=True)
        self.longest_pause = 0.0
        """Of all; ``lap`` has that of a part."""
        self.seen = 0
        self._lap = 0.0
        self._backbone = backbone
        self._writer = writer
        self._stop_asked = threading.Event()

    def run(self) -> None:
        moved = time.monotonic()
        while not self._stop_asked.wait(0.2):
            try:
                seen = self.measure()
            except OperationalError:
                continue
            now = time.monotonic()
            if seen > self.seen or seen >= len(self._writer.ids):
                moved = now
            self.longest_pause = max(self.longest_pause, now - moved)
            self._lap = max(self._lap, now - moved)
            self.seen = seen

    def measure(self) -> int:
        """How many events have taken effect now."""
        count: int = self._backbone.value("kpi", "SELECT count(*) FROM inbox")
        return count

    def lap(self) -> float:
        """The longest pause since the last time that this was asked."""
        found, self._lap = self._lap, 0.0
        return found

    def stop(self) -> None:
        self._stop_asked.set()
        self.join()


class Flow:
    """Events that flow while there are faults: the ground truth, and what came of it."""

    def __init__(self, backbone: Backbone, writer: Writer) -> None:
        self.backbone = backbone
        self.writer = writer

    def measures(self) -> dict[Key, int]:
        rows = self.backbone.query(
            "kpi", "SELECT measure, department, ward, day::text, value FROM measure"
        )
        # Of sketches, and of the parts that a catalogue adds, the truth knows nothing.
        sums = (row for row in rows if KINDS.get(row[0]) == "sum")
        return {(m, d, w, day): value for m, d, w, day, value in sums if value}

    def dead(self) -> list[dead_letters.DeadLetter]:
        return dead_letters.browse(self.backbone.amqp_uri, QUEUE, limit=10_000)

    def logged(self) -> set[str]:
        """The ids of all events in the log of the service."""
        batches = event_log.read(self.backbone.amqp_uri, "grievance")
        return {event.id for batch in batches for event in batch}

    def settled(self) -> bool:
        """Everything sent, everything taken, nothing waiting for a retry."""
        unsent = "SELECT count(*) FROM outbox WHERE sent_at IS NULL"
        if self.backbone.value("grievance", unsent):
            return False
        seen = self.backbone.value("kpi", "SELECT count(*) FROM inbox")
        return seen >= len(self.writer.ids) and self.drained()

    def drained(self) -> bool:
        queues = (QUEUE, *(f"{QUEUE}.retry.{delay}" for delay in DELAYS_MS))
        return not any(self.backbone.messages(queue) for queue in queues)

    def expected(self) -> dict[Key, int]:
        return {key: value for key, value in self.writer.measures.items() if value}


def say(request: pytest.FixtureRequest, *lines: str) -> None:
    """Print for the report of a failure, and for whoever watches."""
    print(*lines, sep="\n  ")
    if "PYTEST_XDIST_WORKER" not in os.environ:
        capture = request.config.pluginmanager.getplugin("capturemanager")
        with capture.global_and_fixture_disabled():
            print(*lines, sep="\n  ")
