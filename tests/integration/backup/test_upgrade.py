"""Databases of earlier releases are migrated while their processes go on, and then the new ones."""

import json
import lzma
import subprocess
import threading
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from alembic.script import ScriptDirectory

from palika.catalogue import database_names, listeners
from palika.config import settings
from palika.events import Event
from palika.local import Postgres
from palika.local.postgres import binaries
from palika.migrate import BACKBONE, LOCK_WITHIN_S, alembic_config, upgrade
from services.kpi.parts import city_projector
from tests.support.backbone import Backbone
from tests.support.commands import SUPPORT
from tests.support.part import wait_for

RELEASES = sorted(each for each in (SUPPORT / "releases").iterdir() if each.is_dir())
COLUMNS = """
    SELECT table_name, array_agg(column_name::text ORDER BY ordinal_position)
    FROM information_schema.columns WHERE table_schema = 'public' GROUP BY 1
"""
NEEDED = """
    SELECT table_name, column_name FROM information_schema.columns
    WHERE table_schema = 'public' AND is_nullable = 'NO' AND column_default IS NULL
    AND is_identity = 'NO' AND is_generated = 'NEVER'
"""
RECORD = """
    INSERT INTO outbox (event_id, type, exchange, routing_key, mandatory, body)
    VALUES (gen_random_uuid(), 'old.acted.v1', 'grievance.events', 'nobody.listens', false, %s)
"""


# Of this release the processes are stopped before (changelog): then the old ones make no person.
NEEDED_ALL_THE_SAME = {"0.1.0-2026-11-29": ["eoffice.person.language"]}


class Before:
    """The databases of a release, and processes of that release that go on with them."""

    def __init__(self, backbone: Backbone, release: Path) -> None:
        """Load them."""
        self.backbone = backbone
        self.name = release.name
        self.rows: dict[str, dict[str, int]] = json.loads((release / "rows.json").read_text())
        for service in self.rows:
            self._load(service, lzma.decompress((release / f"{service}.sql.xz").read_bytes()))
        self.columns: dict[str, dict[str, list[str]]] = {
            service: dict(backbone.query(service, COLUMNS)) for service in self.rows
        }
        self.troubles: list[str] = []
        self.recorded: dict[str, int] = dict.fromkeys(self.rows, 0)
        self.rounds: dict[str, int] = dict.fromkeys(self.rows, 0)
        self._end = threading.Event()
        self._threads = [
            threading.Thread(target=self._go_on, args=(each,)) for each in sorted(self.rows)
        ]

    def __enter__(self) -> "Before":
        for thread in self._threads:
            thread.start()
        wait_for(lambda: all(self.rounds.values()), what="each of the old processes goes on")
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()

    def _load(self, service: str, statements: bytes) -> None:
        url = self.backbone.database_url(service)
        name = url.rpartition("/")[2]
        connection = psycopg2.connect(url.replace(name, "postgres"))
        connection.autocommit = True
        connection.cursor().execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        connection.close()
        command = [binaries() / "psql", "--quiet", "--set=ON_ERROR_STOP=1", f"--dbname={url}"]
        subprocess.run(command, input=statements, stdout=subprocess.DEVNULL, check=True)

    def _go_on(self, service: str) -> None:
        """Read every column of every table that was there, and record an event, again and again.

        As its code does it, with the patience of a caller.
        """
        connection = psycopg2.connect(
            self.backbone.database_url(service),
            options=f"-c lock_timeout={settings().rpc_timeout_s * 1000:.0f}",
        )
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                while not self._end.wait(0.01):
                    for table, columns in self.columns[service].items():
                        names = ", ".join(f'"{each}"' for each in columns)
                        cursor.execute(f'SELECT {names} FROM "{table}" LIMIT 3')
                    cursor.execute(RECORD, [json.dumps({"number": self.recorded[service]})])
                    self.recorded[service] += 1
                    self.rounds[service] += 1
        except psycopg2.Error as error:
            self.troubles.append(f"{service}: {str(error).strip()}")
        finally:
            connection.close()


