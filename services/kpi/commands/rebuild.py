"""Rebuild the measures from the event logs, beside the live ones, and switch over.

The past is read from the streams (`grievance.log`, `tax.log`, ...: of every service whose events
the rules count) by the code of the live projection itself: the same batches, inbox and upsert, on
tables of the same names in a schema of their own, `rebuild`. Then, in one transaction:

1. `inbox` is locked, which makes the live consumer wait in the middle of nothing: its batches
   begin with the inbox;
2. the streams are read on until they have given every event whose effect is live. Every event of a
   queue is in its stream too, so that takes a moment;
3. what events do not tell is added (`NOT_FROM_EVENTS`);
4. the tables change places with the live ones. What the streams gave and the queue has not yet
   delivered is in the new inbox, so it will be dropped there as a duplicate: nothing is lost and
   nothing counts twice.

When the logs no longer hold everything that the live measures are made of (the broker has cut
them), the rebuild stops and leaves the live tables as they are.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from psycopg2.errors import LockNotAvailable
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from palika import tables
from palika.config import Settings
from palika.database import create_engine
from palika.errors import Conflict, Unavailable
from palika.events import Event, MalformedEvent
from palika.subscribe import Refuse
from palika.subscribe.work import UNKNOWN_TYPE, DatabaseAway, Work
from palika.topology import queue_of
from services.kpi.commands.project import project
from services.kpi.commands.readings import write_readings
from services.kpi.domain.projection import MEASURES, RULES
from services.kpi.event_logs import EventLogs
from services.kpi.models import MONTHS, Measure, MeasureYear
from services.kpi.parts import city_projector

SUBSCRIPTION = queue_of("kpi", "measures")
SOURCES = tuple(sorted({name.partition(".")[0] for name in RULES}))
SCHEMA = "rebuild"

NOT_FROM_EVENTS: list[Callable[[Session], None]] = [write_readings]
"""What writes those measures anew that no event tells. Each is called in the transaction of the
switch, before the new measures are compared with the live ones: the names `measure` and
`measure_year` are of the new tables there, and every other name is of the live database."""

_LOCK = 0x6B70695F_72656275  # "kpi_rebu"
_BATCH = 1_000
_QUIET_S = 0.2

_MISSING = f"""
    SELECT live.event_id::text FROM inbox AS live WHERE live.subscription = :subscription
    AND live.event_id <> ALL (CAST(:refused AS uuid[]))
    AND NOT EXISTS (SELECT FROM {SCHEMA}.inbox AS next WHERE next.subscription = :subscription
                    AND next.event_id = live.event_id)
"""
_FEW = 50_000
_LIVE = """
    SELECT count(*) FROM inbox WHERE subscription = :subscription
    AND event_id <> ALL (CAST(:refused AS uuid[]))
"""
_CHANGED = (
    f"""
    SELECT count(*) FROM {{home}}.measure AS live
    FULL JOIN {SCHEMA}.measure AS next USING (measure, department, ward, day, cell)
    WHERE live.value IS DISTINCT FROM next.value
""",
    f"""
    SELECT count(*) FROM {{home}}.measure_year AS live
    FULL JOIN {SCHEMA}.measure_year AS next USING (measure, department, year, cell)
    WHERE live IS NULL OR next IS NULL OR ({", ".join(f"live.{m}" for m in MONTHS)})
        IS DISTINCT FROM ({", ".join(f"next.{m}" for m in MONTHS)})
""",
)
_BEGINNINGS = f"""
    SELECT (SELECT min(day) FROM measure WHERE measure = ANY (:fed)),
           (SELECT min(day) FROM {SCHEMA}.measure WHERE measure = ANY (:fed))
