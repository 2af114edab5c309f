"""Claiming rows of the outbox, having them published, marking them sent."""

import logging
import random
import threading
import time

import psycopg2
import psycopg2.extensions

from palika import libpq, metrics
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


_STEP_S = 0.5
# When the first that was refused is due again.
_AGAIN_S = 1.0
# Rows held open for longer keep PostgreSQL from cleaning up behind everybody else.
_BLOCKED_PATIENCE_S = 300.0


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
    return psycopg2.connect(config.database_url, **libpq.options(f"{config.service}-relay-{part}"))


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
        self._look_after_s = config.relay_poll_s

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
        # The next one that waits is to stop too.
        self._wake.call()

    def _work(self, connection: psycopg2.extensions.connection) -> None:
        try:
            while not self._stopping.is_set():
                if not self._publisher.wait_available(_STEP_S):
                    continue
                claimed = self._carry(connection)
                self._failures = 0
                if claimed == self._config.relay_batch:
                    # There is probably more than one slot's work.
                    self._wake.call()
                elif claimed == 0:
                    self._wake.wait(self._look_after_s)
                    # As the refused rows become due: nobody calls when they do.
                    self._look_after_s = min(2 * self._look_after_s, self._config.relay_poll_s)
        finally:
            connection.close()

    def _carry(self, connection: psycopg2.extensions.connection) -> int:
        """Claim rows and have them published; how many were claimed."""
        with connection.cursor() as cursor:
            cursor.execute(_CLAIM, (self._config.relay_batch,))
            rows = [Outgoing._make(row) for row in cursor.fetchall()]
            batch = self._published(rows) if rows else None
            if batch is not None and batch.fault:
                self._one_by_one(cursor, rows)
            elif batch is not None and not batch.lost:
                self._mark(cursor, batch)
            connection.commit()
        return len(rows)

    def _one_by_one(self, cursor: psycopg2.extensions.cursor, rows: list[Outgoing]) -> None:
        """Carry each row by itself, for one of them makes the broker close on us.

        Only that one is refused. (One of another slot that meets it there is refused as well, and
        tried again a second later.)
        """
        for row in rows:
            if not self._is_available_again():
                return
            batch = self._published([row])
            if batch.fault:
                batch.refused[row.position] = batch.fault
            elif batch.lost:
                return
            self._mark(cursor, batch)

    def _is_available_again(self) -> bool:
        """Wait for the broker; False when told to stop, or when it was away for too long."""
        deadline = time.monotonic() + _BLOCKED_PATIENCE_S
        while not self._publisher.wait_available(_STEP_S):
            if self._stopping.is_set() or time.monotonic() > deadline:
                return False
        return True

    def _published(self, rows: list[Outgoing]) -> Batch:
        """Have rows published; the settled batch."""
        batch = Batch(rows)
        self._publisher.publish(batch)
        # While an alarm blocks the broker nothing can come; what it has got it confirms later.
        patience, blocked_patience = self._config.relay_confirm_timeout_s, _BLOCKED_PATIENCE_S
        while not batch.wait(_STEP_S):
            if self._publisher.blocked:
                blocked_patience -= _STEP_S
            else:
                patience -= _STEP_S
            if blocked_patience <= 0:
                # The connection stays: a new one would not know that it is blocked, and send more.
                _log.warning(
                    "blocked for %.0f s: %d rows given back", _BLOCKED_PATIENCE_S, len(rows)
                )
                batch.lost = True
                break
            if patience <= 0:
                _log.warning("no confirm within %s s", self._config.relay_confirm_timeout_s)
                metrics.RELAY_FAILURES.labels(reason="confirm_timeout").inc()
                self._publisher.give_up(batch)
                batch.lost = True
                break
        return batch

    def _mark(self, cursor: psycopg2.extensions.cursor, batch: Batch) -> None:
        refused = batch.refused
        sent = [row.position for row in batch.rows if row.position not in refused]
        if sent:
            cursor.execute(_MARK_SENT, (sent,))
            metrics.RELAY_PUBLISHED.inc(len(sent))
        if refused:
            self._look_after_s = min(_AGAIN_S, self._config.relay_poll_s)
            cursor.execute(_MARK_REFUSED, (list(refused), list(refused.values())))
            by_reason: dict[str, list[int]] = {}
            for position, reason in refused.items():
                by_reason.setdefault(reason, []).append(position)
            for reason, positions in by_reason.items():
                _log.error(
                    "%d not taken, from outbox row %d on: %s",
                    len(positions),
                    min(positions),
                    reason,
                )