@pytest.fixture(scope="module", params=RELEASES, ids=lambda each: each.name)
def before(request: pytest.FixtureRequest, backbone: Backbone) -> Before:
    """An earlier release, migrated while it runs."""
    with Before(backbone, request.param) as release:
        done = backbone.palika("migrate")
        assert done.returncode == 0, done.stderr
        rounds = dict(release.rounds)
        wait_for(
            lambda: release.troubles or all(release.rounds[x] > rounds[x] for x in rounds),
            what="the old processes go on with the new tables",
        )
    return release


def test_there_is_a_release_to_come_from() -> None:
    assert RELEASES


def test_the_processes_of_before_go_on_meanwhile_and_afterwards(before: Before) -> None:
    assert before.troubles == []


def test_every_database_is_up_to_date_with_all_that_was_in_it(before: Before) -> None:
    for service in database_names():
        for lineage in (BACKBONE, service):
            newest = ScriptDirectory.from_config(alembic_config(lineage)).get_current_head()
            found = before.backbone.value(service, f"SELECT version_num FROM alembic_{lineage}")
            assert found == newest
    for service, tables in before.rows.items():
        for table, count in tables.items():
            expected = count + (before.recorded[service] if table == "outbox" else 0)
            found = before.backbone.value(service, f'SELECT count(*) FROM "{table}"')
            assert found == expected, (service, table)


def test_nothing_is_needed_that_the_release_before_does_not_write(before: Before) -> None:
    needed = [
        f"{service}.{table}.{column}"
        for service, tables in before.columns.items()
        for table, column in before.backbone.query(service, NEEDED)
        if table in tables and column not in tables[table]
    ]
    assert needed == NEEDED_ALL_THE_SAME.get(before.name, [])


def test_the_new_processes_count_what_the_old_ones_published(before: Before) -> None:
    backbone = before.backbone
    # Its queue is there first, as in a city that was there before.
    backbone.service("kpi").wait_ready(60)
    backbone.relay("grievance").wait_ready(60)
    (measures,) = [each for each in listeners("kpi") if each.name == "measures"]
    rows = backbone.query("grievance", "SELECT body FROM outbox WHERE mandatory")
    events = [Event.from_json(body) for (body,) in rows]
    wanted = [event for event in events if event.type in measures.types]
    assert len(wanted) > 50
    seen = "SELECT count(*) FROM inbox WHERE subscription = 'kpi.measures'"
    wait_for(lambda: backbone.value("kpi", seen) == len(wanted), 60, "all is counted")
    truth = city_projector().aggregate((e.id, e.type, e.data) for e in wanted).totals
    statement = "SELECT measure, department, ward, day::text, cell, value FROM measure"
    assert {tuple(key): n for *key, n in backbone.query("kpi", statement)} == truth


def test_a_migration_lets_others_pass_while_a_table_is_in_use(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody holds a table for longer than a migration waits: who comes later is not held up."""
    monkeypatch.setenv("KPI_DATABASE_URL", postgres.url("test_migrated_in_use"))
    settings.cache_clear()
    upgrade("kpi")
    url = postgres.url("test_migrated_in_use")
    holder, other = (psycopg2.connect(url) for _ in range(2))
    other.autocommit = True
    try:
        other.cursor().execute(
            "ALTER TABLE outbox DROP COLUMN call; UPDATE alembic_backbone SET version_num = "
            "'backbone_0001'"
        )
        holder.cursor().execute("SELECT 1 FROM outbox")
        migration = threading.Thread(target=upgrade, args=("kpi",))
        migration.start()
        waits = "SELECT count(*) FROM pg_locks WHERE relation = 'outbox'::regclass AND NOT granted"
        wait_for(lambda: _value(other, waits), 20, "the migration waits for the table")
        other.cursor().execute(f"SET lock_timeout = '{LOCK_WITHIN_S + 8}s'")
        other.cursor().execute("SELECT count(*) FROM outbox")  # Passes, once it has given up.
        assert migration.is_alive()
        holder.rollback()
        migration.join(60)
        assert not migration.is_alive()
        assert _value(other, "SELECT count(call) = 0 FROM outbox")
    finally:
        holder.close()
        other.close()
        settings.cache_clear()


def _value(connection: Any, question: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone()[0]
