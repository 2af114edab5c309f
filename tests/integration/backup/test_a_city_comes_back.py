"""A city with traffic is backed up, destroyed and restored, and compared with the truth.

The tests are one story: each goes on with the city as the one before has left it.
"""

import json
import os
import shlex
import shutil
import subprocess
from pathlib import Path

import psycopg2
import pytest

from palika.backup.folder import BackupError, seal, verified
from palika.local import Broker, Postgres
from palika.local.city import database_names
from palika.local.docker import private_broker
from tests.support.backbone import Backbone
from tests.support.backups import TrafficCity
from tests.support.commands import PALIKA, PYTHONPATH, ROOT, run
from tests.support.part import wait_for

# The first makes all databases of a city and two backups of them.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def town(
    backbone: Backbone, broker: Broker, tmp_path_factory: pytest.TempPathFactory
) -> TrafficCity:
    return TrafficCity(backbone, broker, tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="module")
def first(town: TrafficCity) -> tuple[Path, set[str], set[str]]:
    """A backup amid traffic; what was committed before it, and all until it was there."""
    town.start()
    with town.traffic() as committed:
        before = set(committed)
        folder = town.backup("first")
        after = set(committed)
    town.settled_down()
    return folder, before, after


@pytest.fixture(scope="module")
def second(town: TrafficCity, first: object) -> tuple[Path, dict]:
    """A later one, while nothing happens; and what had been published by then."""
    town.happen(30)
    town.settled_down()
    return town.backup("second"), town.published()


def test_all_that_was_committed_before_the_backup_is_there_and_counted_once(
    town: TrafficCity, first: tuple[Path, set[str], set[str]], second: object
) -> None:
    folder, before, after = first
    town.happen(20)
    town.destroy()
    done = town.palika("restore", str(folder))
    assert json.loads((folder / "manifest.json").read_text())["one_moment"]
    restored = set(town.published())
    assert before <= restored <= after
    # Of one moment: nothing was seen that its publisher does not know.
    assert town.seen() <= restored
    assert done["settled"]["withdrawn"] == []
    town.start()
    assert town.is_counted_once()


def test_kpis_that_are_older_than_the_grievances_catch_up(
    town: TrafficCity, first: tuple[Path, set[str], set[str]], second: tuple[Path, dict]
) -> None:
    folder, published = second
    town.stop()
    # The log that came back is as old as the KPIs: what it lacks is sent again.
    done = town.palika("restore", str(folder), "--only", "grievance", "--over")
    assert town.published().keys() == published.keys()
    lacking = len(published) - len(town.seen())
    assert lacking >= 30
    assert done["settled"]["sent_again"] == {"grievance": lacking}
    town.start()
    assert town.is_counted_once()
    town.stop()
    # The log has all: what the KPIs lack is delivered to them.
    done = town.palika("restore", str(first[0]), "--only", "kpi", "--over")
    assert len(town.seen()) < len(published)
    assert done["settled"]["sent_again"] == {}
    assert done["settled"]["delivered"]["kpi.measures"] == len(published) - len(town.seen())
    town.start()
    assert town.is_counted_once()


def test_kpis_that_are_newer_than_the_grievances_forget_what_is_lost(
    town: TrafficCity, first: tuple[Path, set[str], set[str]], second: tuple[Path, dict]
) -> None:
    _, published = second
    town.stop()
    done = town.palika("restore", str(first[0]), "--only", "grievance", "--over", status=1)
    lost = published.keys() - town.published().keys()
    assert len(lost) >= 30
    assert {event["id"] for event in done["settled"]["withdrawn"]} == lost
    assert done["settled"]["counted_anew"] == ["kpi.measures"]
    assert [line for line in done["settled"]["not_settled"] if "kpi" in line] == []
    assert "has to act again" in done["settled"]["not_settled"][-1]
    town.start()
    assert town.is_counted_once()
    # For good: nothing is left in the log, and settling again finds nothing.
    assert town.palika("settle", "--dry-run")["settled"]["withdrawn"] == []
    town.happen(10)
    assert town.is_counted_once()


def test_a_log_that_the_broker_has_lost_is_sent_again(town: TrafficCity, second: object) -> None:
    town.settled_down()
    town.stop()
    town.lose_broker()
    found = town.palika("settle")["settled"]
    assert found["sent_again"]["grievance"] == len(town.published())
    town.start()
    assert town.is_counted_once()


def test_nothing_is_restored_over_data_or_beside_a_city_that_runs(
    town: TrafficCity, second: tuple[Path, dict]
) -> None:
    folder, _ = second
    town.start()
    refused = town.palika("restore", str(folder), "--over", status=1)["error"]
    assert "stop every process of the services first" in refused
    town.stop()
    before = town.published().keys()
    refused = town.palika("restore", str(folder), status=1)["error"]
    assert "there are data already" in refused
    assert "grievance" in refused
    assert town.published().keys() == before


