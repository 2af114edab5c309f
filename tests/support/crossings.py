"""What lies between the nodes of a cluster, so that a test can cut it.

Erlang's nodes ask a port mapper where the others listen. Here each node has a port mapper of its
own, which names a proxy for every other node: all that nodes tell each other goes through these.
No rights are needed for it, and nothing of the machine's network changes.
"""

import contextlib
import secrets
import socket
import struct
import threading
from collections.abc import Callable

from palika.local.cluster import Cluster

_CHUNK = 65_536
# Requests and answers of the port mapper's protocol ("EPMD Protocol" in Erlang's manual).
_ALIVE, _PORT_PLEASE, _NAMES = 120, 122, 110
_ALIVE_ANSWER, _PORT_ANSWER = 118, 119
_ORDINARY_NODE, _TCP, _VERSIONS = 77, 0, (6, 5)


class Crossings:
    """The lines between a cluster's nodes: ``cut`` one, and nothing crosses it until ``mend``."""

    def __init__(self, count: int = 3) -> None:
        """Prepare for ``count`` nodes; ``lead_to`` says of which cluster."""
        self._cluster: Cluster | None = None
        numbers = range(1, count + 1)
        self._lines = {
            (here, there): _Line(lambda there=there: self._port(there))
            for here in numbers
            for there in numbers
            if here != there
        }
        self._mappers = {number: _Mapper(number, self._tell) for number in numbers}

    def mapper(self, number: int) -> "_Mapper":
        """The port mapper of a node, for ``Cluster``."""
        return self._mappers[number]

    def lead_to(self, cluster: Cluster) -> None:
        """Name the nodes at the ends."""
        self._cluster = cluster

    def cut_off(self, number: int) -> None:
        """Let nothing more come to a node from the others, nor to them from it; all stay up."""
        for ends, line in self._lines.items():
            if number in ends:
                line.cut()

    def mend(self) -> None:
        """Let through what comes from now on; connections made before are gone."""
        for line in self._lines.values():
            line.mend()

    def close(self) -> None:
        """Listen no more."""
        for each in (*self._lines.values(), *self._mappers.values()):
            each.close()

    def _port(self, number: int) -> int:
        assert self._cluster is not None
        return self._cluster.nodes[number - 1].distribution_port

    def _tell(self, here: int, name: str) -> int | None:
        """Where the node of that name is, as node ``here`` is told; None of a stranger."""
        assert self._cluster is not None
        for there, node in enumerate(self._cluster.nodes, 1):
            if node.name.partition("@")[0] == name:
                # One that was not started yet has not registered.
                if not self._port(there):
                    return None
                return self._port(there) if here == there else self._lines[here, there].port
        return None


class _Server:
    """Takes connections on a port of the loopback."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve_one, args=(connection,), daemon=True).start()

    def _serve_one(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            self.serve(connection)

    def serve(self, connection: socket.socket) -> None:
        raise NotImplementedError


class _Mapper(_Server):
    """One node's port mapper, as ``palika.local`` has it."""

    pid = None

    def __init__(self, number: int, tell: Callable[[int, str], int | None]) -> None:
        self._number, self._tell = number, tell
        super().__init__()

    def start(self) -> None:
        """It listens already."""

    def stop(self) -> None:
        """It ends with the test."""

    def serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as asked:
            head = asked.read(2)
            if len(head) < 2:
                return  # Somebody only looked whether it is there.
            (size,) = struct.unpack(">H", head)
            kind, *rest = asked.read(size)
            if kind == _ALIVE:
                creation = secrets.randbelow(2**31) + 4
                connection.sendall(struct.pack(">BBI", _ALIVE_ANSWER, 0, creation))
                asked.read()  # A node is registered for as long as it holds the connection.
            elif kind == _PORT_PLEASE:
                name = bytes(rest).decode()
                port = self._tell(self._number, name)
                if port is None:
                    connection.sendall(struct.pack(">BB", _PORT_ANSWER, 1))
                    return
                head = struct.pack(
                    ">BBHBBHHH", _PORT_ANSWER, 0, port, _ORDINARY_NODE, _TCP, *_VERSIONS, len(name)
                )
                connection.sendall(head + name.encode() + struct.pack(">H", 0))
            elif kind == _NAMES:
                connection.sendall(struct.pack(">I", self.port))


class _Line(_Server):
    """Carries what one node tells another; once cut, it holds everything back and says nothing."""

    def __init__(self, target: Callable[[], int]) -> None:
        self._target = target
        self._open = threading.Event()
        self._open.set()
        self._ends: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__()

    def cut(self) -> None:
        self._open.clear()

    def mend(self) -> None:
        if self._open.is_set():
            return
        with self._lock:
            ends, self._ends = self._ends, set()
        for each in ends:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._open.set()

    def serve(self, connection: socket.socket) -> None:
        with connection:
            with self._lock:
                self._ends.add(connection)
            # One that is made while it is cut gets no answer, as on a network.
            if not self._open.is_set():
                connection.recv(1, socket.MSG_PEEK)
                self._open.wait()
                return
            with socket.create_connection(("127.0.0.1", self._target())) as onward:
                with self._lock:
                    self._ends.add(onward)
                back = threading.Thread(target=self._carry, args=(onward, connection), daemon=True)
                back.start()
                self._carry(connection, onward)
                back.join()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(_CHUNK):
                self._open.wait()
                target.sendall(chunk)
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
