"""`palika cities`: a city is made, made again, removed and brought back, on servers of others."""

import json
from collections.abc import Iterator
from pathlib import Path

import kombu
import psycopg2
import pytest
from amqp.exceptions import AccessRefused

from palika.cities import CityFolder
from palika.local import Broker, Postgres
from palika.local.city import database_names
from tests.support import commands
from tests.support.two_cities import open_again, without_keys, write_servers_file

SLUG = "satara"


@pytest.fixture
def folder(tmp_path: Path, broker: Broker, postgres: Postgres) -> Iterator[Path]:
    write_servers_file(tmp_path, broker, postgres)
    yield tmp_path
    done = palika(tmp_path, "cities", "remove", SLUG, "--data", "--yes")
    open_again(postgres)
    assert done.returncode in (0, 2), done.stderr


def secrets_of(city: CityFolder) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in city.secrets.rglob("*") if path.is_file()}


def palika(folder: Path, *arguments: str):

    environment = {
        **without_keys(),
        "PALIKA_CITIES": str(folder),
        "PYTHONPATH": commands.PYTHONPATH,
    }
    return commands.run(arguments, environment)


def connects(city: CityFolder) -> tuple[bool, bool]:
    """Whether its operator comes in at the broker, and a service at its database."""
    try:
        with kombu.Connection(city.secret("AMQP_URI"), connect_timeout=5) as connection:
            connection.connect()
        broker = True
    except AccessRefused:
        broker = False
    try:
        psycopg2.connect(city.secret("TAX_DATABASE_URL"), connect_timeout=5).close()
        database = True
    except psycopg2.OperationalError:
        database = False
    return broker, database


def test_a_city_is_made_made_again_removed_and_brought_back(
    folder: Path, postgres: Postgres, broker: Broker
) -> None:
    city = CityFolder(folder, SLUG)
    added = palika(folder, "cities", "add", SLUG, "--json")
    assert added.returncode == 0, added.stderr
    assert json.loads(added.stdout)["servers"] is True
    assert connects(city) == (True, True)
    assert {city.database(each) for each in database_names()} <= databases(postgres)

    # A second time nothing changes; what somebody took away is there again.
    kept = secrets_of(city)
    broker.control("delete_user", city.broker_user("tax"))
    again = palika(folder, "cities", "add", SLUG, "--json")
    assert json.loads(again.stdout)["made"] is False
    assert secrets_of(city) == kept
    with kombu.Connection(city.secret("TAX_AMQP_URI"), connect_timeout=5) as connection:
        connection.connect()

    with psycopg2.connect(city.secret("TAX_DATABASE_URL")) as connection:
        connection.cursor().execute("CREATE TABLE kept (a int)")
    connection.close()
    assert palika(folder, "cities", "remove", SLUG).returncode == 130, "nobody said yes"
    assert connects(city) == (True, True)
    removed = palika(folder, "cities", "remove", SLUG, "--yes", "--json")
    assert removed.returncode == 0, removed.stderr
    place = Path(json.loads(removed.stdout)["kept"])
    assert connects(CityFolder(place.parent, SLUG)) == (False, False)
    assert json.loads(palika(folder, "cities", "list", "--json").stdout) == []
    refused = palika(folder, "cities", "add", SLUG)
    assert refused.returncode == 2
    assert f"mv {place} {city.path}" in refused.stderr

    place.rename(city.path)
    assert palika(folder, "cities", "add", SLUG).returncode == 0
    assert connects(city) == (True, True)
    with psycopg2.connect(city.secret("TAX_DATABASE_URL")) as connection:
        connection.cursor().execute("SELECT * FROM kept")
    connection.close()
    gone = palika(folder, "cities", "remove", SLUG, "--data", "--yes")
    assert gone.returncode == 0, gone.stderr
    assert not city.path.exists()
    assert not {city.database(each) for each in database_names()} & databases(postgres)
    assert SLUG not in broker.control("list_vhosts", "name", "--no-table-headers").split()
    assert f"palika.{SLUG}" not in broker.control("list_users", "--no-table-headers")


def databases(postgres: Postgres) -> set[str]:
    connection = psycopg2.connect(postgres.url())
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT datname FROM pg_database")
            return {name for (name,) in cursor.fetchall()}
    finally:
        connection.close()


def test_what_does_not_work_is_told_in_one_line(folder: Path) -> None:
    for arguments, told in (
        (("add", "Satara"), "is no name of a city"),
        (("add", SLUG, "--name-en", "Satara"), "give --name-mr and --name-en"),
        (("remove", SLUG, "--yes"), "there is no city 'satara'"),
    ):
        done = palika(folder, "cities", *arguments)
        assert done.returncode == 2, arguments
        assert told in done.stderr
    (folder / "servers.yaml").write_text("broker: amqp://a:b@h\nrabbitmqctl: x\ndatabase: y\n")
    done = palika(folder, "cities", "add", SLUG)
    assert done.returncode == 2
    assert "servers.yaml: database: its scheme is not postgresql" in done.stderr
