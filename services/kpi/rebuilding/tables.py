"""The tables of a rebuild: made beside the live ones, and put in their place."""

import logging
from collections.abc import Callable
from time import monotonic
from typing import Any

from psycopg2.errors import DeadlockDetected, LockNotAvailable
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import OperationalError

from palika import tables
from palika.config import Settings
from palika.database import create_engine
from palika.errors import Unavailable
from services.kpi.models import Measure, MeasureYear
from services.kpi.rebuilding import REPLACED, SCHEMA

IN_THE_WAY = (LockNotAvailable, DeadlockDetected)
_log = logging.getLogger(__name__)

_NAMES = ("inbox", "measure", "measure_year")
MEASURES = ("measure", "measure_year")
_CLEAR = f"DROP SCHEMA IF EXISTS {SCHEMA}, {REPLACED} CASCADE"
# By the index: what other subscriptions have seen is little, and may be nothing.
_OTHERS = " UNION ALL ".join(
    f"SELECT * FROM {{home}}.inbox WHERE subscription {side} '{{subscription}}'"  # noqa: S608 constants of the code alone, values are bound
    for side in "<>"
)
_SWITCH = (
    f"INSERT INTO {SCHEMA}.inbox {_OTHERS}",
    *(f"ALTER TABLE {{home}}.{name} SET SCHEMA {REPLACED}" for name in _NAMES),
    *(f"ALTER TABLE {SCHEMA}.{name} SET SCHEMA {{home}}" for name in _NAMES),
)


def engine_beside(config: Settings) -> Engine:
    """An engine for which names without a schema mean the tables beside, and never live ones."""
    engine = create_engine(config)
    event.listen(engine, "connect", _only_see_the_rebuild)
    return engine


def _only_see_the_rebuild(connection: Any, _: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET search_path = {SCHEMA}")
    connection.commit()


def create(engine: Engine, beside: Engine, patience_s: float) -> None:
    """Empty tables beside the live ones; what an interrupted rebuild left is dropped."""

    def make(connection: Connection) -> None:
        connection.exec_driver_sql("SET LOCAL client_min_messages = warning")
        connection.exec_driver_sql(_CLEAR)
        connection.exec_driver_sql(f"CREATE SCHEMA {SCHEMA}")
        connection.exec_driver_sql(f"CREATE SCHEMA {REPLACED}")

    in_a_quiet_moment(engine, patience_s, make)
    with beside.begin() as connection:
        tables.inbox.create(connection, checkfirst=False)
        for model in (Measure, MeasureYear):
            model.metadata.tables[model.__tablename__].create(connection, checkfirst=False)


def analyze(beside: Engine) -> None:
    """Let the planner know what is in the new tables, before they are asked for anything."""
    with beside.begin() as connection:
        connection.exec_driver_sql(f"ANALYZE {', '.join(_NAMES)}")


def keep_vacuum_off(connection: Connection) -> None:
    """Let nothing begin to tidy up the new tables, which would be waited for under the lock."""
    names = ", ".join(f"{SCHEMA}.{name}" for name in _NAMES)
    connection.exec_driver_sql(f"LOCK TABLE {names} IN SHARE UPDATE EXCLUSIVE MODE")


def lock_measures(connection: Connection, patience_s: float) -> None:
    """Keep everybody out of `measure` and `measure_year` until the transaction ends.

    Readers take the two in whatever order their questions have (a page the months first, a drill
    the days), and keep them to the end of their transaction. So neither is held while the other is
    waited for, which could be by somebody who waits for the first: whichever is not to be had at
    once is waited for alone, with the other let go, and then the other is asked for.

    Args:
        connection: in the transaction; nothing else that it holds is wanted by readers, or by
            writers who hold these tables already.
        patience_s: how long to try, in all.

    Raises:
        OperationalError: `LockNotAvailable`: they were not to be had together.
    """
    first, other = MEASURES
    until = monotonic() + patience_s
    while True:
        wait_at_most(connection, max(until - monotonic(), 0.001))
        together = connection.begin_nested()
        _lock(connection, first)
        try:
            _lock(connection, other, nowait=True)
        except OperationalError as error:
            if not isinstance(error.orig, LockNotAvailable) or monotonic() >= until:
                raise
            together.rollback()
            first, other = other, first
        else:
            together.commit()
            wait_at_most(connection, patience_s)
            return


def _lock(connection: Connection, table: str, *, nowait: bool = False) -> None:
    rest = " NOWAIT" if nowait else ""
    connection.exec_driver_sql(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE{rest}")


def switch(connection: Connection, home: str, subscription: str) -> None:
    """Put the new tables in the place of the live ones, which are locked already.

    Nothing is read or dropped that grows with what was ever counted.
    """
    for statement in _SWITCH:
        connection.exec_driver_sql(statement.format(home=home, subscription=subscription))


def clear(engine: Engine, patience_s: float) -> None:
    """Drop what the rebuild has made and the tables that it has replaced.

    Dropping the trigger on `reading` needs that table for a moment, so it is tried a few times,
    in a transaction of its own that holds nothing else. What could not be dropped does no harm: the
    next rebuild begins with dropping it.
    """

    def drop(connection: Connection) -> None:
        connection.exec_driver_sql("SET LOCAL client_min_messages = warning")
        connection.exec_driver_sql(_CLEAR)

    try:
        in_a_quiet_moment(engine, min(patience_s, 2.0), drop)
    except Unavailable as error:
        _log.warning("the tables of the rebuild are dropped by the next one: %s", error)


def in_a_quiet_moment(
    engine: Engine, patience_s: float, work: Callable[[Connection], None], tries: int = 5
) -> None:
    """Do something that needs locks, in a transaction of its own; if they are not to be had, again.

    Raises:
        Unavailable: they were never to be had.
    """
    for left in reversed(range(tries)):
        try:
            with engine.begin() as connection:
                wait_at_most(connection, patience_s)
                work(connection)
            return
        except OperationalError as error:
            if not isinstance(error.orig, IN_THE_WAY):
                raise
            if not left:
                raise Unavailable(
                    f"The live tables were in use for {patience_s:g} s, {tries} times over; "
                    "nothing has changed. Run it again at a quieter moment."
                ) from error


def home_of(connection: Connection) -> str:
    """The schema of the live tables, quoted."""
    return str(connection.exec_driver_sql("SELECT quote_ident(current_schema())").scalar_one())


def wait_at_most(connection: Connection, seconds: float) -> None:
    """Wait so long for a lock in this transaction, and no longer."""
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(seconds * 1000)}")


def see_the_rebuild(connection: Connection, home: str) -> None:
    """In this transaction `measure` and `measure_year` are the new ones, and all other names those
    of the live database."""
    connection.exec_driver_sql(f"SET LOCAL search_path = {SCHEMA}, {home}")
