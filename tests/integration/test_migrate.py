"""Migrations: from nothing, again, and by many at once; and the models are what they make."""

import importlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from palika import libpq, tables
from palika.catalogue import database_names
from palika.config import settings
from palika.local import Postgres
from palika.migrate import LOCK, alembic_config, migrations_of, upgrade
from tests.support.backbone import Backbone
from tests.support.part import PALIKA, ROOT, wait_for

CITY = ("eoffice", "grievance", "kpi", "notify", "portal", "tax", "warroom")


def migrate(backbone: Backbone, service: str, **options: str) -> "subprocess.Popen[str]":
    """``palika migrate SERVICE``, started."""
    return subprocess.Popen(
        [*PALIKA, "migrate", service],
        cwd=ROOT,
        env=backbone.environment(**options),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_databases_of_the_city_are_the_ones_tested_here() -> None:
    assert tuple(database_names()) == CITY


def test_many_processes_at_once_make_one_database_and_a_further_one_changes_nothing(
    backbone: Backbone,
) -> None:
    processes = [migrate(backbone, "probe") for _ in range(4)]
    ends = [(process.communicate(timeout=60)[1], process.returncode) for process in processes]
    assert [code for _, code in ends] == [0, 0, 0, 0], ends
    made = "SELECT oid, relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    before = set(backbone.query("probe", made))
    assert {"outbox", "inbox", "heartbeat", "ping"} <= {name for _, name in before}
    assert backbone.palika("migrate", "probe").returncode == 0
    assert set(backbone.query("probe", made)) == before
    locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
    assert backbone.value("probe", locks) == 0


def test_a_migration_waits_for_the_one_under_way(backbone: Backbone) -> None:
    backbone.migrate("probe")
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    with backbone.sessions("probe")() as session:
        session.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK})
        process = migrate(backbone, "probe")
        wait_for(lambda: backbone.value("probe", waiting) == 1, 30, "it waits")
        session.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK})
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said


@pytest.mark.parametrize("service", CITY)
def test_both_lineages_are_at_their_heads_and_the_models_are_what_they_make(
    backbone: Backbone, service: str
) -> None:
    backbone.migrate(service)
    versions = {"backbone": ROOT / "palika/alembic/backbone", service: migrations_of(service)}
    for lineage, folder in versions.items():
        script = ScriptDirectory.from_config(alembic_config(lineage, folder))
        (head,) = script.get_heads()
        found = backbone.query(service, f"SELECT version_num FROM alembic_{lineage}")
        assert found == [(head,)], f"{service}: {lineage}"
    models = importlib.import_module(f"services.{service}.models")
    with backbone.sessions(service)() as session:
        context = MigrationContext.configure(
            session.connection(),
            opts={
                "compare_type": True,
                "compare_server_default": True,
                "include_object": _not_alembics_own,
            },
        )
        bases = [each for each in vars(models).values() if hasattr(each, "metadata")]
        own = bases[0].metadata
        differences = compare_metadata(context, [tables.metadata, own])  # type: ignore[arg-type]
    assert differences == []


def _not_alembics_own(_thing: Any, name: str | None, kind: str, *_: Any) -> bool:
    return not (kind == "table" and str(name).startswith("alembic_"))


def test_a_missing_server_is_one_line_and_an_exit_status(backbone: Backbone) -> None:
    nowhere = "postgresql://palika:secret@127.0.0.1:1/nothing"
    process = migrate(backbone, "probe", PROBE_DATABASE_URL=nowhere)
    _, said = process.communicate(timeout=60)
    assert process.returncode not in (0, 2)
    assert said.startswith("palika: probe: the database is not reachable")
    assert "Traceback" not in said
    assert "secret" not in said


