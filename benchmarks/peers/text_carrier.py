"""Plivo's API on this machine, in a process of its own: what ours and the bare client post to.

It accepts every message and keeps none in memory; the first ``keep`` bodies go to a file, for the
bare client to post the same. Where it is told to, it posts the receipts of each, as Plivo does.
"""

import signal
import threading
from pathlib import Path

from benchmarks.peers import options
from palika.local.loopback import Reply, Request
from services.notify.channels.loopback import PlivoServer


class Carrier(PlivoServer):
    """Plivo's API, which keeps a file of bodies and nothing else."""

    def __init__(self, port: int, path: Path, keep: int, *, tells: bool) -> None:
        """Prepare; the file is written when so many have come."""
        super().__init__(port)
        self.tells = tells
        self._path, self._keep = path, keep
        self._bodies: list[bytes] = []

    def answer(self, request: Request) -> Reply:
        """As the API does."""
        reply = super().answer(request)
        self.sent.clear()
        self.requests.clear()
        self.posted.clear()
        if len(self._bodies) < self._keep:
            self._bodies.append(request.body)
            if len(self._bodies) == self._keep:
                self._path.write_bytes(b"\n".join(self._bodies))
        return reply


if __name__ == "__main__":
    given = options()
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    tells = bool(given.get("tells"))
    with Carrier(given["port"], Path(given["path"]), given["keep"], tells=tells):
        ended.wait()
