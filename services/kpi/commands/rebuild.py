"""Rebuild the measures from the event logs, beside the live ones, and switch over.

The past is read from the streams (`grievance.log`, `tax.log`, ...: of every service whose events
the rules count) by the code of the live projection itself: the same batches, inbox and upsert, on
tables of the same names in a schema of their own, `rebuild`. What was entered by hand is written
there, too (`rebuilding/entered.py`). Both are brought up to the live ones and compared with them
while everybody goes on. Then, in one transaction, which does nothing that grows with the past:

1. `inbox` is locked, which makes the live consumer wait in the middle of nothing: its batches
   begin with the inbox;
2. the streams are read on until they have given every event whose effect is live. Only those have
   to be looked for that have become so since this was done last, a moment ago. Every event of a
   queue is in its stream too, so they come at once;
3. `measure` and `measure_year` are locked, neither while the other is waited for (who reads one of
   them may want the other), and the values are written that were approved since;
4. the tables change places with the live ones. What the streams gave and the queue has not yet
   delivered is in the new inbox, so it will be dropped there as a duplicate: nothing is lost and
   nothing counts twice.

Which events have become live since the last look: a row of the inbox that a statement did not see
was written by a transaction that had not ended. `seen_at` is when that began, so it is not earlier
than the beginning of the oldest that ran just before the statement (`_running_since`).

When the logs no longer hold everything that the live measures are made of (the broker has cut
them), the rebuild stops and leaves the live tables as they are; from a day on that the logs have
whole it can be done still (`rebuilding/carried.py`).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from time import monotonic
from typing import Any

from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session, sessionmaker

from palika.config import Settings
from palika.database import create_engine
from palika.errors import Conflict, Unavailable
from palika.events import Event, MalformedEvent
from palika.subscribe import Refuse
from palika.subscribe.work import UNKNOWN_TYPE, DatabaseAway, Work
from palika.topology import queue_of
from services.kpi.commands.project import project
from services.kpi.domain.projection import RULES
from services.kpi.event_logs import EventLogs
from services.kpi.parts import city_projector
from services.kpi.rebuilding import SCHEMA, entered, tables
from services.kpi.rebuilding.carried import Carried, carry
from services.kpi.rebuilding.comparing import compare, must_reach_back

SUBSCRIPTION = queue_of("kpi", "measures")
SOURCES = tuple(sorted({name.partition(".")[0] for name in RULES}))

_LOCK = 0x6B70695F_72656275  # "kpi_rebu"
_BATCH = 1_000
_QUIET_S = 0.2

_MISSING = f"""
    SELECT live.event_id::text FROM inbox AS live WHERE live.subscription = :subscription
    AND live.seen_at >= :since AND live.event_id <> ALL (CAST(:refused AS uuid[]))
    AND NOT EXISTS (SELECT FROM {SCHEMA}.inbox AS next WHERE next.subscription = :subscription
                    AND next.event_id = live.event_id)
"""  # noqa: S608 constants of the code alone, values are bound
_FEW = 50_000
# A transaction has its time a moment before the server shows that it runs.
_JUST_BEGINNING = timedelta(seconds=10)
_EVER = datetime.min.replace(tzinfo=UTC)
# Of other users' sessions it may not be shown what they do: then all has to be looked through.
_RUNNING = text("""
    SELECT bool_or(query = '<insufficient privilege>'), least(clock_timestamp(), min(xact_start))
    FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
""")
# What is asked under the lock is found by indexes, whatever the planner thinks of new tables.
_BY_INDEX = [f"SET LOCAL enable_{way} = off" for way in ("seqscan", "hashjoin", "mergejoin")]


@dataclass(slots=True)
class Rebuilt:
    """What a rebuild came to; all are numbers of events, but `rows` and `*_changed`."""

    events: int = 0
    """Read from the logs, doubles included."""
    counted: int = 0
    """Different events that the measures are now made of; of those that were carried over, the ones
    that the logs have."""
    ahead: int = 0
    """Of those, the ones that the live queue had not delivered yet; it will drop them."""
    forgotten: int = 0
    """Of those, the ones of which the live inbox does not remember any more whether they had been
    delivered: they are older than what it keeps."""
    rows: int = 0
    rows_changed: int = 0
    """Measures that differed from the live ones shortly before the switch: by `ahead`, a change of
    the projection's code or of the catalogue, or a repair."""
    months_changed: int = 0
    """Years of measures, of the roll-up, that differed from the live ones then."""
    failed: int = 0
    """Could not be read or written at all, as in the live projection's dead letters."""
    refused: dict[str, str] = field(default_factory=dict)
    """Why an event was not counted, by event id."""

    def to_dict(self) -> dict[str, Any]:
        """As `palika kpi rebuild --json` prints it."""
        return {
            "events": self.events,
            "counted": self.counted,
            "ahead": self.ahead,
            "forgotten": self.forgotten,
            "rows": self.rows,
            "rows_changed": self.rows_changed,
            "months_changed": self.months_changed,
            "failed": self.failed,
            "refused": [{"event": key, "reason": why} for key, why in self.refused.items()],
        }


