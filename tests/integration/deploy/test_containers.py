"""Every container of deploy/compose, run outside a container against a real broker and database.

No image is built by a test: where tests run there is no Docker. What is proven is what the image
and compose say: commands, variables, secrets, what is written to, health, and the end.
"""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import kombu
import psycopg2
import pytest

from palika.local import Postgres
from tests.support.commands import ROOT
from tests.support.containers import Container, make_secrets, point_at
from tests.support.deploy import processes

# All of a city's processes start at once: on two cores that are busy it takes minutes.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A server of this module's own: its users and databases are made by the city's own script."""
    server = Postgres(tmp_path_factory.mktemp("postgres"), durable=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory, databases: Postgres, amqp_uri: str) -> Path:
    made = make_secrets(tmp_path_factory.mktemp("compose"))
    connection = psycopg2.connect(databases.url())
    connection.autocommit = True
    with connection.cursor() as cursor:
        # One by one, as psql runs them: a database is not made within a transaction.
        for statement in (made / "databases.sql").read_text().split(";\n"):
            if statement.strip():
                cursor.execute(statement)
    connection.close()
    broker = (made / "AMQP_URI").read_text().strip()
    at = urlsplit(databases.url())
    point_at(made, {broker: amqp_uri, "@postgres:5432": f"@{at.hostname}:{at.port}"})
    return made


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("containers")


@pytest.fixture(scope="module")
def taken() -> list[int]:
    return []


@pytest.fixture(scope="module")
def migrated(secrets: Path, place: Path, taken: list[int]) -> Container:
    container = Container("migrate", place / "migrate", secrets, taken)
    ended = container.run()
    assert ended.returncode == 0, ended.stderr
    return container


@pytest.fixture(scope="module")
def city(
    migrated: Container, secrets: Path, place: Path, taken: list[int]
) -> Iterator[dict[str, Container]]:
    """All of them at once, as compose starts them."""
    found = {name: Container(name, place / name, secrets, taken) for name in processes()}
    try:
        for container in found.values():
            container.start()
        yield found
    finally:
        for container in found.values():
            container.kill()


def test_what_is_not_a_container_s_to_write_is_not_written(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    guard = [sys.executable, str(ROOT / "tests" / "support" / "read_only.py"), str(inside)]
    ends = {
        folder.name: subprocess.run(
            [*guard, "touch", folder / "file"], capture_output=True, check=False
        ).returncode
        for folder in (inside, outside)
    }
    assert ends == {"inside": 0, "outside": 1}
    assert not list(outside.iterdir())


def test_migrations_are_done_again_without_harm(migrated: Container) -> None:
    ended = migrated.run()
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.count("up to date") == 7


@pytest.mark.parametrize("name", sorted(processes()))
def test_a_container_is_healthy_as_it_is_described(city: dict[str, Container], name: str) -> None:
    container = city[name]
    container.wait_healthy()
    assert container.get("/healthz")[0] == 200
    status, said = container.get("/readyz")
    assert (status, json.loads(said)["ready"]) == (200, True)
    part = "relay" if name.endswith("-relay") else ("web" if name == "portal" else "service")
    assert f'part="{part}"' in container.get("/metrics")[1]
    # In production, and with secrets of its own, it makes nothing by the way.
    assert "Read-only" not in container.said()
    assert "Permission denied" not in container.said()


def test_the_operator_s_commands_find_broker_and_databases(
    city: dict[str, Container], secrets: Path, place: Path, taken: list[int]
) -> None:
    city["kpi"].wait_healthy()
    ended = Container("operator", place / "operator", secrets, taken).run()
    assert ended.returncode == 0, ended.stderr
    assert "kpi.measures" in ended.stdout


def test_the_pages_are_served(city: dict[str, Container]) -> None:
    city["portal"].wait_healthy()
    url = f"http://127.0.0.1:{city['portal'].pages}/mr/"
    # By https, as the one proxy before it says: in production nothing else is served.
    request = urllib.request.Request(
        url, headers={"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 200
        assert 'lang="mr"' in answer.read().decode()


def test_four_of_one_share_its_queue(
    city: dict[str, Container], secrets: Path, place: Path, taken: list[int], amqp_uri: str
) -> None:
    """`docker compose up --scale kpi=4`: the same description, four times."""
    city["kpi"].wait_healthy()
    more = [Container("kpi", place / f"kpi-{n}", secrets, taken) for n in (2, 3, 4)]
    try:
        for container in more:
            container.start()
        for container in more:
            container.wait_healthy()
        with kombu.Connection(amqp_uri) as connection:
            queue = connection.default_channel.queue_declare("kpi.measures", passive=True)
        assert queue.consumer_count == 4
        assert [container.stop() for container in more] == [0, 0, 0]
    finally:
        for container in more:
            container.kill()


def test_all_end_within_their_grace_when_they_are_told_to(city: dict[str, Container]) -> None:
    for container in city.values():
        container.wait_healthy()
    assert {name: container.stop() for name, container in city.items()} == dict.fromkeys(city, 0)
