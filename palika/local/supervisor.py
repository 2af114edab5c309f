"""Starts the city on this machine, watches over it, and stops what it started."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from palika import broker_addresses
from palika.config import settings
from palika.config_kinds import socket_folder
from palika.local.broker import Broker
from palika.local.city import City, database_names
from palika.local.cluster import Cluster
from palika.local.docker import private_broker
from palika.local.parts import Part, entry, lay_out
from palika.local.postgres import Postgres, private_database
from palika.local.processes import LocalError, ProcessId, tail

_READY_WITHIN_S = 90
# A process ends itself after its grace; only one that does not even do that is killed.
_STOP_MARGIN_S = 5
_WRONG_CONFIGURATION = 2
_PORTS = {"amqp": 5672, "amqps": 5671, "postgres": 5432, "postgresql": 5432}


class Stopped(Exception):
    """Somebody asked for the city to stop while it was still starting."""


class Failed(LocalError):
    """A step of the start failed; `exit_code` is what the command should end with."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class Supervisor:
    """The city's life from start to stop.

    Args:
        city: where it lives.
        say: is given a line for each thing done.
        doing: is given what is being waited for now.
        broker_nodes: how many nodes its own broker has; None: as many as it had.
        broker_certificate: what a broker that it starts shows; then that listens over TLS alone.
        sample_work: it may have some, if broker and database are its own.

    Raises:
        ConfigError: a setting is wrong.
        LocalError: the broker cannot have so many nodes.
    """

    def __init__(
        self,
        city: City,
        say: Callable[[str], None],
        doing: Callable[[str], None],
        broker_nodes: int | None = None,
        broker_certificate: Path | None = None,
        *,
        sample_work: bool = False,
    ) -> None:
        self._city = city
        self._say = say
        self._doing = doing
        self._environment = dict(os.environ)
        self._nodes, self._certificate = broker_nodes, broker_certificate
        self._sample_work = sample_work
        self._broker: Broker | Cluster | None = None
        self._postgres: Postgres | None = None
        self._choose_servers()
        self._grace_s = settings().shutdown_grace_s + _STOP_MARGIN_S
        self._parts: list[Part] = []
        self._engine_restarts: Counter[str] = Counter()
        self._phase = "starting"
        self._started_at = datetime.now(UTC).isoformat(timespec="seconds")
        self._stop = threading.Event()

    def _choose_servers(self) -> None:
        """A broker and a database of its own, unless the environment names them."""
        known, var = self._environment, self._city.var
        if not known.get("AMQP_URI"):
            self._broker = private_broker(var / "rabbitmq", self._nodes, self._certificate)
        elif self._nodes is not None:
            raise LocalError(
                "AMQP_URI names a broker, which has as many nodes as it has: --broker-nodes is for "
                "the broker that `palika up` starts itself"
            )
        # Of a city among several each service's database is named, and not the server.
        if not (known.get("DATABASE_URL") or known.get("PALIKA_CITY")):
            self._postgres = private_database(var, settings().wal_archive)

    @property
    def own_servers(self) -> bool:
        """Whether broker and database are its own: nothing of a real city's is behind them."""
        named = {f"{service.upper()}_DATABASE_URL" for service in database_names()}
        own = self._broker is not None and self._postgres is not None
        return own and named.isdisjoint(self._environment)

    # -- the whole ---------------------------------------------------------------------------------

    def ask_to_stop(self, *_: object) -> None:
        """Also as a signal handler: whatever runs, runs out."""
        self._stop.set()

    def start(self) -> None:
        """Start everything and return when every process is ready.

        Raises:
            Failed: a step failed; what was started is still to be stopped with `stop`.
            Stopped: `ask_to_stop` was called meanwhile.
        """
        if count := self._city.stop_leftovers():
            self._say(f"stopped {count} processes that an earlier run had left")
        self._save()
        self._start_engines()
        self._parts = self._lay_out()
        for part in self._parts:
            self._launch(part)
        self._await_ready()

    def _lay_out(self) -> list[Part]:
        """What is started when broker and database are there."""
        return lay_out(self._city, of_sample_work=self._sample_work and self.own_servers)

    def mark_up(self) -> None:
        """Tell the world that the city is up."""
        self._phase = "up"
        self._save()

    def watch(self) -> None:
        """Restart what dies, until somebody asks to stop.

        Raises:
            Failed: the data were removed; what is restarted then would begin with none.
        """
        while not self._stop.wait(0.5):
            if not self._city.state_file.exists():
                raise Failed(f"{self._city.state_file} was removed while the city ran")
            self._revive_engines()
            for part in list(self._parts):
                self._revive(part)

    def stop(self) -> None:
        """Stop all that was started, in the reverse order."""
        self._phase = "stopping"
        self._save()
        running = [part for part in self._parts if part.runs]
        if running:
            self._doing(f"stopping {len(running)} processes: each finishes what it has in hand")
        for part in running:
            part.ask_to_stop()
        deadline = time.monotonic() + self._grace_s
        for part in running:
            if not part.wait(max(0.1, deadline - time.monotonic())):
                self._say(f"{part.name} did not stop within {self._grace_s:g} s and was killed")
        for name, engine in (("RabbitMQ", self._broker), ("PostgreSQL", self._postgres)):
            if engine is not None and engine.processes:
                self._doing(f"stopping {name}")
                engine.stop()
        self._city.forget()

    # -- broker and database -----------------------------------------------------------------------

    def _start_engines(self) -> None:
        """The broker takes seconds; the database comes up and is migrated meanwhile."""
        self._ask_servers()
        failures: list[Exception] = []
        begun = time.monotonic()
        starter = threading.Thread(target=self._start_broker, args=(failures,))
        starter.start()
        try:
            if self._postgres is not None:
                self._doing("starting PostgreSQL")
                self._postgres.start()
                self._environment["DATABASE_URL"] = self._postgres.url()
                self._say(f"PostgreSQL is up on port {self._postgres.port}{_since(begun)}")
                self._save()
            self._migrate()
            self._doing("starting RabbitMQ")
        finally:
            starter.join()
        for failure in failures:
            raise Failed(str(failure)) from failure
        if self._broker is not None:
            self._environment["AMQP_URI"] = self._broker.uri()
            ports = ", ".join(str(node.port) for node in self._broker.nodes)
            where = f"on port {ports}" if len(self._broker.nodes) == 1 else f"on ports {ports}"
            self._say(f"RabbitMQ is up {where}{_since(begun)}")
        self._save()
        self._check_stop()

    def _ask_servers(self) -> None:
        for name, own in (("AMQP_URI", self._broker), ("DATABASE_URL", self._postgres)):
            if own is None and (named := os.environ.get(name)):
                _one_must_answer(name, named)

    def _start_broker(self, failures: list[Exception]) -> None:
        if self._broker is not None:
            try:
                self._broker.start()
            except (LocalError, OSError) as error:
                failures.append(error)

    def _migrate(self) -> None:
        # A process of its own: the supervisor stays, and should not carry the SQL toolkit along.
        self._doing("migrating the databases")
        begun = time.monotonic()
        result = subprocess.run(
            [sys.executable, "-m", "palika.cli", "migrate"],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
        )
        if result.returncode:
            lines = result.stderr.strip() or "the databases could not be migrated"
            raise Failed(lines.removeprefix("palika: "), result.returncode)
        self._say(f"databases are migrated{_since(begun)}")
        self._check_stop()

    def _revive_engines(self) -> None:
        for name, engine in (("RabbitMQ", self._broker), ("PostgreSQL", self._postgres)):
            if engine is not None and engine.pid is None:
                self._say(f"{name} ended unexpectedly; starting it again")
                try:
                    engine.start()
                except (LocalError, OSError) as error:
                    self._say(f"{name} does not start: {error}")
                    self._stop.wait(5)
                else:
                    self._say(f"{name} is up again")
                    self._engine_restarts[name] += 1
                    self._save()

    # -- the services' processes -------------------------------------------------------------------

    def _launch(self, part: Part) -> None:
        part.launch(self._environment)
        self._save()

    def _await_ready(self) -> None:
        begun = time.monotonic()
        waiting = list(self._parts)
        while waiting:
            self._doing(f"waiting for {len(waiting)} of {len(self._parts)} processes")
            for part in list(waiting):
                if part.is_ready():
                    waiting.remove(part)
                    where = f" on port {part.port}" if part.port else ""
                    self._say(f"{part.name} is ready{where}{_since(begun)}")
                elif part.exit_code == _WRONG_CONFIGURATION:
                    raise Failed(tail(part.log, 1).removeprefix("palika: "), _WRONG_CONFIGURATION)
                elif self._revive(part) and part.failures >= 3:
                    raise Failed(f"{part.name} does not start:\n{tail(part.log)}")
            if waiting and time.monotonic() - begun > _READY_WITHIN_S:
                late = waiting[0]
                raise Failed(
                    f"{late.name} is not ready after {_READY_WITHIN_S} s:\n{tail(late.log)}"
                )
            self._check_stop(0.2)

    def _revive(self, part: Part) -> bool:
        """Restart a part that has died, later each time; True when it is dead now."""
        if part.runs:
            return False
        if not part.again_at:
            ended, wait = part.note_death()
            self._say(f"{part.name} ended ({ended}); starting it again in {wait} s, see {part.log}")
        if time.monotonic() >= part.again_at:
            part.again_at = 0.0
            part.restarts += 1
            self._launch(part)
        return True

    # -- state -------------------------------------------------------------------------------------

    def _check_stop(self, wait_s: float = 0) -> None:
        if self._stop.wait(wait_s):
            raise Stopped

    def _save(self) -> None:
        me = ProcessId.of(os.getpid())
        assert me is not None
        entries = [part.entry() for part in self._parts]
        if self._postgres is not None:
            entries += _engine_entries(
                "postgresql", self._postgres, signal.SIGINT, self._engine_restarts["PostgreSQL"]
            )
        if self._broker is not None:
            entries += _engine_entries(
                "rabbitmq", self._broker, signal.SIGTERM, self._engine_restarts["RabbitMQ"]
            )
        state = {
            "phase": self._phase,
            "supervisor": {"pid": me.pid, "created": me.created},
            "started_at": self._started_at,
            "grace_s": self._grace_s,
            "amqp_uri": self._environment.get("AMQP_URI", ""),
            "database_url": self._environment.get("DATABASE_URL", ""),
            "broker_ca": settings().broker_ca,
            "http_certificate": settings().http_certificate,
            "own_servers": self.own_servers,
            "parts": entries,
        }
        try:
            self._city.write(state)
        except OSError as error:
            if self._phase == "starting":
                raise
            # A full disk, or data that were removed: no reason to leave anything running.
            self._say(f"what runs could not be written down: {error}")


