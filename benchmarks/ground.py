"""What a run stands on: a private broker, a private PostgreSQL, and processes on them."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self

import kombu
import psycopg2
from amqp.exceptions import NotFound

from palika.config import settings
from palika.local import Broker, Postgres
from palika.local.city import ROOT
from palika.local.docker import private_broker
from palika.local.processes import LocalError, tail

PYTHON = (sys.executable, "-W", "ignore", "-m")
_PEER_WITHIN_S = 180
_CONSUMES_WITHIN_S = 120


class Process:
    """A process of the run: of the product or of a peer; ended at the latest with the run."""

    def __init__(self, name: str, command: list[str], env: dict[str, str], log: Path) -> None:
        """Start it; what it prints goes to ``log``."""
        self.name = name
        self.log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def check(self) -> None:
        """Raise LocalError when it has ended by itself."""
        code = self._process.poll()
        if code is not None:
            raise LocalError(f"{self.name} has ended ({code}):\n{tail(self.log)}")

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def done(self) -> bool:
        """Whether it has come to its end, as it should; LocalError when it failed."""
        if self._process.poll() == 0:
            return True
        self.check()
        return False

    def ask_to_stop(self) -> None:
        """SIGTERM; ``stop`` waits for the end."""
        if self._process.poll() is None:
            self._process.terminate()

    def stop(self) -> None:
        """SIGTERM, and SIGKILL when that is not heard in time; returns when it is gone."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()


