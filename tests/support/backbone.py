"""The backbone under test: real processes of services and relays, on a broker and a database."""

import dataclasses
import importlib.util
import itertools
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import kombu
import psycopg2
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from palika import broker_addresses, broker_nodes, outbox, topology, vouching
from palika.auth import Identity
from palika.config import settings
from palika.database import create_engine
from palika.events import Event, EventType
from palika.local import Broker
from palika.local.city import database_names
from palika.local.cluster import Cluster
from palika.rpc import Client
from tests.support import commands
from tests.support.commands import PYTHONPATH, SUPPORT
from tests.support.databases import provide
from tests.support.part import Part

ADMIN = Identity.of("tester", "admin")

_numbers = itertools.count(1)


def memory_alarm(broker: Broker, *, on: bool) -> None:
    """Make a node believe that its memory is full, so that it blocks every publisher; or end it."""
    mark = "0.0000001" if on else "0.4"
    broker.evaluate(f"vm_memory_monitor:set_vm_memory_high_watermark({mark}).")


def connections_opened(broker: Broker) -> int:
    """How many connections a node has seen being opened since it started."""
    churn = "element(2, hd(ets:lookup(connection_churn_metrics, node())))."
    return int(broker.evaluate(churn))


def signed(identity: Identity, service: str, timeout_s: float = 20, **options: Any) -> Any:
    """The headers of a call whose caller is signed, for ``Backbone.call_raw``; options are those of
    ``palika.vouching.headers``."""
    told = vouching.headers(identity, service, timeout_s, **options)
    return {f"nameko.{name}": value for name, value in told.items()}


