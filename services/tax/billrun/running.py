"""A run from its beginning to its end, however often it is interrupted in between."""

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session, sessionmaker

from services.tax.billrun import gone, plan, totals, work
from services.tax.billrun.totals import Marks
from services.tax.commands.once import alone
from services.tax.models import BillRun

_LOOK_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is, by the marks of all processes that work on it.

    Attributes:
        marks: so far.
        waits: whether the relay is waited for.
    """

    marks: Marks
    waits: bool


@dataclass(frozen=True, slots=True)
class Options:
    """How to work.

    Attributes:
        workers: processes.
        chunk: properties in one transaction, of a run that is begun.
        unsent: with so many events unsent no chunk is begun.
    """

    workers: int = 2
    chunk: int = 500
    unsent: int = 5000


def run(
    sessions: sessionmaker[Session],
    url: str,
    period: str,
    wards: Sequence[str] | None,
    options: Options,
    *,
    now: datetime | None = None,
    begun: Callable[[BillRun, bool], None] = lambda run, new: None,
    progress: Callable[[Progress], None] = lambda progress: None,
    stopping: Callable[[], bool] = lambda: False,
) -> BillRun:
    """Begin or resume the period's run, and bill until all chunks are done or it is told to stop.

    Args:
        sessions: on the service's database.
        url: of the same.
        period: a financial year or a half of one.
        wards: to which it is limited; None is the whole city.
        options: how to work.
        now: the moment of a new run's bills; now, if not given.
        begun: told the run, and whether it is new.
        progress: told now and then.
        stopping: asked now and then whether to end after the chunks in hand.

    Returns:
        The run: ``finished`` with its totals, ``open`` when it was told to stop, ``abandoned`` when
        somebody has ended it meanwhile.

    Raises:
        Invalid, Conflict: as ``plan.begin`` and ``plan.job_of``.
        work.WorkerFailed: a worker has failed; what was done stays done.
        sqlalchemy.exc.OperationalError: the database went away.
    """
    with sessions.begin() as session:
        found, new = plan.begin(session, period, wards, options.chunk, now or datetime.now(UTC))
    job = plan.job_of(found)
    begun(found, new)
    gone.bill_gone(sessions, found, now or datetime.now(UTC))
    while True:
        # A forked process must not share a connection with this one.
        sessions.kw["bind"].dispose()
        crew = work.Crew(options.workers, work.bill, url, job, options.unsent)
        try:
            _watch(sessions, url, found.id, crew, options, progress, stopping)
        except BaseException:
            crew.stop()
            raise
        ended = None if stopping() else _end(sessions, found.id, options.chunk)
        if ended is not None:
            return ended
        if stopping():
            return found


def _watch(
    sessions: sessionmaker[Session],
    url: str,
    run_id: uuid.UUID,
    crew: work.Crew,
    options: Options,
    progress: Callable[[Progress], None],
    stopping: Callable[[], bool],
) -> None:
    connection = work.connect(url)
    looked_at = 0.0
    ended = False
    try:
        while not ended:
            _, ended = crew.received(_LOOK_EVERY_S)
            if stopping():
                crew.ask_to_stop()
            if ended or time.monotonic() - looked_at > _LOOK_EVERY_S:
                with sessions() as session:
                    marks = totals.marks(session, run_id)
                waits = work.unsent(connection, options.unsent) >= options.unsent
                progress(Progress(marks, waits and not ended))
                looked_at = time.monotonic()
    finally:
        connection.close()


def _end(sessions: sessionmaker[Session], run_id: uuid.UUID, chunk: int) -> BillRun | None:
    """End the run with its totals; None when there was something left, of which chunks were made.

    It is another process's that has ended it, where two were at work, or somebody's who abandoned
    it.
    """
    with sessions.begin() as session:
        found = plan.find(session, run_id)
        alone(session, plan.in_turn(found.period))
        session.refresh(found, with_for_update=True)
        if found.state == plan.OPEN:
            if plan.add_chunks(session, found, chunk):
                return None
            found.totals = totals.totals(session, found).to_dict()
            found.state, found.ended_at = plan.FINISHED, datetime.now(UTC)
        return found
