"""Requests over HTTP to others' servers: payment gateways, carriers of messages. The one way.

Who asks must know afterwards whether the other side can have acted. So a request comes to one of
three ends, and none of them is an exception:

``NotSent``
    nothing has left: it may be repeated, or given to somebody else.
``Lost``
    something has left, and no whole answer came: the other side may have acted, or not.
``Answered``
    the whole answer, whatever its status.

Connections are urllib3's, with its ways to connect, to verify and to notice that the other side
has hung up. They are kept alive in a pool of our own: urllib3's does not tell what of a request had
been written when it broke, and its time limits are per read, which a server that drips never meets.
In a service sockets are eventlet's, so a wait holds up nobody but its caller; a pool may be used by
any number of threads.

Certificates are verified against the system's authorities. Redirects are not followed, answers are
not decompressed, the environment's proxies are not used. Nothing of a request or an answer is
logged.
"""

import base64
import io
import re
import ssl
import time
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from functools import cache
from http.client import HTTPConnection as PlainConnection
from http.client import HTTPException, InvalidURL
from http.client import HTTPResponse as PlainResponse
from typing import Any, Final
from urllib.parse import urlsplit

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, ReadTimeoutError

from palika import spans, tracing

TIMEOUT_S: Final = 8.0
ANSWER_MAX: Final = 1_000_000
"""Bytes of an answer's body."""
_CONNECT_S: Final = 3.0
_IDLE_S: Final = 4.0
"""A connection that has been idle for longer is not used again: servers hang up about then, and
what meets the hanging up is lost."""
_KEPT: Final = 100
"""Idle connections to one server."""
_PIECE: Final = 65_536
_PLAIN: Final = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class NotSent:
    """Nothing of the request has left; ``reason`` is for people, and quotes nothing."""

    reason: str


@dataclass(frozen=True, slots=True)
class Lost:
    """The request has left, in part at least, and no whole answer came."""

    reason: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The whole answer.

    Attributes:
        status: 200 and so on; redirects too.
        headers: with small letters as keys; of one that came twice the values with a comma between.
        body: as it came.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


Outcome = NotSent | Lost | Answered


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("the time is over")
    return left


class _Within(io.RawIOBase):
    """What a socket receives until a moment, however slowly it drips."""

    def __init__(self, sock: Any, until: float) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._until = until

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Raises TimeoutError when the moment comes before anything else does."""
        # The connection's own socket is gone by now where the server wants it to be closed.
        self._sock.settimeout(_left(self._until))
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        """Close the socket's side of it too: it counts who still reads."""
        try:
            self._raw.close()
        finally:
            super().close()


class _Connection(HTTPConnection):
    """A connection that knows by when an exchange must be over, and what of it has been written."""

    until: float = 0.0
    written: int = 0
    held: bytearray | None = None
    """What is not written yet: head and body of a short request go together."""

    def send(self, data: Any) -> None:
        """Write, and count what is written; ``data`` is bytes."""
        if self.held is not None:
            self.held += data
            return
        rest = memoryview(data)
        while rest:
            self.sock.settimeout(_left(self.until))
            count = self.sock.send(rest[:_PIECE])
            self.written += count
            rest = rest[count:]

    def exchange(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | None
    ) -> PlainResponse:
        """Ask, and read the head of the answer. http.client's own ways: urllib3's are slower, and
        what they offer beyond is not used."""
        if body is None or len(body) <= _PIECE:
            self.held = bytearray()
        PlainConnection.request(self, method, target, body, headers)
        held, self.held = self.held, None
        if held is not None:
            self.send(held)
        return PlainConnection.getresponse(self)

    def response_class(self, sock: Any, *args: Any, **options: Any) -> PlainResponse:  # type: ignore[override]
        """The answer, read within the time."""
        answer = PlainResponse(sock, *args, **options)
        answer.fp.close()
        answer.fp = io.BufferedReader(_Within(sock, self.until), _PIECE)
        return answer


class _SecureConnection(_Connection, HTTPSConnection):
    """The same over TLS."""


