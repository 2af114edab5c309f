"""Calls to the city's services: a few connections, each used by one thread at a time."""

import queue
from collections.abc import Iterator
from contextlib import contextmanager

from palika.auth import ANONYMOUS, Identity
from palika.config import Settings
from palika.rpc import Client
from services.portal.errors import TooMany

_PATIENCE_S = 2.0


class Calls:
    """The connections. Who waits too long for one is told to come again later."""

    def __init__(self, config: Settings, patience_s: float = _PATIENCE_S) -> None:
        """Prepare ``workers`` connections; the first call on each connects, and so does the next
        one after a connection was lost."""
        self._patience_s = patience_s
        # The last one back is the first one out: as many are open as were ever needed at once.
        self._idle: queue.LifoQueue[Client] = queue.LifoQueue()
        for _ in range(config.workers):
            self._idle.put(Client(ANONYMOUS, config.rpc_timeout_s, config.amqp_uri))

    @contextmanager
    def as_(self, identity: Identity) -> Iterator[Client]:
        """A connection that calls as ``identity``.

        Raises:
            TooMany: none was free in time.
        """
        try:
            client = self._idle.get(timeout=self._patience_s)
        except queue.Empty:
            raise TooMany("too many requests at once; try again in a second") from None
        try:
            yield client.as_(identity)
        finally:
            self._idle.put(client)
