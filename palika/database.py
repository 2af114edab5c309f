"""One PostgreSQL database a service: engine, sessions, column types.

Under Nameko the driver's waits yield to the other greenlets (``palika.runner`` patches psycopg2
through psycogreen), so ten slow queries at once take one query's time.
"""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any

import psycopg2
import psycopg2.errors
import sqlalchemy
from nameko.extensions import DependencyProvider, SharedExtension
from sqlalchemy import DateTime, Engine, MetaData, TypeDecorator, event, exc, text
from sqlalchemy.engine import Dialect, ExceptionContext
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from palika import calls, libpq, metrics
from palika.config import Settings, settings

_NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
# Connection exceptions, insufficient resources, operator intervention, system errors; and what a
# server says that may not write: a standby, or one that is being switched over.
_OUTAGE = re.compile(r"^(08|53|57P|58|25006)")
_READ_ONLY = "25006"
# A lock that was not to be had, a statement that took too long, two that waited for each other, a
# snapshot that could not be kept: somebody else was in the way.
_BUSY = frozenset({"55P03", "57014", "40P01", "40001"})
# A statement that waits for a lock is to end by the lock's limit, which says more.
_OVER_LOCKS = 1.5
# A connection that was in use so lately is taken for alive: under load, a question before every
# transaction is a seventh of all round trips.
_RESTED_S = 1.0
# Connections that a pool makes beyond its size, for as long as they are needed.
_OVERFLOW = 4


class UtcDateTime(TypeDecorator[datetime]):
    """A ``timestamptz`` column that takes aware datetimes only and gives them back in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """What is sent to the database.

        Raises:
            ValueError: the datetime has no time zone.
        """
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value} has no time zone: pass an aware datetime")
        return value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """What comes from the database, in UTC."""
        return None if value is None else value.astimezone(UTC)


def make_base() -> type[DeclarativeBase]:
    """A declarative base for one service's models, with the house's constraint names."""

    class Base(DeclarativeBase):
        metadata = MetaData(naming_convention=_NAMING)
        type_annotation_map = {datetime: UtcDateTime}

    return Base


def is_outage(error: exc.DBAPIError) -> bool:
    """Whether the error says that the database is away, not that the statement is bad."""
    if error.connection_invalidated:
        return True
    code = getattr(error.orig, "pgcode", None)
    if code:
        return bool(_OUTAGE.match(code))
    return isinstance(error.orig, psycopg2.OperationalError | psycopg2.InterfaceError)


def is_busy(error: exc.DBAPIError) -> bool:
    """Whether the statement was given up because of others: it waited, or took, too long, or waited
    for who waited for it."""
    return getattr(error.orig, "pgcode", None) in _BUSY


def violates(error: exc.IntegrityError, constraint: str) -> bool:
    """Whether this unique constraint, or index, was broken."""
    violated = isinstance(error.orig, psycopg2.errors.UniqueViolation)
    return violated and error.orig.diag.constraint_name == constraint  # type: ignore[union-attr]


def create_engine(
    config: Settings, *, bounded: bool = False, database: str | None = None, **options: Any
) -> Engine:
    """An engine on the service's database; its pool is sized to the service's workers.

    No error of its statements shows their values, which may be names and addresses.

    Args:
        config: the service's settings (``database_url``, ``workers``).
        database: another one on the same server, by its name.
        bounded: end statements that take so long that no caller waits for them any more.
        options: passed on to SQLAlchemy, over the house's own.
    """
    limits = {}
    if bounded:
        limits = {
            "lock_timeout_s": config.rpc_timeout_s,
            "statement_timeout_s": config.rpc_timeout_s * _OVER_LOCKS,
        }
    defaults: dict[str, Any] = {
        # Workers, the subscriptions' own transactions, readiness and heartbeat.
        "pool_size": config.workers + 4,
        "max_overflow": _OVERFLOW,
        "pool_timeout": config.rpc_timeout_s,
        # The few that are enough for the load stay warm, the others rest.
        "pool_use_lifo": True,
        "hide_parameters": True,
        "connect_args": libpq.options(config.service or "cli", **limits),
    }
    url = sqlalchemy.make_url(config.database_url).set(drivername="postgresql+psycopg2")
    if database is not None:
        url = url.set(database=database)
    engine = sqlalchemy.create_engine(url, **(defaults | options))
    event.listen(engine, "handle_error", _leave_read_only)
    _ask_who_has_rested(engine)
    return engine


def _ask_who_has_rested(engine: Engine) -> None:
    """Notice that a connection has died with the database before a caller gets it."""

    def lay_down(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["used_at"] = time.monotonic()

    def ask(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        used_at = record.info.get("used_at")
        if used_at is None or time.monotonic() - used_at < _RESTED_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except psycopg2.Error as error:
            if not engine.dialect.is_disconnect(error, connection, None):  # type: ignore[arg-type]
                raise
            raise exc.InvalidatePoolError("the connection has died at rest") from error

    event.listen(engine, "checkin", lay_down)
    event.listen(engine, "checkout", ask)


def _leave_read_only(context: ExceptionContext) -> None:
    """Give up connections to a server that may not write; another one may be in its place."""
    if getattr(context.original_exception, "pgcode", None) == _READ_ONLY:
        context.is_disconnect = True


@cache
def sessions(service: str) -> sessionmaker[Session]:
    """A session factory on a service's database, for processes without Nameko (CLI, imports)."""
    return sessionmaker(create_engine(settings(service)), expire_on_commit=False)


def trouble(engine: Engine) -> str:
    """Why the database cannot be written to now; empty when it can."""
    try:
        with engine.connect() as connection:
            read_only = connection.scalar(text("SHOW transaction_read_only")) == "on"
            if read_only:
                # A server that may write can be in its place by the next look.
                connection.invalidate()
    except exc.SQLAlchemyError as error:
        return f"not reachable ({type(error).__name__})"
    return "read-only" if read_only else ""


def measure_pool(engine: Engine) -> None:
    """Renew the metric of the pool's connections."""
    pool = engine.pool
    assert isinstance(pool, QueuePool)
    metrics.DATABASE_POOL.labels(state="in_use").set(pool.checkedout())
    metrics.DATABASE_POOL.labels(state="idle").set(pool.checkedin())
    metrics.DATABASE_POOL.labels(state="most").set(pool.size() + _OVERFLOW)


class DatabaseEngine(SharedExtension):
    """The container's one engine, shared by the ``Database`` dependency and the subscriptions."""

    engine: Engine
    sessions: sessionmaker[Session]

    def setup(self) -> None:
        """Make the engine of the container's service; nothing is connected yet."""
        self.engine = create_engine(settings(self.container.service_name), bounded=True)
        self.sessions = sessionmaker(self.engine, expire_on_commit=False)

    def stop(self) -> None:
        """Close the pool's connections."""
        self.engine.dispose()


class Database(DependencyProvider):
    """Gives a worker its database: ``with self.db.begin() as session: …``."""

    engine = DatabaseEngine()

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """One transaction: committed at the end of the block, rolled back when it raises."""
        with calls.attempt(), self.engine.sessions.begin() as session:
            yield session

    def get_dependency(self, worker_ctx: Any) -> "Database":
        """What a worker finds as ``self.db``: the same for all."""
        return self
