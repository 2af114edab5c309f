"""A TCP proxy that can hold back what the client says: an acknowledgement that never arrives."""

import contextlib
import select
import socket
import threading
from urllib.parse import urlsplit, urlunsplit

_CHUNK = 65_536


class HoldingProxy:
    """Stands between a service and the broker; ``hold`` lets nothing more through to the broker."""

    def __init__(self, amqp_uri: str) -> None:
        """Listen, and pass everything on to the broker of ``amqp_uri``."""
        parts = urlsplit(amqp_uri)
        self._target = (parts.hostname or "", parts.port or 5672)
        self._listener = socket.create_server(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        credentials = parts.netloc.rpartition("@")[0]
        self.amqp_uri = urlunsplit(parts._replace(netloc=f"{credentials}@127.0.0.1:{port}"))
        self._holding = threading.Event()
        self._silent = threading.Event()
        self._closed = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def hold(self) -> None:
        """From now on the broker hears nothing from the client; the client still hears it."""
        self._holding.set()

    def silence(self) -> None:
        """From now on neither hears the other, and neither is told."""
        self._silent.set()

    def release(self) -> None:
        """For connections made from now on; what was held back is lost with its connection."""
        self._holding.clear()

    def close(self) -> None:
        """Listen no more, and drop all connections."""
        self._closed.set()
        self._listener.close()

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                client, _ = self._listener.accept()
                broker = socket.create_connection(self._target)
            except OSError:
                continue
            threading.Thread(target=self._carry, args=(client, broker), daemon=True).start()

    def _carry(self, client: socket.socket, broker: socket.socket) -> None:
        with client, broker, contextlib.suppress(OSError):
            while not self._closed.is_set():
                readable, _, _ = select.select([client, broker], [], [], 0.2)
                if self._silent.is_set():
                    self._closed.wait()
                for source in readable:
                    chunk = source.recv(_CHUNK)
                    if not chunk:
                        return
                    if source is broker:
                        client.sendall(chunk)
                    elif not self._holding.is_set():
                        broker.sendall(chunk)
