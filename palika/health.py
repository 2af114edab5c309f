"""``/metrics``, ``/healthz`` and ``/readyz``, served by an operating-system thread.

Nameko's own HTTP shares the worker pool and would answer only when a worker is free. This thread
has nothing to do with the pool or the main loop: it answers while all workers are busy, and while
one of them computes.

Import this module before eventlet's monkey patch: it keeps the real socket, the real sleep and the
real way to start a thread under names of its own, which the patch does not reach.
``prometheus_client`` likewise keeps real locks.
"""

import json
import socket
import time
from _thread import start_new_thread
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any, Final

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from palika import metrics
from palika.secured import Certificate, Secured

_Socket = socket.socket
_start_thread = start_new_thread
_sleep = time.sleep

_STALE_S: Final = 10.0
"""A check that was not renewed for so long counts as failed."""
_PAUSE_S: Final = 0.1
_HUNG_S: Final = 60.0
"""A main loop that did not turn for so long is not alive."""


class Readiness:
    """What the process says of itself: named checks, renewed by its main loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ticked = clock()
        # name -> (ok, detail, renewed at, in this state since)
        self._checks: dict[str, tuple[bool, str, float, float]] = {
            "started": (False, "starting", clock(), clock())
        }
        self._spared: set[str] = set()

    def tick(self) -> None:
        """The main loop has turned."""
        self._ticked = self._clock()

    def spare(self, name: str) -> None:
        """From now on this check is told, and the process is ready without it: it has more to give
        than what hangs on that."""
        self._spared.add(name)

    def set(self, name: str, ok: bool, detail: str = "") -> None:
        """Renew a check; ``detail`` is for people, without addresses or passwords."""
        now = self._clock()
        before = self._checks.get(name)
        since = before[3] if before and before[0] == ok else now
        # The first check of the main loop says that it has started.
        self._checks.pop("started", None)
        self._checks[name] = (ok, detail, now, since)

    def alive(self) -> tuple[bool, dict[str, Any]]:
        """Whether the main loop turns."""
        idle = self._clock() - self._ticked
        return idle < _HUNG_S, {"alive": idle < _HUNG_S, "main_loop_idle_s": round(idle, 1)}

    def ready(self) -> tuple[bool, dict[str, Any]]:
        """Whether every check that counts is good and fresh, and each by itself."""
        now = self._clock()
        shown: dict[str, Any] = {}
        all_ok = True
        for name, (ok, detail, renewed, since) in list(self._checks.items()):
            stale = now - renewed > _STALE_S
            shown[name] = {"ok": ok and not stale, "for_s": round(now - since, 1)}
            if name in self._spared:
                shown[name]["needed"] = False
            else:
                all_ok = all_ok and ok and not stale
            if stale:
                shown[name]["detail"] = f"not checked for {now - renewed:.0f} s"
            elif detail:
                shown[name]["detail"] = detail
        return all_ok, {"ready": all_ok, "checks": shown}


class HealthServer:
    """The HTTP server, in its thread, until the process ends."""

    def __init__(
        self, host: str, port: int, readiness: Readiness, certificate: Certificate | None = None
    ) -> None:
        """Listen at once; with a certificate over TLS alone.

        Raises:
            OSError: the port is taken.
        """
        self._readiness = readiness
        self._certificate = certificate
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        # As a web service's pages do, `::` takes in whoever comes over IPv4 as well.
        both = family is socket.AF_INET6 and socket.has_dualstack_ipv6()
        self._listener = socket.create_server(
            (host, port), family=family, backlog=64, dualstack_ipv6=both
        )
        self.port: int = self._listener.getsockname()[1]
        """The port listened on."""

    def start(self) -> None:
        """Answer from now on, each connection in a thread."""
        _start_thread(self._serve, ())

    def _serve(self) -> None:
        while True:
            try:
                self._take()
            except (OSError, RuntimeError):
                # No file or no thread to be had just now, or the client has gone already: nothing
                # that a later turn could not do. A log's lock is not this thread's to wait for.
                _sleep(_PAUSE_S)

    def _take(self) -> None:
        # socket.accept() would make the connection of the patched class.
        number, address = self._listener._accept()  # type: ignore[attr-defined]
        connection = _Socket(fileno=number)
        try:
            _start_thread(self._answer, (connection, address))
        except RuntimeError:
            connection.close()
            raise

    def _answer(self, connection: socket.socket, address: Any) -> None:
        with connection:
            try:
                if self._certificate is None:
                    _Handler(connection, address, self._readiness)
                    return
                with self._certificate.answer(connection) as secured:
                    _Handler(secured, address, self._readiness)
            except OSError:
                # The client has gone away; there is nobody to tell.
                return


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10

    def __init__(
        self, connection: socket.socket | Secured, address: Any, readiness: Readiness
    ) -> None:
        self.readiness = readiness
        super().__init__(connection, address, None)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/metrics":
            metrics.READY.set(self.readiness.ready()[0])
            metrics.MAIN_LOOP_IDLE.set(self.readiness.alive()[1]["main_loop_idle_s"])
            self._send(200, CONTENT_TYPE_LATEST, generate_latest())
        elif path == "/healthz":
            self._send_json(*self.readiness.alive())
        elif path == "/readyz":
            self._send_json(*self.readiness.ready())
        else:
            self._send(404, "text/plain", b"here are /metrics, /healthz and /readyz\n")

    def _send_json(self, ok: bool, body: dict[str, Any]) -> None:
        self._send(200 if ok else 503, "application/json", json.dumps(body).encode() + b"\n")

    def _send(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a line a scrape would drown the log."""
