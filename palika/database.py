"""One PostgreSQL database a service: engine, sessions, column types.

Under Nameko the driver's waits yield to the other greenlets (``palika.runner`` patches psycopg2
through psycogreen), so ten slow queries at once take one query's time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any

import sqlalchemy
from nameko.extensions import DependencyProvider, SharedExtension
from sqlalchemy import DateTime, Engine, MetaData, TypeDecorator
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.pool import QueuePool

from palika import metrics
from palika.config import Settings, settings

_NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """A ``timestamptz`` column that takes aware datetimes only and gives them back in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value} has no time zone: pass an aware datetime")
        return value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)


def make_base() -> type[DeclarativeBase]:
    """A declarative base for one service's models, with the house's constraint names."""

    class Base(DeclarativeBase):
        metadata = MetaData(naming_convention=_NAMING)
        type_annotation_map = {datetime: UtcDateTime}

    return Base


def create_engine(config: Settings, **options: Any) -> Engine:
    """An engine on the service's database; its pool is sized to the service's workers.

    Args:
        config: the service's settings (``database_url``, ``workers``).
        options: passed on to SQLAlchemy, over the house's own.
    """
    defaults: dict[str, Any] = {
        # Workers, the subscriptions' own transactions, readiness and heartbeat.
        "pool_size": config.workers + 4,
        "max_overflow": 4,
        "pool_timeout": config.rpc_timeout_s,
        # A connection that died with the database is noticed before a caller gets it.
        "pool_pre_ping": True,
        "connect_args": {
            "application_name": f"palika-{config.service or 'cli'}",
            "options": "-c timezone=UTC -c jit=off",
            "connect_timeout": 5,
            "keepalives_idle": 30,
        },
    }
    url = sqlalchemy.make_url(config.database_url).set(drivername="postgresql+psycopg2")
    return sqlalchemy.create_engine(url, **(defaults | options))


@cache
def sessions(service: str) -> sessionmaker[Session]:
    """A session factory on a service's database, for processes without Nameko (CLI, imports)."""
    return sessionmaker(create_engine(settings(service)), expire_on_commit=False)


class DatabaseEngine(SharedExtension):
    """The container's one engine, shared by the ``Database`` dependency and the subscriptions."""

    engine: Engine
    sessions: sessionmaker[Session]

    def setup(self) -> None:
        self.engine = create_engine(settings(self.container.service_name))
        self.sessions = sessionmaker(self.engine, expire_on_commit=False)

    def stop(self) -> None:
        self.engine.dispose()

    def measure_pool(self) -> None:
        """Renew the metric of the pool's connections."""
        pool = self.engine.pool
        assert isinstance(pool, QueuePool)
        metrics.DATABASE_POOL.labels(state="in_use").set(pool.checkedout())
        metrics.DATABASE_POOL.labels(state="idle").set(pool.checkedin())


class Database(DependencyProvider):
    """Gives a worker its database: ``with self.db.begin() as session: …``."""

    engine = DatabaseEngine()

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """One transaction: committed at the end of the block, rolled back when it raises."""
        with self.engine.sessions.begin() as session:
            yield session

    def get_dependency(self, worker_ctx: Any) -> "Database":
        return self