def rebuild(
    config: Settings,
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
    since: date | None = None,
    force: bool = False,
    patience_s: float = 10.0,
    tries: int = 5,
) -> Rebuilt:
    """Rebuild the measures and their inbox from the event logs; see the module.

    Interrupting it is safe at any moment, and it starts from the beginning when it is run again.

    Args:
        config: the KPI service's settings.
        progress: called with the events read so far and in all.
        since: the first day (in India) that is made anew; the days before are carried over. None:
            all days are made anew.
        force: switch over though the rebuilt measures begin on a later day than the live ones.
        patience_s: how long to wait for an event that is live and has not come from its log, and
            for those who use the live tables.
        tries: how often to try to switch over.

    Raises:
        Conflict: another rebuild is running, or the logs have lost events that the live measures
            are made of. The live tables are untouched.
        Unavailable: the live tables could not be locked, or did not settle.
        NoLog, OSError, amqp.AMQPError: a stream is missing or the broker was lost.
    """
    engine = create_engine(config)
    beside = tables.engine_beside(config)
    try:
        with _alone(engine), EventLogs(config.amqp_uri, SOURCES) as logs:
            if since is None:
                logs.must_be_whole()
            else:
                logs.must_reach(since)
            try:
                tables.create(engine, beside, patience_s)
                run = _Run(engine, sessionmaker(beside, expire_on_commit=False), logs, progress)
                if since is not None:
                    run.carry(since, config.inbox_keep_days)
                run.read_to_the_end()
                entered.write_beside(engine, beside, patience_s)
                run.catch_up(patience_s)
                if not force:
                    must_reach_back(engine, since)
                tables.analyze(beside)
                run.compare(config.inbox_keep_days)
                return run.switch(patience_s, tries)
            finally:
                tables.clear(engine, patience_s)
    except DatabaseAway as error:
        raise Unavailable(f"The database was lost; nothing has changed: {error}") from error
    finally:
        beside.dispose()
        engine.dispose()


