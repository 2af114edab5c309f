"""A city with traffic, its backups, its destruction, and what it should be afterwards."""

import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg2

from palika import catalogue
from palika.events import Event
from palika.local import Broker
from palika.local.city import database_names
from services.kpi.parts import city_projector
from tests.support.backbone import Backbone
from tests.support.kpi_rebuild import some_event
from tests.support.part import Part, wait_for

_PAUSE_S = 0.01


class TrafficCity:
    """All databases of a city, grievances that become events, and the KPIs that count them."""

    def __init__(self, backbone: Backbone, broker: Broker, folder: Path) -> None:
        """Migrate all databases; nothing runs yet."""
        self.backbone = backbone
        self.folder = folder
        self._broker = broker
        self._rng = random.Random(5)
        self._parts: list[Part] = []
        self._var = folder / "var"
        self._var.mkdir()
        catalogue.published("grievance")
        backbone.migrate("probe", *database_names())

    def start(self) -> None:
        """The KPIs and the relay of grievance, as far as they are not there."""
        if not self._parts:
            variables = {"PALIKA_VAR": str(self._var)}
            self._parts = [
                self.backbone.service("kpi", **variables),
                self.backbone.relay("grievance", **variables),
            ]
            for part in self._parts:
                part.wait_ready(60)

    def stop(self) -> None:
        """Both, in order."""
        for part in self._parts:
            part.terminate()
        for part in self._parts:
            part.stop()
        self._parts = []

    def happen(self, count: int) -> list[str]:
        """So many events of grievance, each committed by itself; their ids."""
        events = [self._event() for _ in range(count)]
        for event in events:
            self.backbone.record("grievance", event)
        return [event.id for event in events]

    @contextmanager
    def traffic(self) -> Iterator[list[str]]:
        """Events all the while; gives the ids of those that are committed, a growing list."""
        committed: list[str] = []
        end = threading.Event()

        def go_on() -> None:
            while not end.wait(_PAUSE_S):
                committed.extend(self.happen(1))

        thread = threading.Thread(target=go_on)
        thread.start()
        try:
            wait_for(lambda: len(committed) > 5, what="traffic")
            yield committed
        finally:
            end.set()
            thread.join()

    def palika(self, *arguments: str, status: int = 0, **options: str) -> dict[str, Any]:
        """A command with ``--json``; what it printed."""
        done = self.backbone.palika(*arguments, "--json", PALIKA_VAR=str(self._var), **options)
        assert done.returncode == status, (done.returncode, done.stdout[-2000:], done.stderr)
        return json.loads(done.stdout) if done.stdout else {"error": done.stderr}

    def backup(self, name: str) -> Path:
        """A backup of that name."""
        self.palika("backup", str(self.folder / name))
        return self.folder / name

    def destroy(self) -> None:
        """Every database and all that the broker has."""
        self.stop()
        for service in ("probe", *database_names()):
            url = self.backbone.database_url(service)
            name = url.rpartition("/")[2]
            connection = psycopg2.connect(url.replace(name, "postgres"))
            connection.autocommit = True
            connection.cursor().execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            connection.close()
        for engine in self.backbone._engines.values():
            engine.dispose()
        self.lose_broker()

    def lose_broker(self) -> None:
        """All that the broker has."""
        vhost = self.backbone.amqp_uri.rpartition("/")[2]
        self._broker.delete_vhost(vhost)
        self._broker.add_vhost(vhost)

    # -- the truth ---------------------------------------------------------------------------------

    def published(self) -> dict[str, Event]:
        """What the grievance service's own database says has happened."""
        rows = self.backbone.query("grievance", "SELECT body FROM outbox WHERE mandatory")
        events = [Event.from_json(body) for (body,) in rows]
        return {event.id: event for event in events}

    def seen(self) -> set[str]:
        """What the KPIs have seen."""
        rows = self.backbone.query("kpi", "SELECT event_id FROM inbox")
        return {str(UUID(each)) for (each,) in rows}

    def is_counted_once(self, timeout_s: float = 30) -> bool:
        """Whether the KPIs come to be what their sources are, recounted, to the last unit."""
        wait_for(
            lambda: self.seen() == self.published().keys(), timeout_s, "the KPIs have seen all"
        )
        published = self.published().values()
        truth = city_projector().aggregate((e.id, e.type, e.data) for e in published).totals
        statement = "SELECT measure, department, ward, day::text, cell, value FROM measure"
        counted = {tuple(key): n for *key, n in self.backbone.query("kpi", statement)}
        assert counted == truth
        return True

    def settled_down(self) -> None:
        """Wait until the KPIs have seen all that was published."""
        wait_for(lambda: self.seen() == self.published().keys(), 30, "the KPIs have seen all")

    def _event(self) -> Event:
        while True:
            event = some_event(self._rng)
            if event.type.startswith("grievance."):
                time.sleep(0.001)  # The next id is of another millisecond.
                return event
