"""The processes that do a run's chunks, each with a connection of its own.

A worker is forked, ends between two chunks when it is told to or when its parent is gone, and does
not begin a chunk while more than so many events wait for the relay.
"""

import gc
import multiprocessing
import os
import signal
import time
import warnings
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any, Final

import psycopg2
from psycopg2 import errors

from palika import libpq
from services.tax.billrun.chunk import Job, bill_next
from services.tax.billrun.rows import Rows

_fork = multiprocessing.get_context("fork")
_UNSENT = """
    SELECT count(*) FROM (SELECT FROM outbox WHERE sent_at IS NULL LIMIT %s) AS waiting
"""
_OPEN = """
    SELECT EXISTS (
        SELECT FROM bill_run JOIN bill_run_chunk ON run_id = id
        WHERE id = %s AND state = 'open' AND done_at IS NULL
    )
"""
_PAUSE_S: Final = 0.1
_LOCK_WITHIN_S: Final = 5.0
_ATTEMPTS: Final = 10
_COLLECT_EVERY: Final = 10


class WorkerFailed(RuntimeError):
    """A worker has ended by an error; the message says why."""


class Crew:
    """Workers at the same task; what they send comes back, and so does why one has failed."""

    def __init__(self, count: int, task: Callable[..., None], *arguments: Any) -> None:
        """Start them.

        Args:
            count: how many.
            task: called in each as ``task(number, crew, send, *arguments)``; ``crew`` says when
                to stop, ``send`` brings something back.
            arguments: of the task.
        """
        self.count = count
        self._stop = _fork.Event()
        self._parent = os.getpid()
        self._at_work: dict[Connection, Any] = {}
        for number in range(count):
            ours, theirs = _fork.Pipe(duplex=False)
            process = _fork.Process(
                target=self._main, args=(number, theirs, task, arguments), daemon=True
            )
            with warnings.catch_warnings():
                # eventlet warns whoever forks; it is imported (by Nameko) and nothing of it runs.
                warnings.simplefilter("ignore", DeprecationWarning)
                process.start()
            theirs.close()
            self._at_work[ours] = process

    def received(self, timeout_s: float) -> tuple[list[Any], bool]:
        """What came within a time, and whether all have ended.

        Raises:
            WorkerFailed: one has failed; the others are told to stop.
        """
        found = []
        for pipe in wait(list(self._at_work), timeout_s) if self._at_work else ():
            assert isinstance(pipe, Connection)
            try:
                found.append(pipe.recv())
            except EOFError:
                process = self._at_work.pop(pipe)
                process.join()
                if process.exitcode:
                    status = process.exitcode
                    found.append(WorkerFailed(f"a worker was ended from outside ({status})"))
        failures = [each for each in found if isinstance(each, WorkerFailed)]
        if failures:
            self.stop()
            raise failures[0]
        return found, not self._at_work

    def ask_to_stop(self) -> None:
        """Let each end when what it has in hand is done."""
        self._stop.set()

    def stop(self) -> None:
        """The same, and wait for it."""
        self.ask_to_stop()
        for pipe, process in self._at_work.items():
            pipe.close()
            process.join()
        self._at_work.clear()

    @property
    def is_wanted(self) -> bool:
        """In a worker: whether to go on."""
        return not self._stop.is_set() and os.getppid() == self._parent

    def _main(
        self, number: int, pipe: Connection, task: Callable[..., None], arguments: Sequence[Any]
    ) -> None:
        # Ctrl-C goes to all of a terminal's processes: the parent says what becomes of it.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        for other in self._at_work:
            other.close()
        # A chunk makes a hundred thousand objects and few cycles: what there is of these is looked
        # for between chunks.
        gc.freeze()
        gc.disable()
        try:
            task(number, self, pipe.send, *arguments)
        except BrokenPipeError:
            return
        except psycopg2.Error as error:
            pipe.send(WorkerFailed(f"the database: {str(error).strip()}"))
        except Exception as error:  # noqa: BLE001 - told to the parent, which ends the run with it
            pipe.send(WorkerFailed(f"{type(error).__name__}: {error}"))


def bill(
    number: int, crew: Crew, send: Callable[[Any], None], url: str, job: Job, unsent: int
) -> None:
    """A worker's task: bill chunks until all of the run's are done, or somebody has ended it.

    Args:
        number: of the worker.
        crew: says when to stop.
        send: told the number of each chunk.
        url: of the database.
        job: the run.
        unsent: with so many events unsent no chunk is begun.
    """
    connection = connect(url)
    rows = Rows(job.period, job.billed_at)
    done = 0
    try:
        while crew.is_wanted:
            if not _has_open(connection, job):
                return
            no = _bill_next(connection, job, rows) if _may_begin(connection, unsent) else None
            if no is not None:
                send(no)
                done += 1
                if done % _COLLECT_EVERY == 0:
                    gc.collect()
            else:
                # The relay is behind; or others are at what is left, and if one of them dies its
                # chunk is free again.
                time.sleep(_PAUSE_S)
    finally:
        connection.close()


def connect(url: str) -> Any:
    """A connection of the run's."""
    options = libpq.options("tax-bill-run", lock_timeout_s=_LOCK_WITHIN_S)
    return psycopg2.connect(url, **options)


def unsent(connection: Any, most: int) -> int:
    """How many events wait for the relay; no more than ``most`` are counted."""
    with connection, connection.cursor() as cursor:
        cursor.execute(_UNSENT, (most,))
        return int(cursor.fetchone()[0])


def _may_begin(connection: Any, most: int) -> bool:
    return unsent(connection, most) < most


def _has_open(connection: Any, job: Job) -> bool:
    with connection, connection.cursor() as cursor:
        cursor.execute(_OPEN, (job.run_id,))
        return bool(cursor.fetchone()[0])


def _bill_next(connection: Any, job: Job, rows: Rows) -> int | None:
    """Bill a chunk; if others are in the way again, and without who is locked for long."""
    patient = True
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return bill_next(connection, job, rows, patient=patient)
        except errors.LockNotAvailable:
            connection.rollback()
            patient = False
        except (errors.DeadlockDetected, errors.UniqueViolation):
            connection.rollback()
            if attempt == _ATTEMPTS:
                raise
            time.sleep(_PAUSE_S)
    raise WorkerFailed("the locks of a chunk were not to be had")
