"""A server's side of TLS for ``palika.health``: over real sockets, whatever eventlet has patched.

Python's own ``SSLSocket`` looks for its classes in a module that the patch replaces. Here TLS is
worked out in memory (``SSLContext.wrap_bio``), and what comes of it goes over the plain socket.
"""

import io
import logging
import ssl
from contextlib import suppress
from datetime import UTC
from pathlib import Path
from socket import socket
from typing import Any, Final, Self

from palika import metrics
from palika.config import ConfigError, variable_of

_log = logging.getLogger(__name__)

_PIECE: Final = 16_384
_WANTS: Final = ssl.SSLWantReadError
_OVER: Final = (ssl.SSLZeroReturnError, ssl.SSLEOFError)


class Certificate:
    """A certificate with its key, in one file of PEM; a file that is replaced is taken anew."""

    def __init__(self, path: Path) -> None:
        """Make it before eventlet's patch.

        Raises:
            ConfigError: the file cannot be read, or has no certificate and the key of it.
        """
        self._path = path
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            self._taken = self._state()
            self._take()
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"{variable_of('http_certificate')}: {path} is no certificate with its key in PEM "
                f"({error.strerror if isinstance(error, OSError) else error})"
            ) from error

    def answer(self, connection: socket) -> "Secured":
        """What is said over a connection, once the other side has agreed.

        Raises:
            OSError: it has not; ``ssl.SSLError`` is one.
        """
        self._renew()
        return Secured(connection, self._context)

    def _renew(self) -> None:
        try:
            state = self._state()
            if state != self._taken:
                self._taken = state
                self._take()
                _log.info("the certificate of the health server is renewed")
        except (OSError, ValueError) as error:
            _log.error("the certificate of before stays in use: %s", error)

    def _state(self) -> tuple[int, int]:
        found = self._path.stat()
        return found.st_mtime_ns, found.st_ino

    def _take(self) -> None:
        from cryptography.x509 import load_pem_x509_certificate

        until = load_pem_x509_certificate(self._path.read_bytes()).not_valid_after_utc
        self._context.load_cert_chain(self._path)
        metrics.CERTIFICATE_EXPIRES.labels(file=str(self._path)).set(
            until.astimezone(UTC).timestamp()
        )


class Secured:
    """A connection over TLS, with as much of a socket's methods as an HTTP handler uses."""

    def __init__(self, connection: socket, context: ssl.SSLContext) -> None:
        self._connection = connection
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_side=True)
        connection.settimeout(10)
        self._do(self._tls.do_handshake)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Say that nothing more comes, and end the connection."""
        # The other side has not said so first: it will read it, or has gone.
        with suppress(OSError, ValueError):
            self._tls.unwrap()
        try:
            self._flush()
        finally:
            self._connection.close()

    def settimeout(self, seconds: float | None) -> None:
        """As a socket's."""
        self._connection.settimeout(seconds)

    def makefile(self, *_: Any, **__: Any) -> io.BufferedReader:
        """To read from."""
        return io.BufferedReader(_Reader(self))

    def sendall(self, data: Any) -> None:
        """As a socket's."""
        left = memoryview(data)
        while left:
            left = left[self._do(self._tls.write, left) :]

    def recv(self, most: int) -> bytes:
        """As a socket's; nothing at the end."""
        try:
            return bytes(self._do(self._tls.read, most))
        except _OVER:
            return b""

    def _do(self, act: Any, *arguments: Any) -> Any:
        while True:
            try:
                return act(*arguments)
            except _WANTS:
                self._flush()
                if came := self._connection.recv(_PIECE):
                    self._in.write(came)
                else:
                    self._in.write_eof()
            finally:
                self._flush()

    def _flush(self) -> None:
        if waiting := self._out.read():
            self._connection.sendall(waiting)


class _Reader(io.RawIOBase):
    def __init__(self, connection: Secured) -> None:
        self._connection = connection

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        came = self._connection.recv(len(buffer))
        buffer[: len(came)] = came
        return len(came)
