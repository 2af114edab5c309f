"""What the relay does beside carrying: prune what is old, measure what waits."""

import logging
import math
import select
import threading
import time

import psycopg2
import psycopg2.extensions

from palika import metrics
from palika.config import Settings
from palika.relay.claims import Wake, connect

_log = logging.getLogger(__name__)

_CHUNK = 5_000
_PRUNE_EVERY_S = 60.0
_MEASURE_EVERY_S = 1.0
# Counting a long outbox costs; it may take this share of the time at the most.
_MEASURE_SHARE = 0.05
# So long at a time; what is left then is pruned after the next measure.
_PRUNE_S = 1.0
_CONNECT_AGAIN_S = 1.0

_MEASURE = """
    SELECT count(*), coalesce(extract(epoch FROM now() - min(recorded_at)), 0)
    FROM outbox WHERE sent_at IS NULL
"""
_PRUNE_OUTBOX = """
    DELETE FROM outbox WHERE position IN (
        SELECT position FROM outbox WHERE sent_at < now() - interval '1 hour' * %s
        LIMIT %s FOR UPDATE SKIP LOCKED)
"""
_PRUNE_INBOX = """
    DELETE FROM inbox WHERE (subscription, event_id) IN (
        SELECT subscription, event_id FROM inbox WHERE seen_at < now() - interval '1 day' * %s
        LIMIT %s FOR UPDATE SKIP LOCKED)
"""


class Listener(threading.Thread):
    """Wakes the slots when a transaction with events commits (``NOTIFY outbox``).

    A notification that is missed costs at most the polling interval.
    """

    def __init__(self, config: Settings, wake: Wake, stop: threading.Event) -> None:
        super().__init__(name="listener", daemon=True)
        self._config = config
        self._wake = wake
        self._stopping = stop
        self.listening = False
        """Whether the database is there."""

    def run(self) -> None:
        """Listen until told to stop."""
        while not self._stopping.is_set():
            try:
                connection = connect(self._config, "listen")
                try:
                    self._listen(connection)
                finally:
                    self.listening = False
                    connection.close()
            except (psycopg2.Error, OSError) as error:
                _log.warning("listening for the outbox: %s", str(error).strip())
                self._stopping.wait(_CONNECT_AGAIN_S)

    def _listen(self, connection: psycopg2.extensions.connection) -> None:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("LISTEN outbox")
            cursor.execute("SHOW transaction_read_only")
            if cursor.fetchone() == ("on",):
                raise psycopg2.OperationalError("the database is read-only")
        self.listening = True
        self._wake.call()
        while not self._stopping.is_set():
            readable, _, _ = select.select([connection], [], [], 0.5)
            if readable:
                connection.poll()
                if connection.notifies:
                    connection.notifies.clear()
                    self._wake.call()


class Housekeeper(threading.Thread):
    """Measures the outbox every second or so; prunes sent rows and old inbox ids every minute."""

    def __init__(self, config: Settings, stop: threading.Event) -> None:
        super().__init__(name="housekeeper", daemon=True)
        self._config = config
        self._stopping = stop

    def run(self) -> None:
        """Work until told to stop."""
        while not self._stopping.is_set():
            try:
                connection = connect(self._config, "housekeeping")
                try:
                    connection.autocommit = True
                    self._keep(connection)
                finally:
                    connection.close()
            except psycopg2.Error as error:
                _log.warning("housekeeping: %s", str(error).strip())
                self._stopping.wait(_MEASURE_EVERY_S)

    def _keep(self, connection: psycopg2.extensions.connection) -> None:
        pruned_at = -_PRUNE_EVERY_S
        while not self._stopping.is_set():
            started = time.monotonic()
            with connection.cursor() as cursor:
                cursor.execute(_MEASURE)
                depth, oldest = cursor.fetchone()  # type: ignore[misc]
                metrics.OUTBOX_DEPTH.set(depth)
                metrics.OUTBOX_OLDEST.set(float(oldest))
                took = time.monotonic() - started
                if started - pruned_at >= _PRUNE_EVERY_S:
                    _, finished = prune(cursor, self._config, _PRUNE_S)
                    pruned_at = started if finished else pruned_at
            self._stopping.wait(max(_MEASURE_EVERY_S, took / _MEASURE_SHARE))


def prune(
    cursor: psycopg2.extensions.cursor, config: Settings, for_s: float = math.inf
) -> tuple[dict[str, int], bool]:
    """Delete sent outbox rows and inbox ids that are older than the settings keep them.

    Works in chunks, each committed by itself, of one table and the other in turn: however much
    there is of one, the other has its share. Any number of relays may do it at once. No chunk is
    begun after ``for_s`` seconds, but for the first of each table.

    Returns:
        How many rows of each table were deleted, and whether nothing old is left.
    """
    until = time.monotonic() + for_s
    left = {
        "outbox": (_PRUNE_OUTBOX, config.outbox_keep_h),
        "inbox": (_PRUNE_INBOX, config.inbox_keep_days),
    }
    deleted = dict.fromkeys(left, 0)
    while left and (not any(deleted.values()) or time.monotonic() < until):
        for table, (statement, keep) in list(left.items()):
            cursor.execute(statement, (keep, _CHUNK))
            deleted[table] += cursor.rowcount
            if cursor.rowcount < _CHUNK:
                del left[table]
    return deleted, not left