def test_every_file_of_a_backup_is_looked_at(second: tuple[Path, dict], tmp_path: Path) -> None:
    folder = shutil.copytree(second[0], tmp_path / "copy")
    assert len(verified(folder)["files"]) > len(database_names())
    for path in [each for each in sorted(folder.rglob("*")) if each.is_file()]:
        whole = path.read_bytes()
        middle = len(whole) // 2
        path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
        with pytest.raises(BackupError, match="damaged"):
            verified(folder)
        path.unlink()
        with pytest.raises(BackupError, match=r"is missing|was never finished"):
            verified(folder)
        path.write_bytes(whole)
    (folder / "more.dump").touch()
    with pytest.raises(BackupError, match=r"more\.dump does not belong to it"):
        verified(folder)


def test_a_damaged_backup_or_one_of_a_later_release_changes_nothing(
    town: TrafficCity, second: tuple[Path, dict], tmp_path: Path
) -> None:
    before = town.published().keys()
    folder = shutil.copytree(second[0], tmp_path / "copy")
    path = folder / "grievance.dump"
    path.write_bytes(path.read_bytes()[:-1])
    refused = town.palika("restore", str(folder), "--over", status=1)["error"]
    assert "grievance.dump is damaged" in refused
    assert (
        "grievance.dump is damaged"
        in town.palika("backup", "verify", str(folder), status=1)["error"]
    )
    folder = shutil.copytree(second[0], tmp_path / "later")
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").unlink()
    manifest["databases"]["tax"]["migrations"]["tax"] = "9999"
    seal(folder, {key: manifest[key] for key in manifest.keys() - {"files", "digest"}})
    refused = town.palika("restore", str(folder), "--over", status=1)["error"]
    assert "has migrations that this release does not know (tax 9999)" in refused
    assert town.published().keys() == before


def test_a_backup_that_was_killed_or_found_no_room_is_none(
    town: TrafficCity, first: object, tmp_path: Path
) -> None:
    environment = town.backbone.environment(PALIKA_VAR=str(tmp_path))
    target = tmp_path / "killed"
    with subprocess.Popen(
        [*PALIKA, "backup", str(target)], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL
    ) as process:
        wait_for(lambda: list(tmp_path.glob(".killed.unfinished-*/*.dump")), 60, "a dump")
        process.kill()
    assert not target.exists()
    (left,) = tmp_path.glob(".killed.unfinished-*")
    with pytest.raises(BackupError, match="was never finished"):
        verified(left)
    target = tmp_path / "full"
    # As a full disk does: no file may be larger than a few blocks.
    limited = shlex.join([*PALIKA, "backup", str(target)])
    done = subprocess.run(
        ["sh", "-c", f"ulimit -f 16; exec {limited}"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert not target.exists()
    assert list(tmp_path.glob(".full.unfinished-*")) == []


def test_the_moment_before_a_disaster_comes_back(second: tuple[Path, dict], tmp_path: Path) -> None:
    """On a machine of its own: restored, backed up as a whole server, and as of a moment."""
    archive = tmp_path / "archive"
    archive.mkdir()
    variables = {"PALIKA_VAR": str(tmp_path / "var"), "PALIKA_WAL_ARCHIVE": str(archive)}
    alone = os.environ | variables | {"PYTHONPATH": PYTHONPATH}

    def palika(*arguments: str, status: int = 0, **servers: str) -> str:
        done = run([*arguments], alone | servers)
        assert done.returncode == status, done.stderr
        return done.stdout if status == 0 else done.stderr

    palika("restore", str(second[0]))
    assert (tmp_path / "var" / "run" / "seeded").exists()
    server = Postgres(tmp_path / "var" / "postgres", archive=archive)
    broker = private_broker(tmp_path / "var" / "rabbitmq")
    server.start()
    broker.start()
    try:
        named = {"AMQP_URI": broker.uri(), "DATABASE_URL": server.url()}
        palika("backup", str(tmp_path / "base"), "--base", **named)
        palika("backup", "verify", str(tmp_path / "base"))
        # Each statement by itself: a `with` would make one transaction of all.
        connection = psycopg2.connect(server.url("palika_grievance"))
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("UPDATE heartbeat SET service = service")
            cursor.execute("CREATE TABLE kept AS SELECT 1 AS one")
            cursor.execute("SELECT clock_timestamp()")
            moment = cursor.fetchone()[0]
            cursor.execute("DELETE FROM outbox")
            cursor.execute("DROP TABLE kept")
            cursor.execute("SELECT pg_walfile_name(pg_switch_wal())")
            segment = cursor.fetchone()[0]
        connection.close()
        wait_for(lambda: (archive / f"{segment}.gz").exists(), 60, "the log is archived")
    finally:
        broker.stop()
        server.stop()
    to = ["restore", str(tmp_path / "base"), "--to"]
    assert "--over sets them aside" in palika(*to, moment.isoformat(), status=1)
    early = palika(*to, "2020-01-01T00:00+05:30", "--over", status=1)
    assert "before the backup was made" in early
    late = palika(*to, "2099-01-01T00:00+05:30", "--over", status=1)
    assert "could not be reached, and the data of before are in their place" in late
    palika(*to, moment.isoformat(), "--over")
    server = Postgres(tmp_path / "var" / "postgres", archive=archive)
    server.start()
    try:
        with psycopg2.connect(server.url("palika_grievance")) as connection:
            cursor = connection.cursor()
            cursor.execute("SELECT (SELECT one FROM kept), count(*) FROM outbox WHERE mandatory")
            assert cursor.fetchone() == (1, len(second[1]))
        connection.close()
    finally:
        server.stop()
