"""Two cities of one installation, on the tests' broker and database, with processes of both."""

import os
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import kombu
import psycopg2
import pytest
import yaml

from palika import event_log
from palika.auth import Identity
from palika.cities import CityFolder, servers
from palika.cities.making import make
from palika.cities.provision import provide
from palika.config import settings
from palika.events import Event
from palika.local import Broker, Postgres
from palika.rpc import Client
from tests.support import commands
from tests.support.commands import PYTHONPATH
from tests.support.part import Part

IDENTITIES = "PALIKA_IDENTITY_KEYSTORE"
NAMES = {
    "pune": ("पुणे महानगरपालिका", "Pune Municipal Corporation"),
    "nashik": ("नाशिक महानगरपालिका", "Nashik Municipal Corporation"),
}


def without_keys() -> dict[str, str]:
    """The environment without the tests' own keys that vouch for callers: a city has its own."""
    return {name: value for name, value in os.environ.items() if name != IDENTITIES}


class Town:
    """One of the cities."""

    def __init__(self, city: CityFolder, directory: Path) -> None:
        self.city = city
        self._directory = directory
        self._parts: list[Part] = []

    @property
    def amqp_uri(self) -> str:
        """Its broker, as its operator."""
        return self.city.secret("AMQP_URI")

    def set(self, **settings: Any) -> None:
        """Change its palika.yaml."""
        path = self.city.path / "palika.yaml"
        path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | settings))
        self.city.__dict__.pop("variables", None)

    def environment(self, **options: str) -> dict[str, str]:
        """Of its processes: that names the city, and nothing that is its own."""
        return {
            **without_keys(),
            "PALIKA_CITIES": str(self.city.folder),
            "PALIKA_CITY": self.city.slug,
            "PALIKA_LOG_FORMAT": "json",
            "PALIKA_RELAY_POLL_S": "0.2",
            "PYTHONPATH": PYTHONPATH,
            "PYTHONUNBUFFERED": "1",
            **options,
        }

    def palika(self, *arguments: str, **options: str) -> Any:
        """A command, run to its end."""
        return commands.run(arguments, self.environment(**options))

    def part(self, verb: str, service: str, **options: str) -> Part:
        """A process, started; not waited for."""
        log = self._directory / f"{self.city.slug}-{verb}-{service}.log"
        part = Part(verb, service, self.environment(**options), log)
        self._parts.append(part)
        return part.start(ready=False)

    @contextmanager
    def client(self, identity: Identity) -> Iterator[Client]:
        """An RPC client at its broker, for whom its own operator vouches."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(IDENTITIES, self.city.variables[IDENTITIES])
            settings.cache_clear()
            try:
                with Client(identity, 30, self.amqp_uri) as calling:
                    yield calling
            finally:
                settings.cache_clear()

    def logged(self, service: str) -> list[Event]:
        """All that is in the log of a service's events."""
        return [
            event
            for batch in event_log.read(self.amqp_uri, service, start="first", follow=False)
            for event in batch
        ]

    def put(self, queue: str, body: str) -> None:
        """A message straight into a queue."""
        options = {"confirm_publish": True}
        with kombu.Connection(self.amqp_uri, transport_options=options) as connection:
            kombu.Producer(connection.channel()).publish(
                body, routing_key=queue, content_type="application/json", content_encoding="utf-8"
            )

    def close(self) -> None:
        """End its processes."""
        for part in self._parts:
            part.kill()


def shared_servers(broker: Broker, postgres: Postgres) -> servers.Servers:
    """The tests' own, as an installation knows them."""
    return servers.of_broker(broker, broker.uri(), postgres.url())


def open_again(postgres: Postgres) -> None:
    """What cities close to everybody at a server, as the other tests know it."""
    for database in ("postgres", "template1"):
        with closing(psycopg2.connect(postgres.url("postgres"))) as connection:
            connection.autocommit = True
            connection.cursor().execute(
                f"GRANT CONNECT, TEMPORARY ON DATABASE {database} TO PUBLIC"
            )


def write_servers_file(folder: Path, broker: Broker, postgres: Postgres) -> None:
    """The same as somebody else's that ``servers.yaml`` names."""
    script = folder / "rabbitmqctl"
    environment = " ".join(
        f"'{name}={value}'"
        for name, value in broker._environment().items()
        if name.startswith(("RABBITMQ_", "ERL_", "HOME"))
    )
    from palika.local.broker import find_scripts

    script.write_text(
        f"#!/bin/sh\ncd {broker.directory} && exec env {environment} "
        f'{find_scripts()}/rabbitmqctl -q -n palika@localhost "$@"\n'
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    said = {
        "broker": f"amqp://127.0.0.1:{broker.port}",
        "rabbitmqctl": str(script),
        "database": postgres.url(),
    }
    (folder / "servers.yaml").write_text(yaml.safe_dump(said))


def found(folder: Path, slug: str, shared: servers.Servers) -> CityFolder:
    """A city with all that it has, made as `palika cities add` makes it."""
    city = CityFolder(folder, slug)
    make(city, *NAMES[slug])
    provide(city, shared)
    return CityFolder(folder, slug)