class Backbone:
    """A broker's virtual host, databases of its own for each service, and the parts on them."""

    def __init__(
        self,
        broker: Broker | Cluster,
        amqp_uri: str,
        database_url: Callable[[str], str],
        directory: Path,
        options: dict[str, str] | None = None,
    ) -> None:
        """Prepare; nothing is started.

        Args:
            broker: the node, or the nodes.
            amqp_uri: a virtual host on it that nobody else uses.
            database_url: the address of the database of that name, on the tests' server.
            directory: for the logs.
            options: settings of all parts, by their variables (``PALIKA_BATCH_SIZE``).
        """
        self.amqp_uri = amqp_uri
        self._broker = broker
        self._database_url = database_url
        self._directory = directory
        self._options = options or {}
        self._prefix = f"t{os.getpid()}_{next(_numbers)}"
        self._parts: list[Part] = []
        self._engines: dict[str, Engine] = {}

    # -- processes ----------------------------------------------------------------------------

    def environment(self, **options: str) -> dict[str, str]:
        """The environment of the parts, also for a command of the test's own."""
        databases = {
            f"{service.upper()}_DATABASE_URL": self.database_url(service)
            for service in ("probe", *database_names())
        }
        # The folder of who develops here belongs to another database.
        edited = self._directory / f"edited-{self._prefix}"
        edited.mkdir(exist_ok=True)
        return {
            **os.environ,
            "PALIKA_PORTAL_EDITED": str(edited),
            "AMQP_URI": self.amqp_uri,
            "DATABASE_URL": self._database_url("postgres"),
            **databases,
            "PYTHONPATH": PYTHONPATH,
            "PYTHONUNBUFFERED": "1",
            **self._options,
            **options,
        }

    def migrate(self, *services: str) -> "Backbone":
        """The services' databases, migrated."""
        for service in services:
            provide(self._database_url, service, f"{self._prefix}_{service}")
        return self

    def palika(self, *arguments: str, **options: str) -> subprocess.CompletedProcess[str]:
        """A command of ``palika``, run to its end: exit status, output and errors as text."""
        return commands.run(arguments, self.environment(**options))

    def part(self, verb: str, service: str, *arguments: str, **options: str) -> Part:
        """A part that is not started yet: ``part("run", "probe", PALIKA_BATCH_SIZE="10")``; the
        verb and further arguments are those of the command line, ``run`` or ``relay``."""
        log = self._directory / f"{verb}-{service}-{next(_numbers)}.log"
        part = Part(verb, service, self.environment(**options), log, arguments)
        self._parts.append(part)
        return part

    def service(self, name: str, **options: str) -> Part:
        """A service, started; not waited for."""
        return self.part("run", name, **options).start(ready=False)

    def relay(self, name: str, **options: str) -> Part:
        """A relay, started; not waited for."""
        return self.part("relay", name, **options).start(ready=False)

    def close(self) -> None:
        """End all parts that still run."""
        for part in self._parts:
            part.kill()
        for engine in self._engines.values():
            engine.dispose()

    # -- database -----------------------------------------------------------------------------

    def database_url(self, service: str) -> str:
        """The address of the service's database."""
        return self._database_url(f"{self._prefix}_{service}")

    def sessions(self, service: str) -> sessionmaker[Session]:
        """A session factory on the service's database."""
        if service not in self._engines:
            config = dataclasses.replace(settings(), database_url=self.database_url(service))
            self._engines[service] = create_engine(config)
        return sessionmaker(self._engines[service], expire_on_commit=False)

    def record(self, service: str, *events: Event) -> None:
        """Record events in one transaction, as a service does."""
        with self.sessions(service).begin() as session:
            outbox.record(session, *events)

    def query(self, service: str, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of a statement on the service's database, committed."""
        connection = psycopg2.connect(self.database_url(service), connect_timeout=5)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement, values or None)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def value(self, service: str, statement: str, *values: Any) -> Any:
        """The first value of a statement's first row."""
        return self.query(service, statement, *values)[0][0]

    def sleeping(self, service: str) -> bool:
        """Whether a handler or a call of the service is in the middle of ``pg_sleep``."""
        return bool(
            self.query(
                service,
                "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() "
                "AND wait_event = 'PgSleep'",
            )
        )

    # -- broker -------------------------------------------------------------------------------

    def client(self, identity: Identity = ADMIN, timeout_s: float = 20) -> Client:
        """An RPC client; an administrator's by default."""
        return Client(identity, timeout_s, self.amqp_uri)

    def call_raw(
        self, key: str, body: Any = None, headers: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """A call as a foreign client makes it (``probe.whoami``), answer and all."""
        answers: list[dict[str, Any]] = []
        with self.channel() as channel:
            exchange = kombu.Exchange("nameko-rpc", "topic", durable=True)
            name = f"raw-{next(_numbers)}"
            queue = kombu.Queue(name, exchange, name, exclusive=True, auto_delete=True)(channel)
            with kombu.Consumer(channel, queue, callbacks=[lambda b, _: answers.append(b)]):
                kombu.Producer(channel, exchange).publish(
                    {"args": [], "kwargs": {}} if body is None else body,
                    routing_key=key,
                    headers=headers,
                    reply_to=name,
                    correlation_id="1",
                )
                while not answers:
                    channel.connection.client.drain_events(timeout=30)
        return answers[0]

    def depth(self, queue: str) -> int:
        """How many messages wait in a queue; fails when there is no such queue."""
        depth = topology.depths(self.amqp_uri, [queue])[queue]
        assert depth is not None, f"there is no queue {queue}"
        return depth

    def messages(self, queue: str) -> int:
        """How many messages a quorum queue holds, those out with a consumer included."""
        return int(self._ask(queue, "fun rabbit_fifo:query_messages_total/1"))

    def queue_state(self, queue: str) -> str:
        """A quorum queue's state with its settings, as Erlang writes it."""
        return self._ask(
            queue, "fun (State) -> {element(2, State), rabbit_fifo:overview(State)} end"
        )

    def _ask(self, queue: str, question: str) -> str:
        vhost = broker_nodes.virtual_host(broker_addresses.split(self.amqp_uri)[0])
        return self._broker.evaluate(
            f'{{ok, Q}} = rabbit_amqqueue:lookup(rabbit_misc:r(<<"{vhost}">>, queue, '
            f'<<"{queue}">>)), {{ok, Answer, _}} = ra:consistent_query(amqqueue:get_pid(Q), '
            f"{question}), Answer."
        )

    @contextmanager
    def channel(self) -> Iterator[Any]:
        """A channel with confirms, for a test that plays broker client itself."""
        options = {"confirm_publish": True}
        with broker_nodes.connection(self.amqp_uri, transport_options=options) as connection:
            yield connection.channel()

    def publish(
        self, queue: str, bodies: Sequence[bytes | str], headers: dict[str, Any] | None = None
    ) -> None:
        """Put messages straight into a queue, as a broken or foreign publisher may."""
        with self.channel() as channel:
            producer = kombu.Producer(channel)
            for body in bodies:
                producer.publish(
                    body.encode() if isinstance(body, str) else body,
                    routing_key=queue,
                    content_type="application/json",
                    content_encoding="utf-8",
                    headers=headers,
                    delivery_mode=2,
                )


def probe_types() -> tuple[EventType, EventType]:
    """The probe's PINGED and ECHOED, registered in this process without the probe itself.

    The probe stays out of the test process's ``services``: the catalogue there is the city's.
    """
    name = "tests_probe_schemas"
    if name not in sys.modules:
        path = SUPPORT / "services" / "probe" / "schemas.py"
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        sys.modules[name] = module
    found = sys.modules[name]
    return found.PINGED, found.ECHOED


def ping(number: int, treat: str = "count") -> Event:
    """An event of the probe: its number, and how its handler is to treat it."""
    pinged, _ = probe_types()
    return pinged.new(subject=str(number), data={"number": number, "treat": treat})
