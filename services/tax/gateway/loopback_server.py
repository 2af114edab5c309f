"""The loopback gateway on the wire: it answers over HTTP, and fails as it is told."""

import json
import socket
import struct
import threading
import time
from collections import deque
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from services.tax.gateway.loopback import Loopback, error


class Fault(StrEnum):
    """What goes wrong with a request."""

    ERROR_500 = "error_500"
    ERROR_502_HTML = "error_502_html"
    REFUSED_400 = "refused_400"
    DROP_BEFORE = "drop_before"
    """The connection is reset before anything is done."""
    DROP_AFTER = "drop_after"
    """It is done, and the connection reset before the answer."""
    STALL = "stall"
    """No answer comes, until the server closes."""
    DRIP = "drip"
    """The answer comes a byte at a time."""
    CUT = "cut"
    """The answer ends before its end."""


class LoopbackServer(Loopback):
    """The gateway, running while the context lasts.

    Attributes:
        faults: for the requests to come, first in first out; None is none.
        requests: of each request its method, path and body.
    """

    def __init__(self, *args: Any, port: int = 0, **options: Any) -> None:
        """Prepare; ``port`` is to listen on, on the loopback; 0 takes a free one."""
        super().__init__(*args, **options)
        self.faults: deque[Fault | None] = deque()
        self.requests: list[tuple[str, str, bytes]] = []
        self._closing = threading.Event()
        handler = type("Handler", (_Handler,), {"gateway": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    def wait_for_close(self) -> None:
        """What a stalled request does."""
        self._closing.wait(120)


class _Handler(BaseHTTPRequestHandler):
    """One request."""

    gateway: "LoopbackServer"
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer it."""
        self._handle("GET")

    def do_POST(self) -> None:
        """Answer it."""
        self._handle("POST")

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: requests are kept for whoever asks."""

    def _handle(self, method: str) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        gateway = self.gateway
        gateway.requests.append((method, self.path, body))
        fault = gateway.faults.popleft() if gateway.faults else None
        if fault is Fault.DROP_BEFORE:
            return self._reset()
        if fault is Fault.STALL:
            gateway.wait_for_close()
            return self._reset()
        if fault is Fault.ERROR_500:
            return self._send(500, error("SERVER_ERROR", "We are facing some trouble."))
        if fault is Fault.ERROR_502_HTML:
            return self._send_bytes(502, b"<html><h1>502 Bad Gateway</h1></html>", "text/html")
        if fault is Fault.REFUSED_400:
            return self._send(400, error("BAD_REQUEST_ERROR", "The request is invalid"))
        status, answer = gateway.answer(method, self.path, self.headers, body)
        if fault is Fault.DROP_AFTER:
            return self._reset()
        return self._send(status, answer, fault)

    def _send(self, status: int, answer: Any, fault: Fault | None = None) -> None:
        self._send_bytes(status, json.dumps(answer).encode(), "application/json", fault)

    def _send_bytes(
        self, status: int, content: bytes, kind: str, fault: Fault | None = None
    ) -> None:
        self.close_connection = True
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        try:
            if fault is Fault.CUT:
                self.wfile.write(content[: len(content) // 2])
            elif fault is Fault.DRIP:
                for byte in content:
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                    time.sleep(0.02)
            else:
                self.wfile.write(content)
        except OSError:
            self.close_connection = True  # Whoever asked has given up.

    def _reset(self) -> None:
        """End the connection as a crash does, not as a server does."""
        self.close_connection = True
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()
