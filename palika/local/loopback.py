"""Servers on this machine in place of others' (a payment gateway, a carrier of messages): they
speak the other's wire format over real HTTP, keep what they were asked, and fail as they are told.

What all of them share is here; what one answers is its own (``answer``). They are for tests, for
benchmarks and for a city that is tried out.
"""

import json
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, NamedTuple, Self


class Fault(StrEnum):
    """What goes wrong with a request."""

    ERROR_500 = "error_500"
    ERROR_502_HTML = "error_502_html"
    ERROR_503 = "error_503"
    REFUSED_400 = "refused_400"
    REFUSED_401 = "refused_401"
    THROTTLED = "throttled"
    """429, with Retry-After."""
    DROP_BEFORE = "drop_before"
    """The connection is reset before anything is done."""
    DROP_AFTER = "drop_after"
    """It is done, and the connection reset before the answer."""
    STALL = "stall"
    """No answer comes, until the server closes; nothing is done."""
    STALL_AFTER = "stall_after"
    """It is done, and no answer comes."""
    DRIP = "drip"
    """The answer's body comes a byte at a time."""
    DRIP_HEADERS = "drip_headers"
    """The answer's head comes a byte at a time."""
    CUT = "cut"
    """The answer ends before its end."""
    NO_JSON = "no_json"
    """It is done, and the answer of 200 is a page."""
    HUGE = "huge"
    """It is done, and the answer has five million bytes."""
    REDIRECT = "redirect"
    """To an address of this server that does nothing."""


_STATUS: Mapping[Fault, int] = {
    Fault.ERROR_500: 500,
    Fault.ERROR_503: 503,
    Fault.REFUSED_400: 400,
    Fault.REFUSED_401: 401,
    Fault.THROTTLED: 429,
}
_PAGE = b"<html><h1>Bad Gateway</h1></html>"
_DRIP_S = 0.02
RETRY_AFTER_S = 7


class Request(NamedTuple):
    """What was asked.

    Attributes:
        method: GET or POST and so on.
        path: with the query.
        body: as it came.
        headers: with small letters as keys.
    """

    method: str
    path: str
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered.

    Attributes:
        status: 200 and so on.
        content: bytes as they are, anything else as JSON.
        kind: the media type of bytes.
        headers: more of them.
    """

    status: int
    content: Any
    kind: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        """The body."""
        return (
            self.content if isinstance(self.content, bytes) else json.dumps(self.content).encode()
        )


class LoopbackServer:
    """A server that runs while the context lasts.

    Attributes:
        faults: for the requests to come, first in first out; None is none.
        requests: all that were asked.
        delay_s: how long every answer takes.
        connections: how many were made.
    """

    keep_alive: ClassVar[bool] = True

    def __init__(self, port: int = 0) -> None:
        """Prepare; ``port`` is to listen on, on the loopback; 0 takes a free one."""
        self.faults: deque[Fault | None] = deque()
        self.requests: list[Request] = []
        self.delay_s = 0.0
        self.connections = 0
        self._closing = threading.Event()
        handler = type("Handler", (_Handler,), {"server_side": self})
        self._server = _Threads(("127.0.0.1", port), handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )

    def answer(self, request: Request) -> Reply:
        """Do what is asked. In the other's wire format, and so are its refusals."""
        raise NotImplementedError

    def failure(self, status: int) -> Any:
        """The body of an answer of this status, as the other writes one when it fails."""
        raise NotImplementedError

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


class _Threads(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


class _Handler(BaseHTTPRequestHandler):
    """The requests of one connection."""

    server_side: LoopbackServer
    protocol_version = "HTTP/1.1"
    # Head and body are two writes: the second would wait for an acknowledgement of the first.
    disable_nagle_algorithm = True

    def setup(self) -> None:
        """Count the connection."""
        super().setup()
        self.server_side.connections += 1

    def handle(self) -> None:
        """A client that hangs up in the middle is no error of the server's."""
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True

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
        server = self.server_side
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(method, self.path, body, headers)
        server.requests.append(request)
        fault = server.faults.popleft() if server.faults else None
        if server.delay_s:
            time.sleep(server.delay_s)
        if fault is Fault.DROP_BEFORE:
            return self._reset()
        if fault is Fault.STALL:
            server.wait_for_close()
            return self._reset()
        if fault is Fault.ERROR_502_HTML:
            return self._send(Reply(502, _PAGE, "text/html"))
        if fault is Fault.REDIRECT:
            return self._send(Reply(302, b"", "text/html", {"Location": server.url + "/elsewhere"}))
        if fault is not None and fault in _STATUS:
            status = _STATUS[fault]
            more = {"Retry-After": str(RETRY_AFTER_S)} if status == 429 else {}
            return self._send(Reply(status, server.failure(status), headers=more))
        reply = server.answer(request)
        if fault is Fault.DROP_AFTER:
            return self._reset()
        if fault is Fault.STALL_AFTER:
            server.wait_for_close()
            return self._reset()
        if fault is Fault.NO_JSON:
            reply = Reply(200, _PAGE, "text/html")
        if fault is Fault.HUGE:
            reply = Reply(200, b"[" + b"0," * 2_500_000 + b"0]")
        return self._send(reply, fault)

    def _send(self, reply: Reply, fault: Fault | None = None) -> None:
        content = reply.encoded()
        if fault is Fault.CUT or not self.server_side.keep_alive:
            self.close_connection = True
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.kind)
        self.send_header("Content-Length", str(len(content)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        try:
            if fault is Fault.DRIP_HEADERS:
                head = b"".join(self._headers_buffer) + b"\r\n"
                self._headers_buffer: list[bytes] = []
                self._drip(head)
            else:
                self.end_headers()
            if fault is Fault.CUT:
                self.wfile.write(content[: len(content) // 2])
            elif fault is Fault.DRIP:
                self._drip(content)
            else:
                self.wfile.write(content)
        except OSError:
            self.close_connection = True  # Whoever asked has given up.

    def _drip(self, content: bytes) -> None:
        for byte in content:
            self.wfile.write(bytes([byte]))
            time.sleep(_DRIP_S)

    def _reset(self) -> None:
        """End the connection as a crash does, not as a server does."""
        self.close_connection = True
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()