class _Run:
    """The state of one rebuild."""

    def __init__(
        self,
        engine: Engine,
        beside: sessionmaker[Session],
        logs: EventLogs,
        progress: Callable[[int, int], None],
    ) -> None:
        self.result = Rebuilt()
        self._engine = engine
        self._beside = beside
        self._logs = logs
        self._progress = progress
        self._carried: Carried | None = None
        self._awaited: set[str] = set()
        self._came: set[str] = set()
        """What was read since the tables were compared."""
        self._since = _EVER
        """All that is live of before has been read."""

    def carry(self, day: date, keep_days: int) -> None:
        """Take over what lies before a day."""
        self._carried = carry(
            self._engine, self._beside, SUBSCRIPTION, day, self._logs.begins, keep_days
        )

    def read_to_the_end(self) -> None:
        """Read everything that was in the logs when the rebuild began."""
        while not self._logs.at_end:
            self._read()

    def catch_up(self, patience_s: float) -> None:
        """Read on until the logs have given all that is live, and write what was approved.

        Raises Conflict if they do not. Nearly all of the waiting is done here, where nobody waits
        for it.
        """
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while True:
                since = _running_since(connection)
                if self._await_live(connection, patience_s) < _FEW:
                    self._since = since
                    break
        with self._engine.begin() as connection:
            entered.write_moved(connection, tables.home_of(connection))

    def compare(self, keep_days: int) -> None:
        """Count how the new tables differ from the live ones."""
        self._came.clear()
        found = compare(self._engine, SUBSCRIPTION, keep_days)
        for name, number in found._asdict().items():
            setattr(self.result, name, number)

    def switch(self, patience_s: float, tries: int) -> Rebuilt:
        """Change places with the live tables, in one transaction."""

        def once(connection: Connection) -> None:
            self._switch(connection, patience_s)

        self.catch_up(patience_s)
        tables.in_a_quiet_moment(self._engine, patience_s, once, tries)
        self.result.counted += len(self._came - self.result.refused.keys())
        return self.result

    def _switch(self, connection: Connection, patience_s: float) -> None:
        home = tables.home_of(connection)
        tables.keep_vacuum_off(connection)
        for each in _BY_INDEX:
            connection.exec_driver_sql(each)
        connection.exec_driver_sql("LOCK TABLE inbox IN ACCESS EXCLUSIVE MODE")
        while self._await_live(connection, patience_s):
            pass
        # Dashboards may read the old measures until here, and the new ones in a moment.
        tables.lock_measures(connection, patience_s)
        entered.write_moved(connection, home)
        tables.switch(connection, home, SUBSCRIPTION)

    def _await_live(self, connection: Connection, patience_s: float) -> int:
        """Read on until the logs have given what has become live and was not read yet.

        Returns:
            How many events that were, `_FEW` at most: then there may be more.

        Raises:
            Conflict: none of them came for `patience_s` seconds.
        """
        known = self._known()
        found = connection.execute(text(f"{_MISSING} LIMIT {_FEW}"), known).scalars()
        self._awaited = set(found)
        count = left = len(self._awaited)
        came = monotonic()
        while self._awaited:
            self._read()
            if len(self._awaited) < left:
                left, came = len(self._awaited), monotonic()
            elif monotonic() - came > patience_s:
                every = f"SELECT count(*) FROM ({_MISSING}) AS missing"  # noqa: S608 constants of the code alone, values are bound
                raise _cut(int(connection.execute(text(every), self._known()).scalar_one()))
        return count

    def _known(self) -> dict[str, Any]:
        return {
            "subscription": SUBSCRIPTION,
            "since": self._since,
            "refused": list(self.result.refused),
        }

    def _read(self) -> int:
        """A batch from the logs onto the tables beside; returns how many events it had."""
        deliveries = self._logs.take(_BATCH, _QUIET_S)
        if deliveries:
            verdict = Work(SUBSCRIPTION, RULES, self._beside, deliveries).run(self._project)
            # As in the live projection, what fails stands aside and disturbs nobody. Was it
            # counted live, then it is missing here, and the rebuild will not switch over. A type
            # that the measures do not count is no failure.
            self.result.failed += sum(
                name != UNKNOWN_TYPE
                and (not isinstance(outcome, Refuse) or name == MalformedEvent.__name__)
                for _, name, outcome in verdict.failed
            )
            self.result.events += len(deliveries)
            self._progress(self.result.events, self._logs.total)
        return len(deliveries)

    def _project(self, session: Session, events: list[Event]) -> dict[str, Refuse]:
        ids = {each.id for each in events}
        self._awaited -= ids
        self._came |= ids
        if self._carried is None:
            refused = project(session, events, city_projector())
        else:
            refused = self._carried.project(session, events, city_projector())
        self.result.refused |= {key: outcome.reason for key, outcome in refused.items()}
        return refused


def _running_since(connection: Connection) -> datetime:
    """What is not committed now began no earlier than that."""
    hidden, since = connection.execute(_RUNNING).one()
    return _EVER if hidden else since - _JUST_BEGINNING


def _cut(missing: int) -> Conflict:
    return Conflict(
        f"{missing} event(s) that the live measures are made of are not in the event logs any "
        "more, so a rebuild would lose them. The live measures are untouched. Keep longer logs "
        "(PALIKA_EVENT_LOG_MAX_BYTES); to repair the measures, restore a backup of the database "
        "that was taken while the logs still reached back to it.",
        {"missing": missing},
    )


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """Hold the advisory lock of the rebuild, or raise Conflict. It ends with the connection."""
    with engine.connect() as connection:
        got = connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _LOCK})
        if not got.scalar_one():
            raise Conflict("Another rebuild of the measures is running; wait for it to end.")
        connection.commit()
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
            connection.commit()
