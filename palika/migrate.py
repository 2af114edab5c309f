"""Database migrations: the backbone's lineage first, then the service's own.

Both are Alembic revisions run by one ``env.py``; each lineage keeps its own version table. An
advisory lock lets any number of processes ask for it at once: one migrates, the others wait.

A migration does not wait long for a table that somebody uses: whoever came after it would wait
behind it. It gives up after a moment, lets them pass, and is tried again.
"""

import importlib.util
import time
from contextlib import suppress
from pathlib import Path

import psycopg2.errors
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError, SQLAlchemyError

from palika.config import settings
from palika.database import create_engine

_ALEMBIC = Path(__file__).parent / "alembic"
LOCK = 0x70616C696B61  # "palika"
"""The advisory lock under which a database is migrated."""
BACKBONE = "backbone"
"""The lineage of what every service's database has."""
LOCK_WITHIN_S = 2.0
"""So long a migration waits for a table, and all who want it behind the migration."""
_AGAIN_AFTER_S = 1.0
_TRIES = 100


class MigrationError(RuntimeError):
    """The database cannot be brought up to date; the message says what to do."""


def upgrade(service: str) -> None:
    """Create the service's database if it is missing and migrate it to the newest revision.

    Raises:
        MigrationError: the server is not reachable, or the database may not be created.
    """
    try:
        _create_database(service)
    except OperationalError as error:
        raise MigrationError(f"{service}: the database is not reachable: {error.orig}") from error
    engine = create_engine(settings(service), pool_size=1)
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK})
            connection.commit()
            try:
                _run(connection, BACKBONE)
                _run(connection, service)
            except BaseException:
                # The error on its way is the one to tell: on a connection that it has ended there
                # is no lock any more.
                with suppress(SQLAlchemyError):
                    _unlock(connection)
                raise
            _unlock(connection)
    finally:
        engine.dispose()


def migrations_of(service: str) -> Path:
    """The folder of a service's Alembic revisions.

    Raises:
        MigrationError: there is no such service.
    """
    spec = importlib.util.find_spec(f"services.{service}")
    if spec is None or not spec.submodule_search_locations:
        raise MigrationError(f"there is no service {service!r} in services/")
    return Path(spec.submodule_search_locations[0]) / "migrations"


def alembic_config(lineage: str, versions: Path | None = None) -> Config:
    """The Alembic configuration of one lineage; also for ``alembic revision`` by hand.

    Args:
        lineage: ``BACKBONE`` or a service.
        versions: its folder, if it is another one than its own.
    """
    if versions is None:
        versions = _ALEMBIC / BACKBONE if lineage == BACKBONE else migrations_of(lineage)
    config = Config()
    config.set_main_option("script_location", str(_ALEMBIC))
    config.set_main_option("path_separator", "os")
    config.set_main_option("version_locations", str(versions))
    config.attributes["version_table"] = f"alembic_{lineage}"
    return config


def _run(connection: Connection, lineage: str) -> None:
    """Migrate one lineage; each migration is a transaction, so what is done stays done.

    Raises:
        MigrationError: somebody has held a table all the while.
    """
    config = alembic_config(lineage)
    config.attributes["connection"] = connection
    for left in reversed(range(_TRIES)):
        connection.execute(text(f"SET lock_timeout = '{LOCK_WITHIN_S}s'"))
        connection.commit()
        try:
            command.upgrade(config, "head")
        except OperationalError as error:
            connection.rollback()
            if not isinstance(error.orig, psycopg2.errors.LockNotAvailable):
                raise
            if not left:
                raise MigrationError(
                    f"{lineage}: a table was in use all the while ({error.orig}); find by whom "
                    "(pg_blocking_pids), and start again"
                ) from error
            time.sleep(_AGAIN_AFTER_S)
        else:
            break
    connection.execute(text("RESET lock_timeout"))
    connection.commit()


def _unlock(connection: Connection) -> None:
    connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK})
    connection.commit()


def _create_database(service: str) -> None:
    config = settings(service)
    url = make_url(config.database_url)
    probe = create_engine(config, pool_size=1)
    try:
        with probe.connect():
            return
    except OperationalError as error:
        if "does not exist" not in str(error.orig):
            raise
    finally:
        probe.dispose()
    maintenance = create_engine(
        config, database="postgres", pool_size=1, isolation_level="AUTOCOMMIT"
    )
    try:
        with maintenance.connect() as connection:
            quoted = connection.dialect.identifier_preparer.quote(str(url.database))
            connection.execute(text(f"CREATE DATABASE {quoted}"))
    except ProgrammingError as error:
        if not isinstance(error.orig, psycopg2.errors.DuplicateDatabase):
            raise MigrationError(
                f"{service}: database {url.database!r} is missing and may not be created by "
                f"user {url.username!r}; create it and start again"
            ) from error
    except IntegrityError as error:
        # Two processes creating it in the same instant meet in the catalogue's unique index.
        if not isinstance(error.orig, psycopg2.errors.UniqueViolation):
            raise
    finally:
        maintenance.dispose()
