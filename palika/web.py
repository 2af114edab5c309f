"""A web service's process: gunicorn with one worker, whose threads answer one request each.

The master only watches over the worker and imports nothing of the service. /metrics, /healthz and
/readyz are served by the worker, beside the requests: what they say is what it knows.
"""

import importlib
import logging
import os
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from gunicorn.http.errors import (
    ExpectationFailed,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
    UnsupportedTransferCoding,
)
from gunicorn.util import write_nonblock
from gunicorn.workers.gthread import ThreadWorker

from palika import broker, broker_nodes, tracing, turns
from palika.config import ConfigError, Settings
from palika.health import HealthServer, Readiness

if TYPE_CHECKING:
    from sqlalchemy import Engine

_log = logging.getLogger(__name__)

_THREADS_A_CALL = 4
"""A request that waits for its turn to call holds a thread, until it is told to come later."""
_CONNECTIONS = 1_000
_HUNG_S = 60
_WAITING = 512
_TEND_S = 60.0
_WATCH_S = 1.0
_STATUS: dict[type, tuple[int, str]] = {
    LimitRequestLine: (414, "URI Too Long"),
    ExpectationFailed: (417, "Expectation Failed"),
    UnsupportedTransferCoding: (501, "Not Implemented"),
    LimitRequestHeaders: (431, "Request Header Fields Too Large"),
}


class _Log(Logger):
    """Gunicorn's own words, through the process's log; the metrics count the requests."""

    def setup(self, cfg: Any) -> None:
        self.cfg = cfg
        self.error_log.propagate = True
        # Which signal, which pid, which address: the process says what matters itself.
        self.error_log.setLevel(logging.WARNING)

    def access(self, *_: Any) -> None:
        """Nothing."""


class _Worker(ThreadWorker):
    """Its main loop is the process's: as long as it turns, the process lives.

    What is not HTTP never comes to the application; the service words the answer all the same.
    """

    def notify(self) -> None:
        super().notify()
        self.app.readiness.tick()

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Any) -> None:
        if not isinstance(exc, ParseException):
            super().handle_error(req, client, addr, exc)
            return
        self.log.warning("no HTTP from %s: %s", addr[0] if addr else "a socket", exc)
        status, reason = _STATUS.get(type(exc), (400, "Bad Request"))
        body, content_type = self.app.unreadable(status, str(exc))
        head = (
            f"HTTP/1.1 {status} {reason}\r\nConnection: close\r\nContent-Type: {content_type}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        # Who has gone away, or does not read, is not waited for.
        with suppress(OSError):
            write_nonblock(client, head.encode() + body)


class _Application(BaseApplication):
    def __init__(self, name: str, readiness: Readiness, options: dict[str, Any]) -> None:
        self._name = name
        self._options = options
        self.readiness = readiness
        super().__init__()

    def load_config(self) -> None:
        for key, value in self._options.items():
            self.cfg.set(key, value)

    def load(self) -> Any:
        try:
            module = importlib.import_module(f"services.{self._name}.app")
            self.unreadable = module.unreadable
            self.made = module.create_app()
            return self.made
        except ConfigError as error:
            _log.error("%s", error)
            # The arbiter's word for: do not try again.
            raise SystemExit(Arbiter.APP_LOAD_ERROR) from error


def listen(host: str, port: int) -> socket.socket:
    """The socket of the pages, listening.

    Raises:
        OSError: the port is taken, or the host is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_WAITING)
    except OSError:
        listener.close()
        raise
    return listener


def serve(
    name: str,
    config: Settings,
    listener: socket.socket,
    health: HealthServer,
    readiness: Readiness,
) -> int:
    """Answer until SIGTERM: then what is in hand is finished, for ``shutdown_grace_s`` at most.

    Args:
        name: the service; ``services/<name>/app.py`` has ``create_app()``, called in the worker,
            and ``unreadable(status, said)``: body and content type of the answer to what is no
            HTTP. The application's ``extensions`` may have ``engine``, that of its database: how it
            is, is told, its heartbeats go into its outbox, and the process is ready without it; and
            ``tending``, functions that are called every minute, and ``watching``, every second.
        config: its settings; ``workers`` requests at once call other services.
        listener: where requests come in.
        health: bound, not started yet.
        readiness: what it shows; renewed in a thread of the worker.

    Returns:
        The process's exit code.
    """

    def begin(worker: ThreadWorker) -> None:
        health.start()
        tracing.begin(config, "web")
        known = worker.app.made.extensions
        engine, tending = known.get("engine"), known.get("tending", ())
        if engine is not None:
            readiness.spare("database")
        for work in (
            partial(_check, config, readiness),
            partial(_check_database, engine, readiness),
            partial(_beat, engine, name, config),
            partial(_tend, "tending", tending, _TEND_S),
            partial(_tend, "watching", known.get("watching", ()), _WATCH_S),
        ):
            threading.Thread(target=work, daemon=True).start()

    options = {
        "bind": f"fd://{listener.detach()}",
        "workers": 1,
        "worker_class": _Worker,
        "threads": config.workers * _THREADS_A_CALL,
        "worker_connections": _CONNECTIONS,
        "timeout": _HUNG_S,
        "graceful_timeout": max(1, round(config.shutdown_grace_s)),
        "limit_request_line": 8_190,
        "logger_class": _Log,
        "control_socket_disable": True,
        # Nobody who sends a request says where the application is mounted or how it came: gunicorn
        # would believe whoever is on this machine. The proxies of a city are the service's to know.
        "forwarder_headers": "",
        "forwarded_allow_ips": "",
        "secure_scheme_headers": {},
        "proc_name": f"palika {name}",
        "post_worker_init": begin,
        "worker_exit": lambda _arbiter, _worker: tracing.end(),
    }
    master = os.getpid()
    try:
        cast(Any, _Application(name, readiness, options)).run()
    except SystemExit as ended:
        if os.getpid() != master:
            raise  # the worker's own end: the master reads its code
        if ended.code == Arbiter.APP_LOAD_ERROR:
            return 2
        return ended.code if isinstance(ended.code, int) else 1
    return 0


def _check(config: Settings, readiness: Readiness) -> None:
    pause = threading.Event()
    connection = broker_nodes.connection(
        config.amqp_uri, connect_timeout=2, transport_options={"read_timeout": 4}
    )
    while True:
        broker.ask(connection, readiness)
        pause.wait(2.0 if readiness.ready()[0] else 0.2)


def _check_database(engine: "Engine | None", readiness: Readiness) -> None:
    """In a thread of its own: a database that says nothing at all is waited for."""
    # The master has no use for it.
    from palika.database import measure_pool, trouble

    pause = threading.Event()
    while engine is not None:
        found = trouble(engine)
        readiness.set("database", not found, found)
        measure_pool(engine)
        pause.wait(2.0)


def _beat(engine: "Engine | None", name: str, config: Settings) -> None:
    """What a web service publishes has the pipeline of every service's, and is watched like it."""
    from sqlalchemy.orm import sessionmaker

    from palika.heartbeat import keep_beating

    if engine is not None:
        keep_beating(sessionmaker(engine), name, config.heartbeat_s, threading.Event().wait)


def _tend(name: str, tending: Sequence[Callable[[], None]], every_s: float) -> None:
    pause = threading.Event()
    if tending:
        turns.begin(name, every_s)
    while tending and not pause.wait(every_s):
        ok = True
        for work in tending:
            try:
                work()
            except Exception:  # noqa: BLE001 - logged; the next time it is tried again
                ok = False
                _log.exception("what is done every %g s has failed", every_s)
        turns.done(name, ok)
