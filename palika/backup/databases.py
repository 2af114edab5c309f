"""The services' databases: dumped as they all were at one moment, and put back side by side.

One moment: for an instant nobody may record or acknowledge an event anywhere (``outbox`` and
``inbox`` of every database are locked together, writers wait), and in that instant each database
gives a snapshot that its dump then reads at leisure. So no subscriber in the backup has seen an
event that its publisher there does not know. Where the locks are not to be had within half a
second, all are given up and nobody is kept waiting; after a few tries the snapshots are taken
without them, within milliseconds of each other, and the manifest says so.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

import psycopg2
from alembic.script import ScriptDirectory
from psycopg2 import extensions, sql
from sqlalchemy import make_url

from palika import libpq
from palika.backup.folder import BackupError
from palika.backup.tools import connection_of, program, run
from palika.config import settings, with_database
from palika.migrate import BACKBONE, alembic_config

LOCK_WITHIN_S = 0.5
"""So long a backup waits for all tables, and all who want them behind the backup."""
_DROP: Final = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
_TRIES = 6
_BETWEEN_TRIES_S = 0.25
_LOCK = "LOCK TABLE inbox, outbox IN SHARE MODE"
_TABLES = """
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    ORDER BY c.relname
"""
_MOMENT = """
    SELECT greatest((SELECT max(recorded_at) FROM outbox), (SELECT max(beat_at) FROM heartbeat),
                    (SELECT max(seen_at) FROM inbox))
"""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A database as it was: the name that pg_dump takes, and the connection that holds it."""

    service: str
    name: str
    connection: extensions.connection


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Those of all services; ``one_moment``: nobody recorded or saw an event between them."""

    each: tuple[Snapshot, ...]
    taken_at: datetime
    span_ms: float
    one_moment: bool


def url_of(service: str, database: str | None = None) -> str:
    """The address of a service's database, as libpq takes it; or of another one beside it."""
    url = make_url(settings(service).database_url).set(drivername="postgresql")
    text = url.render_as_string(hide_password=False)
    return text if database is None else with_database(text, database)


def connect(service: str, database: str | None = None, **limits: Any) -> extensions.connection:
    """A connection on a service's database, or on another one beside it.

    Raises:
        BackupError: it is not there.
    """
    try:
        return psycopg2.connect(url_of(service, database), **libpq.options("backup", **limits))
    except psycopg2.OperationalError as error:
        said = str(error).strip().splitlines()[0]
        raise BackupError(f"{service}: the database is not reachable: {said}") from error


def ask(
    connection: extensions.connection, question: str | sql.Composable, *values: Any
) -> list[tuple[Any, ...]]:
    """All rows of an answer."""
    with connection.cursor() as cursor:
        cursor.execute(question, values or None)
        return cursor.fetchall()


@contextmanager
def snapshots(services: Iterable[str]) -> Iterator[Snapshots]:
    """Hold a snapshot of each service's database, of one moment where that can be had."""
    names = list(services)
    with ExitStack() as stack:
        readers = {name: stack.enter_context(closing(connect(name))) for name in names}
        for reader in readers.values():
            reader.set_session(isolation_level="REPEATABLE READ", readonly=True)
        for number in range(_TRIES):
            found = _at_once(names, readers, lock=True)
            if found is not None:
                break
            time.sleep(_BETWEEN_TRIES_S * (number + 1))
        else:
            found = _at_once(names, readers, lock=False)
            assert found is not None
        yield found


def _at_once(
    names: list[str], readers: dict[str, extensions.connection], *, lock: bool
) -> Snapshots | None:
    """All snapshots; None where a lock was not to be had."""
    with ExitStack() as locks:
        if lock:
            holders = [locks.enter_context(closing(connect(name))) for name in names]
            until = time.monotonic() + LOCK_WITHIN_S
            for holder in holders:
                left_ms = max(10, round((until - time.monotonic()) * 1000))
                try:
                    with holder.cursor() as cursor:
                        cursor.execute(
                            "SELECT set_config('lock_timeout', %s, true)", [str(left_ms)]
                        )
                        cursor.execute(_LOCK)
                except psycopg2.errors.LockNotAvailable:
                    return None
        begun, taken_at = time.monotonic(), datetime.now(UTC)
        found = tuple(Snapshot(name, _export(readers[name]), readers[name]) for name in names)
        return Snapshots(found, taken_at, (time.monotonic() - begun) * 1000, lock)


def _export(reader: extensions.connection) -> str:
    [(name,)] = ask(reader, "SELECT pg_export_snapshot()")
    return str(name)


def dump(snapshot: Snapshot, path: Path) -> dict[str, Any]:
    """Write a database into a file that ``pg_restore`` reads; gives what the manifest says of it.

    Who owns what, and what other users may do, stays out: it belongs to the server.
    """
    shown, secret = connection_of(url_of(snapshot.service))
    run(
        [
            program("pg_dump"),
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            f"--snapshot={snapshot.name}",
            f"--file={path}",
            f"--dbname={shown}",
        ],
        f"{snapshot.service}: pg_dump",
        secret,
    )
    [(version,)] = ask(snapshot.connection, "SHOW server_version")
    return {
        "server": version,
        "migrations": migrated_to(snapshot.connection, snapshot.service),
        "moment": _text(moment_of(snapshot.connection)),
        "rows": rows_of(snapshot.connection),
    }


