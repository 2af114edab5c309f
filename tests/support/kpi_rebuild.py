"""Events as a city publishes them, counted as the KPI service does, and stored in its logs."""

import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pika
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika import topology
from palika.config import settings
from palika.database import sessions
from palika.events import Event, TypeName
from palika.subscribe import Refuse
from palika.subscribe.reader import Reader
from palika.subscribe.work import Work
from services.kpi.commands.project import project
from services.kpi.commands.rebuild import SOURCES, SUBSCRIPTION, rebuild
from services.kpi.domain.projection import RULES
from services.kpi.domain.sketches import weight
from services.kpi.models import MONTHS, PRINT
from services.kpi.parts import city_projector
from tests.support.kpi_entry import TABLES
from tests.support.samples import golden_data


@pytest.fixture
def kpi(city, kpi_sessions) -> Iterator["Platform"]:
    """The KPI service's database, empty, and its queues and logs, new."""
    platform = Platform(city["AMQP_URI"])
    yield platform
    platform.close()


class Platform:
    """Publishes events as the relay does, and consumes them as the service does."""

    def __init__(self, uri: str, log_arguments: dict | None = None) -> None:
        self.uri = uri
        self.sessions = sessions("kpi")
        self.rng = random.Random(7)
        self.published: list[Event] = []
        with self.sessions.begin() as session:
            session.execute(text(f"TRUNCATE {TABLES}, inbox"))
        self.connection = pika.BlockingConnection(pika.URLParameters(uri))
        self.channel = self.connection.channel()
        for name in [SUBSCRIPTION, *map(topology.log_of, SOURCES)]:
            self.channel.queue_delete(name)
        names = [TypeName.parse(kind) for kind in RULES]
        wanted = topology.subscription("kpi", "measures", RULES, settings("kpi"))
        for source in SOURCES:
            keys = [(kind.exchange, kind.routing_key) for kind in names if kind.service == source]
            arguments = {"x-queue-type": "stream", **(log_arguments or {})}
            log = topology.Queue(topology.log_of(source), arguments, tuple(keys))
            wanted += topology.Topology((topology.exchange_of(source),), (log,))
        topology.declare(uri, wanted)
        self.channel.confirm_delivery()

    def close(self) -> None:
        self.connection.close()

    def publish(self, *events: Event) -> None:
        for event in events:
            kind = TypeName.parse(event.type)
            self.channel.basic_publish(
                kind.exchange,
                kind.routing_key,
                event.to_json().encode(),
                pika.BasicProperties(delivery_mode=2, content_type="application/json"),
            )

    def happen(self, count: int) -> None:
        """Publish `count` random events, some of them twice, as the relay may."""
        for _ in range(count):
            event = some_event(self.rng)
            self.published.append(event)
            self.publish(event, *[event] * (self.rng.random() < 0.1))

    def consume(self, wanted: int | None = None) -> None:
        """Live: take what is in the queue through the projection, until none comes."""
        with self._reader() as reader:
            while True:
                reader.read(1.0)
                if not reader.deliveries:
                    return
                self._work(reader, 200)
                if wanted is not None and self.seen() >= wanted:
                    return

    def consume_until(self, stopped: threading.Event) -> None:
        """Live, until told to stop."""
        with self._reader() as reader:
            while not stopped.is_set():
                reader.read(0.02)
                self._work(reader, 50)

    @contextmanager
    def _reader(self) -> Iterator[Reader]:
        reader = Reader(self.uri, SUBSCRIPTION, 200)
        reader.connect()
        try:
            yield reader
        finally:
            reader.close()

    def _work(self, reader: Reader, most: int) -> None:
        batch = [reader.deliveries.popleft() for _ in range(min(most, len(reader.deliveries)))]
        if batch:
            Work(SUBSCRIPTION, RULES, self.sessions, batch).run(count)
            reader.ack(batch[-1])

    def seen(self) -> int:
        with self.sessions() as session:
            return session.execute(text("SELECT count(*) FROM inbox")).scalar_one()

    def measures(self) -> dict:
        with self.sessions() as session:
            rows = session.execute(
                text("SELECT measure, department, ward, day::text, cell, value FROM measure")
            )
            return {tuple(key): value for *key, value in rows}

    def months(self) -> dict:
        """The roll-up: what each measure has in each month, over all wards."""
        with self.sessions() as session:
            rows = session.execute(text("SELECT * FROM measure_year")).mappings()
            return {
                (*(row[name] for name in ("measure", "department", "year", "cell")), month): n
                for row in rows
                for month in MONTHS
                if (n := row[month]) is not None
            }

    def truth(self) -> dict:
        events = ((e.id, e.type, e.data) for e in self.published)
        return city_projector().aggregate(events).totals

    def is_true(self) -> bool:
        """Whether both tables have what the published events come to, to the last unit."""
        truth = self.truth()
        months: Counter = Counter()
        for (measure, department, _, day, cell), value in truth.items():
            year = int(day[:4]) - (int(day[5:7]) < 4)
            months[measure, department, year, cell, f"m{day[5:7]}"] += value
            if cell:
                added = value * weight(cell)
                months[measure, department, year, PRINT, f"m{day[5:7]}"] += added
        assert self.measures() == truth
        assert self.months() == months
        return True

    def rebuild(self, **options):
        return rebuild(settings("kpi"), patience_s=options.pop("patience_s", 5), **options)


def count(session: Session, events: list[Event]) -> dict[str, Refuse]:
    """Live: what the service does with a batch."""
    return project(session, events, city_projector())


def some_event(rng: random.Random) -> Event:
    """An event of any type that is counted, somewhere, at some time in two financial years; every
    second of those that end something late ends what was told to be late."""
    kind = rng.choice(list(RULES))
    data = dict(golden_data(kind))
    begun = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=rng.randrange(60 * 24 * 150))
    for name in data:
        if name == "department":
            data[name] = rng.choice(["water", "roads"])
        elif name == "ward":
            data[name] = rng.choice(["W1", "W2", None])
        elif name == "category":
            data[name] = rng.choice(["pothole", "leak", "dead-animal"])
        elif name in ("breached_at", "stays_breached"):
            late = rng.random() < 0.5
            data[name] = late if name == "stays_breached" else in_utc(begun) if late else None
        elif name.endswith("_at") or name == "at":
            data[name] = in_utc(begun + timedelta(minutes=rng.randrange(60 * 24 * 30)))
        elif name.startswith("minutes_") or name.endswith(("_minutes", "_paise")):
            data[name] = rng.randrange(10**5)
        elif name in ("property_id", "recipient_ref", "officer", "from_post"):
            data[name] = f"je-{rng.randrange(40)}"
    if kind == "grievance.breached.v1":
        data["breached_at"] = in_utc(begun)
    return Event(str(uuid7()), kind, "subject", begun, data)


def in_utc(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