"""
# Other subscriptions of the service keep what they have seen.
_SWITCH = (
    f"INSERT INTO {SCHEMA}.inbox SELECT * FROM inbox WHERE subscription <> '{SUBSCRIPTION}'",
    "DROP TABLE inbox, measure, measure_year",
    f"ALTER TABLE {SCHEMA}.inbox SET SCHEMA {{home}}",
    f"ALTER TABLE {SCHEMA}.measure SET SCHEMA {{home}}",
    f"ALTER TABLE {SCHEMA}.measure_year SET SCHEMA {{home}}",
    f"DROP SCHEMA {SCHEMA}",
)


@dataclass(slots=True)
class Rebuilt:
    """What a rebuild came to; all are numbers of events, but `rows` and `*_changed`."""

    events: int = 0
    """Read from the logs, doubles included."""
    counted: int = 0
    """Different events that the measures are now made of."""
    ahead: int = 0
    """Of those, the ones that the live queue had not delivered yet; it will drop them."""
    rows: int = 0
    rows_changed: int = 0
    """Measures that differ from the live ones at the switch; without `ahead`, by a change of the
    projection's code or of the catalogue, or a repair."""
    months_changed: int = 0
    """Years of measures, of the roll-up, that differ from the live ones."""
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
    force: bool = False,
    patience_s: float = 10.0,
    tries: int = 5,
) -> Rebuilt:
    """Rebuild `measure` and its inbox from the event logs; see the module.

    Interrupting it is safe at any moment, and it starts from the beginning when it is run again.

    Args:
        config: the KPI service's settings.
        progress: called with the events read so far and in all.
        force: switch over though the rebuilt measures begin on a later day than the live ones.
        patience_s: how long to wait for an event that is live and has not come from its log, and
            for the live consumer to leave its tables.
        tries: how often to try to switch over.

    Raises:
        Conflict: another rebuild is running, or the logs have lost events that the live measures
            are made of. The live tables are untouched.
        Unavailable: the live tables could not be locked, or did not settle.
        NoLog, OSError, amqp.AMQPError: a stream is missing or the broker was lost.
    """
    engine = create_engine(config)
    beside = create_engine(config)
    event.listen(beside, "connect", _only_see_the_rebuild)
    try:
        with _alone(engine), EventLogs(config.amqp_uri, SOURCES) as logs:
            _create_tables(engine, beside)
            logs.must_be_whole()
            run = _Run(engine, sessionmaker(beside, expire_on_commit=False), logs, progress)
            run.read_to_the_end()
            run.catch_up(patience_s)
            return run.switch(patience_s, tries, force)
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
        self._awaited: set[str] = set()

    def read_to_the_end(self) -> None:
        """Read everything that was in the logs when the rebuild began."""
        while not self._logs.at_end:
            self._read()

    def catch_up(self, patience_s: float) -> None:
        """Read on until the logs have given nearly all that is live; raises Conflict if not.

        Most of the waiting is done here, where nobody waits for it.
        """
        with self._engine.connect() as connection:
            while self._await_live(connection, patience_s) == _FEW:
                pass

    def switch(self, patience_s: float, tries: int, force: bool) -> Rebuilt:
        """Change places with the live tables, in one transaction."""
        for left in reversed(range(tries)):
            try:
                with self._engine.begin() as connection:
                    self._switch(connection, patience_s, force)
                return self.result
            except OperationalError as error:
                if not isinstance(error.orig, LockNotAvailable):
                    raise
                if not left:
                    raise Unavailable(
                        f"The live tables were in use for {patience_s:g} s, {tries} times over; "
                        "nothing has changed. Run it again at a quieter moment."
                    ) from error
                self._read()
        raise AssertionError("unreachable: the last try returns or raises")

    def _switch(self, connection: Connection, patience_s: float, force: bool) -> None:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(patience_s * 1000)}")
        connection.exec_driver_sql("LOCK TABLE inbox IN ACCESS EXCLUSIVE MODE")
        while self._await_live(connection, patience_s):
            pass
        # Dashboards may read the old measures until here, and the new ones in a moment.
        connection.exec_driver_sql("LOCK TABLE measure, measure_year IN ACCESS EXCLUSIVE MODE")
        home = connection.exec_driver_sql("SELECT quote_ident(current_schema())").scalar_one()
        _add_the_rest(connection, home)
        if not force:
            _must_reach_back(connection)
        live = int(connection.execute(text(_LIVE), self._known()).scalar_one())
        self.result.counted = _count(connection, f"{SCHEMA}.inbox")
        self.result.ahead = self.result.counted - live
        self.result.rows = _count(connection, f"{SCHEMA}.measure")
        self.result.rows_changed, self.result.months_changed = (
            connection.exec_driver_sql(each.format(home=home)).scalar_one() for each in _CHANGED
        )
        for statement in _SWITCH:
            connection.exec_driver_sql(statement.format(home=home))

    def _await_live(self, connection: Connection, patience_s: float) -> int:
        """Read on until the logs have given what is live now and was not read yet.

        Returns:
            How many events that were, `_FEW` at most: then there may be more.

        Raises:
            Conflict: none of them came for `patience_s` seconds.
        """
        found = connection.execute(text(f"{_MISSING} LIMIT {_FEW}"), self._known()).scalars()
        self._awaited = set(found)
        count = left = len(self._awaited)
        came = monotonic()
        while self._awaited:
            self._read()
            if len(self._awaited) < left:
                left, came = len(self._awaited), monotonic()
            elif monotonic() - came > patience_s:
                every = f"SELECT count(*) FROM ({_MISSING}) AS missing"
                raise _cut(int(connection.execute(text(every), self._known()).scalar_one()))
        return count

    def _known(self) -> dict[str, Any]:
        return {"subscription": SUBSCRIPTION, "refused": list(self.result.refused)}

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
        self._awaited.difference_update(each.id for each in events)
        refused = project(session, events, city_projector())
        self.result.refused |= {key: outcome.reason for key, outcome in refused.items()}
        return refused