class Ground:
    """Starts the broker and PostgreSQL when they are first needed; ends all at the end.

    PostgreSQL syncs every commit to disk. Each measure takes a virtual host of its own with
    ``enter``; the services' databases are shared, and emptied by whoever needs them empty.
    """

    def __init__(self, directory: Path | str) -> None:
        """Prepare; nothing is started. ``directory`` is for everything."""
        self.directory = Path(directory)
        self._broker: Broker | None = None
        self._postgres: Postgres | None = None
        self._processes: list[Process] = []
        self._migrated: set[str] = set()
        self._versions: dict[str, str] = {}
        self._code: Path | None = None
        self.amqp_uri = ""

    def __enter__(self) -> Self:
        for name in [
            n for n in os.environ if n.startswith("PALIKA_") or n.endswith("DATABASE_URL")
        ]:
            del os.environ[name]
        os.environ.pop("AMQP_URI", None)
        return self

    def __exit__(self, *_: object) -> None:
        self.rest()

    def rest(self) -> None:
        """Stop everything; ``enter`` starts broker and PostgreSQL again, with their data."""
        for process in self._processes:
            process.stop()
        self._processes.clear()
        if self._broker is not None:
            self._broker.stop()
        if self._postgres is not None:
            self._postgres.stop()
        self._broker = self._postgres = None

    def enter(self, name: str, *services: str) -> None:
        """Make a virtual host ``name`` and the databases of ``services``; point settings at them.

        Afterwards ``palika.config.settings`` in this process, and every process started through
        this object, use them.
        """
        if self._broker is None or self._postgres is None:
            self._start()
        assert self._broker is not None
        assert self._postgres is not None
        self.amqp_uri = self._broker.add_vhost(name)
        os.environ["AMQP_URI"] = self.amqp_uri
        os.environ["DATABASE_URL"] = self._postgres.url()
        for variable in [each for each in os.environ if each.endswith("_DATABASE_URL")]:
            del os.environ[variable]
        settings.cache_clear()
        for service in services:
            if service not in self._migrated:
                self.run("palika.cli", "migrate", service)
                self._migrated.add(service)

    def _start(self) -> None:
        self._migrated.clear()
        self._broker = private_broker(self.directory / "broker")
        self._postgres = Postgres(self.directory / "postgres", durable=True)
        self._broker.start()
        self._postgres.start()
        code = "{ok, V} = application:get_key(rabbit, vsn), list_to_atom(V)."
        self._versions["RabbitMQ"] = self._broker.evaluate(code).strip("'")
        with self.connect("postgres") as connection, connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            self._versions["PostgreSQL"] = str(cursor.fetchone()[0])
        connection.close()

    def versions(self) -> dict[str, str]:
        """The versions of the broker and the database, once they have run."""
        return dict(self._versions)

    # -- processes ----------------------------------------------------------------------------

    def start(self, module: str, *arguments: str) -> Process:
        """Start ``python -m module …``; the caller stops it, or the end of the run does."""
        name = " ".join((module, *(a for a in arguments if not a.startswith("{"))))
        return self.command(name, [*PYTHON, module, *arguments])

    def command(self, name: str, command: list[str], **variables: str) -> Process:
        """Start any command, with these variables in its environment besides; stopped likewise."""
        log = self.directory / f"process-{len(self._processes)}.log"
        process = Process(name, command, self._environment() | variables, log)
        self._processes.append(process)
        return process

    def part(self, verb: str, service: str, *options: str) -> Process:
        """Start a real process of the product: ``palika run SERVICE`` or ``palika relay``."""
        given = (verb, service, *options, "--supervisor", str(os.getpid()))
        if self._code is None:
            return self.start("palika.cli", *given)
        # -P: not of the folder that it is started in.
        command = [sys.executable, "-P", *PYTHON[1:], "palika.cli", *given]
        return self.command(f"{verb} {service}", command, PYTHONPATH=str(self._code))

    @contextmanager
    def having(self, code: Path | None = None, **variables: str) -> Iterator[None]:
        """Processes that start inside have these variables; ``part`` starts the product as it is
        in the folder ``code``, if one is named."""
        before = {name: os.environ.get(name) for name in variables}
        os.environ.update(variables)
        self._code = code
        try:
            yield
        finally:
            self._code = None
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value

    def consumer(self, peer: str, **options: Any) -> Process:
        """Start a peer that runs until it is stopped."""
        return self.start(f"benchmarks.peers.{peer}", json.dumps(options))

    def run(self, module: str, *arguments: str) -> str:
        """Run ``python -m module …`` to its end; what it prints.

        Raises:
            LocalError: it failed.
        """
        done = subprocess.run(
            [*PYTHON, module, *arguments],
            cwd=ROOT,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=_PEER_WITHIN_S,
            check=False,
        )
        if done.returncode:
            raise LocalError(f"{module} failed:\n{done.stderr[-2_000:]}")
        return done.stdout

    def peer(self, name: str, **options: Any) -> float:
        """Run a peer that measures itself; its rate, in events a second."""
        answer = self.run(f"benchmarks.peers.{name}", json.dumps(options))
        return float(json.loads(answer)["rate"])

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(ROOT), "MALLOC_ARENA_MAX": "2"}

    def purge(self, queue: str) -> None:
        """Empty a queue."""
        with kombu.Connection(self.amqp_uri, connect_timeout=5) as connection:
            connection.channel().queue_purge(queue)

    def wait_for_consumer(self, queue: str, process: Process, consumers: int = 1) -> None:
        """Return when ``process`` consumes from the queue, as the last of so many."""
        deadline = time.monotonic() + _CONSUMES_WITHIN_S
        with kombu.Connection(self.amqp_uri, connect_timeout=5) as connection:
            while True:
                process.check()
                channel = connection.channel()
                try:
                    found = channel.queue_declare(queue, passive=True)
                    if found.consumer_count >= consumers:
                        return
                except NotFound:
                    pass
                else:
                    channel.close()
                if time.monotonic() > deadline:
                    raise LocalError(f"{process.name} does not consume from {queue}")
                time.sleep(0.05)

    # -- database -----------------------------------------------------------------------------

    def database_url(self, service: str) -> str:
        """The address of a service's database."""
        return settings(service).database_url

    def connect(self, service: str) -> Any:
        """A psycopg2 connection to a service's database (or to "postgres"), autocommitting."""
        return self.connect_to(service if service == "postgres" else f"palika_{service}")

    def connect_to(self, database: str) -> Any:
        """A psycopg2 connection to a database by its own name, autocommitting."""
        connection = psycopg2.connect(self.url_of(database))
        connection.autocommit = True
        return connection

    def url_of(self, database: str) -> str:
        """The address of a database by its own name."""
        assert self._postgres is not None
        return self._postgres.url(database)

    def use_database(self, service: str, database: str) -> None:
        """Let a service have this database instead of its own, until the next ``enter``."""
        os.environ[f"{service.upper()}_DATABASE_URL"] = self.url_of(database)
        settings.cache_clear()

    def has_database(self, database: str) -> bool:
        """Whether there is a database of this name."""
        with closing(self.connect("postgres")) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT FROM pg_database WHERE datname = %s", (database,))
            return cursor.rowcount > 0

    def checkpoint(self) -> None:
        """What was written so far goes to disk before a clock runs."""
        with closing(self.connect("postgres")) as connection, connection.cursor() as cursor:
            cursor.execute("CHECKPOINT")

    def copy_database(self, database: str, template: str) -> None:
        """Make a database as another one is, which nobody may be connected to; one of this name
        that was there before is gone."""
        with closing(self.connect("postgres")) as connection, connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
            # File by file: of a large one that takes half as long as row by row through the log.
            cursor.execute(f"CREATE DATABASE {database} TEMPLATE {template} STRATEGY FILE_COPY")
