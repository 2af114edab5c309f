"""Claiming rows of the outbox, having them published, marking them sent."""

import contextlib
import logging
import random
import threading
import time
from collections.abc import Iterator

import psycopg2
import psycopg2.extensions

from palika import libpq, metrics, spans, tracing
from palika.config import Settings
from palika.events import traceparent_of
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
    """Calls the slots to their work: one, as long as one is enough; all, when there is much.

    What is recorded while a slot is at work it finds itself when it looks again: a few rows carried
    together cost the broker, the database and the subscribers little more than one.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._called = False
        self._for_many = False
        self._at_work = 0

    def call(self, *, for_many: bool = False) -> None:
        """Call a slot that waits, or the next that comes to wait.

        Args:
            for_many: there is more than one slot's work; else those who wait leave it to those who
                are at work.
        """
        with self._changed:
            self._called = True
            self._for_many = self._for_many or for_many
            self._changed.notify()

    def wait(self, timeout_s: float) -> None:
        """Wait to be called, at most ``timeout_s`` seconds."""
        with self._changed:
            if self._changed.wait_for(self._is_wanted, timeout_s):
                self._called = self._for_many = False

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Be at work inside."""
        with self._changed:
            self._at_work += 1
        try:
            yield
        finally:
            with self._changed:
                self._at_work -= 1
                if self._called:
                    self._changed.notify()

    def _is_wanted(self) -> bool:
        return self._called and (self._for_many or not self._at_work)


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
                delay = min(10.0, 0.1 * 2 ** min(self._failures, 8)) * random.uniform(0.5, 1.5)  # noqa: S311 no secret hangs on it
                _log.warning("database: %s; again in %.1f s", str(error).strip(), delay)
                self._stopping.wait(delay)
        # The next one that waits is to stop too.
        self._wake.call(for_many=True)

    def _work(self, connection: psycopg2.extensions.connection) -> None:
        try:
            while not self._stopping.is_set():
                if not self._publisher.wait_available(_STEP_S):
                    continue
                with self._wake.at_work():
                    claimed, settled = self._carry(connection)
                self._failures = 0
                if claimed == self._config.relay_batch:
                    self._wake.call(for_many=True)
                elif settled:
                    self._wake.wait(self._look_after_s)
                    # As the refused rows become due: nobody calls when they do.
                    self._look_after_s = min(2 * self._look_after_s, self._config.relay_poll_s)
        finally:
            connection.close()

    def _carry(self, connection: psycopg2.extensions.connection) -> tuple[int, bool]:
        """Claim rows and have them published; how many, and whether the broker answered for all."""
        with connection.cursor() as cursor:
            cursor.execute(_CLAIM, (self._config.relay_batch,))
            rows = [Outgoing._make(row) for row in cursor.fetchall()]
            batch = self._published(rows) if rows else Batch(rows)
            if batch.fault:
                self._one_by_one(cursor, rows)
            elif not batch.lost:
                self._mark(cursor, batch)
            connection.commit()
        return len(rows), not batch.lost

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
        started_ns = time.time_ns()
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
        if tracing.recording():
            _trace(batch, started_ns)
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


def _trace(batch: Batch, started_ns: int) -> None:
    """A span for each event of a trace that is recorded, from its claim to the broker's answer."""
    ended_ns = time.time_ns()
    for row in batch.rows:
        cause = traceparent_of(row.body)
        if cause is None or not tracing.is_recorded(cause):
            continue
        refused = "refused" if row.position in batch.refused else None
        spans.publish(
            cause,
            row.type,
            row.event_id,
            started_ns=started_ns,
            ended_ns=ended_ns,
            together=len(batch.rows),
            error_type="lost" if batch.lost else refused,
        )