def test_a_user_who_may_not_create_the_database_is_told_to_create_it(backbone: Backbone) -> None:
    backbone.migrate("probe")
    backbone.query("probe", "CREATE ROLE clerk LOGIN PASSWORD 'pen'")
    try:
        server = backbone.database_url("probe").rpartition("@")[2].partition("/")[0]
        address = f"postgresql://clerk:pen@{server}/clerks_own"
        process = migrate(backbone, "probe", PROBE_DATABASE_URL=address)
        _, said = process.communicate(timeout=60)
    finally:
        backbone.query("probe", "DROP ROLE clerk")
    assert process.returncode not in (0, 2)
    assert "database 'clerks_own' is missing and may not be created by user 'clerk'" in said


UPGRADE = """
from palika.migrate import upgrade
try:
    upgrade("broken")
except Exception as error:
    raise SystemExit(f"{type(error).__name__}: {error}")
"""
BROKEN = """
import sqlalchemy as sa
from alembic import op

revision = "broken_0001"
down_revision = None


def upgrade() -> None:
    op.create_table("half", sa.Column("id", sa.Integer))
    op.execute("SELECT 1/0")
"""


def migrate_broken(
    backbone: Backbone, tmp_path: Path, statement: str
) -> "subprocess.CompletedProcess[str]":
    """Migrate a service whose one migration ends with the statement."""
    folder = tmp_path / "services" / "broken" / "migrations"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").write_text("")
    (folder / "0001_broken.py").write_text(BROKEN.replace("SELECT 1/0", statement))
    env = backbone.environment(BROKEN_DATABASE_URL=backbone.database_url("broken"))
    env["PYTHONPATH"] = f"{ROOT}:{tmp_path}"
    return subprocess.run(
        [sys.executable, "-c", UPGRADE],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_migration_that_fails_leaves_nothing_of_itself_and_says_why(
    backbone: Backbone, tmp_path: Path
) -> None:
    result = migrate_broken(backbone, tmp_path, "SELECT 1/0")
    assert result.returncode == 1
    assert "division by zero" in result.stderr
    assert "InFailedSqlTransaction" not in result.stderr
    names = {name for (name,) in backbone.query("broken", "SELECT relname FROM pg_class")}
    assert "outbox" in names, "the backbone's migrations were finished"
    assert "half" not in names
    locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
    assert backbone.value("broken", locks) == 0


def test_what_a_migration_was_lost_by_is_told_though_the_database_does_not_come_back(
    backbone: Backbone, tmp_path: Path
) -> None:
    backbone.migrate("probe")
    database = backbone.database_url("broken").rpartition("/")[2]
    allow = f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS'
    theirs = f"pg_stat_activity WHERE datname = '{database}'"
    asleep = f"SELECT 1 FROM {theirs} AND wait_event = 'PgSleep'"
    with ThreadPoolExecutor(1) as other:
        migrating = other.submit(migrate_broken, backbone, tmp_path, "SELECT pg_sleep(50)")
        wait_for(lambda: bool(backbone.query("probe", asleep)), 30, "it is in the migration")
        backbone.query("probe", f"{allow} false")
        try:
            backbone.query("probe", f"SELECT pg_terminate_backend(pid) FROM {theirs}")
            result = migrating.result()
        finally:
            backbone.query("probe", f"{allow} true")
    assert result.returncode == 1
    assert result.stderr.startswith("OperationalError: ")
    assert "[SQL: SELECT pg_sleep(50)]" in result.stderr
    assert "not currently accepting connections" not in result.stderr


def test_every_connection_notices_a_server_that_is_gone(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_DATABASE_URL", postgres.url("not_there_yet"))
    settings.cache_clear()
    connect = psycopg2.connect
    made: list[dict[str, Any]] = []

    def recorded(*args: Any, **options: Any) -> Any:
        made.append(options)
        return connect(*args, **options)

    monkeypatch.setattr(psycopg2, "connect", recorded)
    try:
        upgrade("notify")
    finally:
        settings.cache_clear()
    assert {each["dbname"] for each in made} == {"not_there_yet", "postgres"}
    wanted = libpq.options("notify")
    assert [each for each in made if not wanted.items() <= each.items()] == []