def _engine_entries(
    service: str, engine: Broker | Cluster | Postgres, number: int, restarts: int
) -> list[dict[str, Any]]:
    nodes: dict[int, Broker | Postgres] = (
        {}
        if isinstance(engine, Postgres)
        else {node.pid: node for node in engine.nodes if node.pid}
    )
    entries = []
    for name, pid in engine.processes.items():
        of = nodes.get(pid, engine)
        port = 0 if name == "epmd" else of.port
        entries.append(entry(service, name, ProcessId.of(pid), port, number, of.log, restarts))
    return entries


def _one_must_answer(name: str, uri: str) -> None:
    """Of a broker's nodes; a database has one."""
    addresses = broker_addresses.split(uri) if name == "AMQP_URI" else (uri,)
    failures = []
    for address in addresses:
        try:
            return _must_answer(name, address)
        except Failed as failed:
            failures.append(failed)
    raise failures[-1]


def _must_answer(name: str, uri: str) -> None:
    """Fail early, in words, when the environment names a server that is not there."""
    parts = urlsplit(uri)
    folder = socket_folder(uri)
    port = parts.port or _PORTS.get(parts.scheme, 5672)
    where = f"{folder}/.s.PGSQL.{port}" if folder else f"{parts.hostname}:{port}"
    try:
        if folder:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.settimeout(5)
                probe.connect(where)
        else:
            with socket.create_connection((parts.hostname or "localhost", port), 5):
                pass
    except OSError as error:
        raise Failed(f"{name} names {where}, which does not answer: {error}") from error


def _since(begun: float) -> str:
    return f" ({time.monotonic() - begun:.1f} s)"