class Outgoing:
    """A pool of connections, for any servers and any number of threads."""

    def __init__(self, ca_file: str | None = None) -> None:
        """Prepare; nothing is connected.

        Args:
            ca_file: certificates of authorities to believe in place of the system's, in PEM.
        """
        self._tls = ssl.create_default_context(cafile=ca_file)
        # Both ends of a deque are safe between threads.
        self._idle: dict[tuple[str, str, int | None], deque[tuple[_Connection, float]]] = (
            defaultdict(deque)
        )

    def ask(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout_s: float = TIMEOUT_S,
        answer_max: int = ANSWER_MAX,
    ) -> Outcome:
        """Make one request, once.

        Args:
            method: GET, POST and so on.
            url: http or https, without a user.
            headers: of the request; Content-Length is not needed.
            body: as it is sent.
            timeout_s: of the whole, from connecting, where that is needed, to the last byte
                received. No one address of the server is tried for more than three seconds.
            answer_max: bytes of the answer's body; a longer one is ``Lost``.

        Raises:
            ValueError: the method, URL or a header cannot be sent at all: a fault of the caller.
        """
        with tracing.part(method, "client", lambda: spans.http_asked(method, url)):
            outcome = self._ask(method, url, headers, body, timeout_s, answer_max)
            _note(outcome)
        return outcome

    def _ask(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        body: bytes | None,
        timeout_s: float,
        answer_max: int,
    ) -> Outcome:
        parts = urlsplit(url)
        host = parts.hostname
        known = parts.scheme in ("http", "https") and "@" not in parts.netloc
        if not known or not host or not _PLAIN.fullmatch(url):
            raise ValueError("not an address over http or https")
        server = (parts.scheme, host, parts.port)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection = self._taken(server)
        connection.written = 0
        whole = False
        try:
            connection.until = time.monotonic() + timeout_s
            if connection.sock is None:
                connection.timeout = min(_CONNECT_S, timeout_s)
                connection.connect()
            sent = {"User-Agent": "palika", **(headers or {})}
            answer = connection.exchange(method, target, sent, body)
            content = bytearray()
            while piece := answer.read(_PIECE):
                content += piece
                if len(content) > answer_max:
                    return Lost("its answer is too long")
            if answer.length:
                return Lost("its answer ends before its end")
            whole = True
            return Answered(answer.status, _lower(answer.headers), bytes(content))
        except InvalidURL:
            raise
        except (OSError, HTTPError, HTTPException) as error:
            reason = _why(error)
            return Lost(reason) if connection.written else NotSent(reason)
        finally:
            # One that the server wants to be closed has no socket any more.
            if whole and connection.sock is not None:
                self._keep(server, connection)
            else:
                connection.close()

    def close(self) -> None:
        """Let go of the idle connections; those in use are closed when they come back."""
        for idle in list(self._idle.values()):
            while idle:
                idle.pop()[0].close()

    def _taken(self, server: tuple[str, str, int | None]) -> _Connection:
        idle = self._idle[server]
        while True:
            try:
                # The last one in: the others grow old, and are dropped.
                connection, since = idle.pop()
            except IndexError:
                return self._made(server)
            if time.monotonic() - since < _IDLE_S and connection.is_connected:
                return connection
            connection.close()

    def _made(self, server: tuple[str, str, int | None]) -> _Connection:
        scheme, host, port = server
        if scheme == "https":
            return _SecureConnection(host, port, ssl_context=self._tls)
        return _Connection(host, port)

    def _keep(self, server: tuple[str, str, int | None], connection: _Connection) -> None:
        idle = self._idle[server]
        idle.append((connection, time.monotonic()))
        while len(idle) > _KEPT:
            try:
                oldest, _ = idle.popleft()
            except IndexError:
                return
            oldest.close()


def basic_login(user: str, password: str) -> dict[str, str]:
    """The header of who asks, by name and password (RFC 7617)."""
    return {"Authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


@cache
def shared() -> Outgoing:
    """The pool of this process."""
    return Outgoing()


def _note(outcome: Outcome) -> None:
    if isinstance(outcome, Answered):
        tracing.note({"http.response.status_code": outcome.status})
        if outcome.status >= 400:
            tracing.fail(str(outcome.status))
    else:
        tracing.fail(type(outcome).__name__)


def _lower(headers: Message) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in headers.items():
        key = name.lower()
        found[key] = f"{found[key]}, {value}" if key in found else value
    return found


def _why(error: BaseException) -> str:
    """The kind of what went wrong: its words may quote an address."""
    if isinstance(error, TimeoutError | ConnectTimeoutError | ReadTimeoutError):
        return "it takes too long"
    if isinstance(error, ssl.SSLCertVerificationError):
        return "its certificate is not to be trusted"
    cause = error.__cause__ or error.__context__
    if isinstance(error, HTTPError) and isinstance(cause, OSError | HTTPException):
        return _why(cause)
    return f"the connection broke ({type(error).__name__})"
