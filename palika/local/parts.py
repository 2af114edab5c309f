"""The processes of the city: one for each service and web service, one for each relay."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from palika.config import ConfigError, not_of_this_machine, settings, variable_of
from palika.local import gateway
from palika.local.city import ROOT, City, database_names, service_names, web_names
from palika.local.processes import (
    ProcessId,
    free_port,
    read_whole,
    trust_in,
    url_of,
    why_not_listened_on,
    write_whole,
)

_LOG_LIMIT = 20_000_000
# A part that has run this long counts as healthy again: its next failure restarts it at once.
_STEADY_S = 60


@dataclass
class Part:
    """One process of a service: the service itself, its relay, or another of its commands.

    ``port`` of ``host`` is where it says how it is. ``pages`` is the address of what a web service
    serves to people; empty for all others. ``options`` are the words of the service's own command
    that runs it; empty for a service, a web service and a relay.
    """

    service: str
    kind: str
    port: int
    log: Path
    process: subprocess.Popen[bytes] | None = None
    id: ProcessId | None = None
    started: float = 0.0
    restarts: int = 0
    failures: int = 0
    again_at: float = 0.0
    pages: str = ""
    host: str = "127.0.0.1"
    variables: dict[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """How people call it."""
        return self.service if self.kind in ("service", "web") else f"{self.service} {self.kind}"

    @property
    def command(self) -> list[str]:
        """What runs it."""
        verb = "run" if self.kind in ("service", "web") else self.kind
        words = (self.service, *self.options) if self.options else (verb, self.service)
        command = [sys.executable, "-m", "palika.cli", *words]
        return [*command, "--port", str(self.port), "--supervisor", str(os.getpid())]

    @property
    def runs(self) -> bool:
        """Whether its process is alive."""
        return self.process is not None and self.process.poll() is None

    def is_ready(self) -> bool:
        """Whether it does its work now."""
        return answers(self.host, self.port, "/readyz", settings().http_certificate)

    @property
    def exit_code(self) -> int | None:
        """How its process ended; None while it runs."""
        return self.process.poll() if self.process else None

    def launch(self, environment: dict[str, str]) -> None:
        """Start its process; what it prints goes to its log."""
        if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))
        # An arena of memory for each thread would cost tens of megabytes a process.
        own = {"MALLOC_ARENA_MAX": "2"} | self.variables
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=environment | own,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Ctrl-C in the supervisor's terminal is the supervisor's to handle.
                start_new_session=True,
            )
        self.id = ProcessId.of(self.process.pid)
        self.started = time.monotonic()

    def note_death(self) -> tuple[str, int]:
        """Count a death and settle when to try again: how it ended, seconds until then."""
        assert self.process is not None
        now = time.monotonic()
        if now - self.started > _STEADY_S:
            self.failures = 0
        self.failures += 1
        wait = 0 if self.failures == 1 else min(30, 2 ** (self.failures - 2))
        self.again_at = now + wait
        code = self.process.returncode
        return (f"killed by signal {-code}" if code < 0 else f"exit code {code}"), wait

    def ask_to_stop(self) -> None:
        """SIGTERM: finish what is in hand and go."""
        if self.process is not None:
            self.process.terminate()

    def wait(self, seconds: float) -> bool:
        """Wait for its end; kill it and answer False when it does not come in time."""
        assert self.process is not None
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return False
        return True

    def entry(self) -> dict[str, Any]:
        """Its place in the state file."""
        mine = self.id if self.runs else None
        shown = entry(
            self.service,
            self.kind,
            mine,
            self.port,
            signal.SIGTERM,
            self.log,
            self.restarts,
            self.host,
        )
        return shown | ({"pages": self.pages} if self.pages else {})


def refuse_wrong_settings() -> None:
    """Look at the settings of every process, before any is started.

    Raises:
        ConfigError: one is wrong, or names a host to listen on that is not this machine's.
    """
    webs = web_names()
    for name in (*service_names(), *webs):
        settings(name)
    for setting in ("http_host", *(f"{web}_http_host" for web in webs)):
        host = getattr(settings(), setting)
        if reason := why_not_listened_on(host):
            raise ConfigError(not_of_this_machine(setting, host, reason))


def lay_out(city: City, *, of_sample_work: bool = False) -> list[Part]:
    """One process for each service and each web service, and a relay for each with a database.

    Each keeps its port between runs.

    Args:
        city: where they live.
        of_sample_work: it is a city to be tried out: where it has no payment gateway it gets one.

    Raises:
        ConfigError: a setting is wrong.
        LocalError: an address to listen on is not this machine's, or has no free port.
    """
    host = settings().http_host
    memory = city.run / "ports.json"
    before: dict[str, int] = read_whole(memory, "remove it; other ports are taken then") or {}

    def port_of(name: str, host: str, wanted: int | None = None) -> int:
        others = [p for n, p in before.items() if n != name]
        # What the settings name comes first, also after a run that had to take another.
        known = before.get(name)
        before[name] = free_port(wanted or known, others, host)
        if known and before[name] not in (wanted, known):
            before[name] = free_port(known, others, host)
        return before[name]

    parts: list[Part] = []
    for kind, services in (
        ("service", service_names()),
        ("web", web_names()),
        ("relay", database_names()),
    ):
        for service in services:
            suffix = "-relay" if kind == "relay" else ""
            log = city.logs / f"{service}{suffix}.log"
            part = Part(service, kind, port_of(f"{service} {kind}", host), log, host=host)
            if kind == "web":
                _give_address(part, port_of)
            parts.append(part)
    if of_sample_work and gateway.is_wanted():
        _add_gateway(city, parts, port_of(f"{gateway.SERVICE} {gateway.KIND}", gateway.HOST))
    write_whole(memory, before)
    return parts


def _add_gateway(city: City, parts: list[Part], port: int) -> None:
    pages = next(part.pages for part in parts if part.pages)
    own, of_the_service = gateway.variables(port, pages)
    service, kind = gateway.SERVICE, gateway.KIND
    for part in parts:
        if (part.service, part.kind) == (service, "service"):
            part.variables |= of_the_service
    part = Part(service, kind, port, city.logs / f"{service}-{kind}.log", host=gateway.HOST)
    part.variables, part.options = own, gateway.options(pages)
    parts.append(part)


def _give_address(part: Part, port_of: Callable[[str, str, int], int]) -> None:
    """Where a web service serves its pages: as the environment says, else the usual port or, where
    that is taken, any free one."""
    config = settings()
    host = getattr(config, f"{part.service}_http_host")
    port = getattr(config, f"{part.service}_http_port")
    variable = variable_of(f"{part.service}_http_port")
    if variable not in os.environ:
        port = port_of(f"{part.service} pages", host, port)
        part.variables[variable] = str(port)
    part.pages = f"{url_of(host, port)}/"


def entry(
    service: str,
    part: str,
    process: ProcessId | None,
    port: int,
    number: int,
    log: Path,
    restarts: int = 0,
    host: str = "127.0.0.1",
) -> dict[str, Any]:
    """One process in the state file; `number` is the signal that stops it."""
    return {
        "service": service,
        "part": part,
        "pid": process.pid if process else 0,
        "created": process.created if process else 0.0,
        "host": host,
        "port": port,
        "signal": int(number),
        "log": str(log),
        "restarts": restarts,
    }


def answers(host: str, port: int, path: str, certificate: str) -> bool:
    """Whether the process that listens there says 200 to GET `path` within a second."""
    try:
        with asked(host, port, path, certificate) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def asked(host: str, port: int, path: str, certificate: str) -> Any:
    """The answer to GET `path`, over TLS where `certificate` is the file of what is shown there.

    The process is one of this machine: who has signed is checked, and not the name.

    Raises:
        OSError: there is none.
    """
    url = f"{url_of(host, port)}{path}"
    if not certificate:
        return urllib.request.urlopen(url, timeout=1)  # noqa: S310 url_of makes http:// alone
    secured = url.replace("http:", "https:", 1)
    return urllib.request.urlopen(secured, timeout=1, context=trust_in(certificate))  # noqa: S310 as above
