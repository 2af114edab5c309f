"""Calls to the city's services: a few connections, each used by one thread at a time."""

import queue
import time
from collections.abc import Iterator
from contextlib import contextmanager

from palika.auth import Identity
from palika.config import Settings
from palika.rpc import Client
from services.portal.errors import TooMany

_FRESH_S = 5.0
"""Beyond it a connection that nobody has used is made anew: the broker may have gone meanwhile,
and that must be found out before a call, not in the middle of one."""
_PATIENCE_S = 2.0


class Calls:
    """The connections. Who waits too long for one is told to come again later."""

    def __init__(self, config: Settings, patience_s: float = _PATIENCE_S) -> None:
        """Prepare ``workers`` connections; the first call on each connects."""
        self._patience_s = patience_s
        nobody = Identity.of("service:portal", "anonymous")
        # The last one back is the first one out: few are used, and those stay warm.
        self._idle: queue.LifoQueue[tuple[Client, float]] = queue.LifoQueue()
        for _ in range(config.workers):
            self._idle.put((Client(nobody, config.rpc_timeout_s, config.amqp_uri), 0.0))

    @contextmanager
    def as_(self, identity: Identity) -> Iterator[Client]:
        """A connection that calls as ``identity``.

        Raises:
            TooMany: none was free in time.
        """
        try:
            client, used_at = self._idle.get(timeout=self._patience_s)
        except queue.Empty:
            raise TooMany("too many requests at once; try again in a second") from None
        try:
            if time.monotonic() - used_at > _FRESH_S:
                client.close()
            yield client.as_(identity)
        finally:
            self._idle.put((client, time.monotonic()))
