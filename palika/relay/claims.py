"""Claiming rows of the outbox, having them published, marking them sent."""

import logging
import random
import threading

import psycopg2
import psycopg2.extensions

from palika import metrics
from palika.config import Settings
from palika.relay.frames import Outgoing
from palika.relay.publisher import Batch, Publisher

_log = logging.getLogger(__name__)

_CLAIM = """
    SELECT position, event_id::text, type, exchange, routing_key, mandatory, body
    FROM outbox
    WHERE sent_at IS NULL AND (not_before IS NULL OR not_before <= now())
    ORDER BY position
    LIMIT %s
    FOR UPDATE SKIP LOCKED
"""
_MARK_SENT = "UPDATE outbox SET sent_at = now(), error = NULL WHERE position = ANY(%s::bigint[])"
# An event that no queue wants is looked at again, ever more rarely, until somebody binds one.
_MARK_REFUSED = """
    UPDATE outbox AS o
    SET attempts = attempts + 1, error = r.reason,
        not_before = now()
            + least(interval '5 minutes', interval '1 second' * 2 ^ least(attempts, 9))
    FROM unnest(%s::bigint[], %s::text[]) AS r(position, reason)
    WHERE o.position = r.position
"""


class Wake:
    """Wakes one waiting slot at a time; a call that finds nobody waiting is kept."""

    def __init__(self) -> None:
        self._semaphore = threading.Semaphore(0)
        self._lock = threading.Lock()
        self._kept = False

    def call(self) -> None:
        """Wake one slot, or the next that comes to wait."""
        with self._lock:
            if not self._kept:
                self._kept = True
                self._semaphore.release()

    def wait(self, timeout_s: float) -> None:
        """Wait to be called, at most ``timeout_s`` seconds."""
        if self._semaphore.acquire(timeout=timeout_s):
            with self._lock:
                self._kept = False


def connect(config: Settings, part: str) -> psycopg2.extensions.connection:
    """A plain psycopg2 connection to the service's database (the relay has no use for an ORM)."""
    return psycopg2.connect(
        config.database_url,
        application_name=f"palika-{config.service}-relay-{part}",
        options="-c timezone=UTC -c jit=off",
        connect_timeout=5,
        keepalives_idle=30,
    )


class Slot(threading.Thread):
    """One claim at a time: claim, publish, wait for the confirms, mark, commit.

    Several slots keep the broker busy while others wait for the database.
    """

    def __init__(
        self,
        number: int,
        config: Settings,
        publisher: Publisher,
        wake: Wake,
        stop: threading.Event,
    ) -> None:
        super().__init__(name=f"slot-{number}", daemon=True)
        self._number = number
        self._config = config
        self._publisher = publisher
        self._wake = wake
        # Not "_stop": threading.Thread has a method of that name.
        self._stopping = stop
        self._failures = 0

    def run(self) -> None:
        """Work until told to stop; a lost database is tried again with backoff."""
        while not self._stopping.is_set():
            try:
                self._work(connect(self._config, f"slot{self._number}"))
            except psycopg2.Error as error:
                self._failures += 1
                metrics.RELAY_FAILURES.labels(reason="database").inc()
                delay = min(10.0, 0.1 * 2 ** min(self._failures, 8)) * random.uniform(0.5, 1.5)
                _log.warning("database: %s; again in %.1f s", str(error).strip(), delay)
                self._stopping.wait(delay)

    def _work(self, connection: psycopg2.extensions.connection) -> None:
        try:
            while not self._stopping.is_set():
                if not self._publisher.wait_available(timeout_s=0.5):
                    self._stopping.wait(0.05)
                    continue
                claimed = self._carry(connection)
                self._failures = 0
                if claimed == self._config.relay_batch:
                    # There is probably more than one slot's work.
                    self._wake.call()
                elif claimed == 0:
                    self._wake.wait(self._config.relay_poll_s)
        finally:
            connection.close()

    def _carry(self, connection: psycopg2.extensions.connection) -> int:
        with connection.cursor() as cursor:
            cursor.execute(_CLAIM, (self._config.relay_batch,))
            rows = [Outgoing._make(row) for row in cursor.fetchall()]
            if not rows:
                connection.rollback()
                return 0
            batch = Batch(rows)
            self._publisher.publish(batch)
            if not batch.wait(self._config.relay_confirm_timeout_s):
                _log.warning("no confirm within %s s", self._config.relay_confirm_timeout_s)
                metrics.RELAY_FAILURES.labels(reason="confirm_timeout").inc()
                self._publisher.reset()
                batch.lost = True
            if batch.lost:
                connection.rollback()
                return 0
            self._mark(cursor, batch)
            connection.commit()
        return len(rows)

    def _mark(self, cursor: psycopg2.extensions.cursor, batch: Batch) -> None:
        refused = batch.refused
        sent = [row.position for row in batch.rows if row.position not in refused]
        if sent:
            cursor.execute(_MARK_SENT, (sent,))
            metrics.RELAY_PUBLISHED.inc(len(sent))
        if refused:
            cursor.execute(_MARK_REFUSED, (list(refused), list(refused.values())))
            for position, reason in refused.items():
                _log.error("event in outbox row %d was not taken: %s", position, reason)