def _add_the_rest(connection: Connection, home: str) -> None:
    """Let the others write what no event tells into the new tables."""
    if not NOT_FROM_EVENTS:
        return
    connection.exec_driver_sql(f"SET LOCAL search_path = {SCHEMA}, {home}")
    with Session(connection) as session:
        for write in NOT_FROM_EVENTS:
            write(session)
        session.flush()
    connection.exec_driver_sql(f"SET LOCAL search_path = {home}")


def _must_reach_back(connection: Connection) -> None:
    """Raise Conflict when the first days would be lost.

    The inbox forgets after PALIKA_INBOX_KEEP_DAYS: of what is older, this is how a loss shows.
    """
    live, rebuilt = connection.execute(text(_BEGINNINGS), {"fed": sorted(MEASURES)}).one()
    if live is not None and (rebuilt is None or rebuilt > live):
        raise Conflict(
            f"The live measures begin on {live}, those of the event logs "
            f"{f'on {rebuilt}' if rebuilt else 'nowhere: the logs are empty'}. The live measures "
            "are untouched. If the earlier days may go, say --force.",
            {"live": str(live), "rebuilt": rebuilt and str(rebuilt)},
        )


def _cut(missing: int) -> Conflict:
    return Conflict(
        f"{missing} event(s) that the live measures are made of are not in the event logs any "
        "more, so a rebuild would lose them. The live measures are untouched. Keep longer logs "
        "(PALIKA_EVENT_LOG_MAX_BYTES); to repair the measures, restore a backup of the database "
        "that was taken while the logs still reached back to it.",
        {"missing": missing},
    )


def _count(connection: Connection, table: str) -> int:
    return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


def _only_see_the_rebuild(connection: Any, _: Any) -> None:
    """Names without a schema mean the tables beside, and can never mean the live ones."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET search_path = {SCHEMA}")
    connection.commit()


def _create_tables(engine: Engine, beside: Engine) -> None:
    """Empty tables beside the live ones; what an interrupted rebuild left is dropped."""
    with engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL client_min_messages = warning")
        connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
        connection.exec_driver_sql(f"CREATE SCHEMA {SCHEMA}")
    with beside.begin() as connection:
        tables.inbox.create(connection, checkfirst=False)
        for model in (Measure, MeasureYear):
            model.metadata.tables[model.__tablename__].create(connection, checkfirst=False)


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