def moment_of(connection: extensions.connection) -> datetime | None:
    """Until when a database is known to have lived: the newest event, heartbeat or delivery."""
    [(found,)] = ask(connection, _MOMENT)
    return None if found is None else cast(datetime, found)


def rows_of(connection: extensions.connection) -> dict[str, int]:
    """How many rows each table has."""
    count = sql.SQL("SELECT count(*) FROM {}")
    return {
        name: int(ask(connection, count.format(sql.Identifier(name)))[0][0])
        for (name,) in ask(connection, _TABLES)
    }


def migrated_to(connection: extensions.connection, service: str) -> dict[str, str]:
    """The newest migration of each lineage that a database has."""
    found = {}
    for lineage in (BACKBONE, service):
        table = sql.Identifier(f"alembic_{lineage}")
        rows = ask(connection, sql.SQL("SELECT version_num FROM {}").format(table))
        found[lineage] = ",".join(sorted(number for (number,) in rows))
    return found


def unknown_migrations(service: str, migrations: dict[str, str]) -> list[str]:
    """Those of a backup that this release does not have: it was made by a newer one."""
    return [
        f"{lineage} {number}"
        for lineage in (BACKBONE, service)
        for number in migrations[lineage].split(",")
        if number not in {each.revision for each in _scripts(lineage).walk_revisions()}
    ]


def is_newest(service: str, migrations: dict[str, str]) -> bool:
    """Whether a backup's migrations are the newest of this release."""
    return migrations == {
        lineage: ",".join(sorted(_scripts(lineage).get_heads())) for lineage in (BACKBONE, service)
    }


@cache
def _scripts(lineage: str) -> ScriptDirectory:
    return ScriptDirectory.from_config(alembic_config(lineage))


# -- putting back ----------------------------------------------------------------------------------


def is_empty(service: str) -> bool:
    """Whether a service has no database yet, or one without a table.

    Raises:
        BackupError: the server is not there.
    """
    name = _database_of(service)
    with closing(connect(service, "postgres")) as server:
        if not ask(server, "SELECT 1 FROM pg_database WHERE datname = %s", name):
            return True
    with closing(connect(service)) as own:
        return not ask(own, _TABLES)


def put_beside(service: str, path: Path, wanted: dict[str, int]) -> None:
    """Restore a dump beside the live database, which is not touched; ``take_place`` switches.

    Raises:
        BackupError: it cannot be restored, or has not the rows that the manifest says.
    """
    beside = _beside(service)
    _drop_and_create(service, beside)
    shown, secret = connection_of(url_of(service, beside))
    command = [program("pg_restore"), "--no-owner", "--no-privileges", "--exit-on-error"]
    run([*command, f"--dbname={shown}", path], f"{service}: pg_restore", secret)
    with closing(connect(service, beside)) as connection:
        found = rows_of(connection)
    if found != wanted:
        wrong = [
            f"{table} has {found.get(table)} rows, not {wanted.get(table)}"
            for table in sorted(found.keys() | wanted.keys())
            if found.get(table) != wanted.get(table)
        ]
        raise BackupError(f"{service}: {'; '.join(wrong)}")


def take_place(services: Iterable[str]) -> None:
    """Give the restored databases the places of the live ones, which are dropped."""
    for service in services:
        with closing(connect(service, "postgres")) as server, server.cursor() as cursor:
            server.autocommit = True
            live = sql.Identifier(_database_of(service))
            cursor.execute(_DROP.format(live))
            rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
            cursor.execute(rename.format(sql.Identifier(_beside(service)), live))


def drop_beside(services: Iterable[str]) -> None:
    """Drop what ``put_beside`` has made and nobody wants."""
    for service in services:
        with closing(connect(service, "postgres")) as server, server.cursor() as cursor:
            server.autocommit = True
            cursor.execute(_DROP.format(sql.Identifier(_beside(service))))


def _drop_and_create(service: str, name: str) -> None:
    with closing(connect(service, "postgres")) as server, server.cursor() as cursor:
        server.autocommit = True
        database = sql.Identifier(name)
        cursor.execute(_DROP.format(database))
        try:
            cursor.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(database))
        except psycopg2.errors.InsufficientPrivilege as error:
            raise BackupError(
                f"{service}: database {name!r} may not be created by this user; grant CREATEDB, or "
                "let the server's administrator restore the dumps with pg_restore and call "
                "`palika settle` afterwards"
            ) from error


def _database_of(service: str) -> str:
    return str(make_url(settings(service).database_url).database)


def _beside(service: str) -> str:
    return f"{_database_of(service)}_restoring"


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()
