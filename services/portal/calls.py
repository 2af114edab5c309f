"""Calls to the city's services: a few connections, each used by one thread at a time."""

import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from palika.auth import ANONYMOUS, Identity
from palika.config import Settings
from palika.errors import PalikaError
from palika.rpc import Client
from services.portal.errors import TooMany

_PATIENCE_S = 2.0


class Calls:
    """The connections. Who waits too long for one is told to come again later."""

    def __init__(self, config: Settings, patience_s: float = _PATIENCE_S) -> None:
        """Prepare ``workers`` connections; the first call on each connects, and so does the next
        one after a connection was lost."""
        self._patience_s = patience_s
        self.told: Callable[[Identity, str, str], None] = _nobody
        self.worded: Callable[[PalikaError], PalikaError] = _as_it_is
        # The last one back is the first one out: as many are open as were ever needed at once.
        self._idle: queue.LifoQueue[Client] = queue.LifoQueue()
        for _ in range(config.workers):
            self._idle.put(_Noticed(self, config))

    def tell(self, listener: Callable[[Identity, str, str], None]) -> None:
        """From now on ``listener`` is told of each answer: who asked which service for what."""
        self.told = listener

    def word(self, wording: Callable[[PalikaError], PalikaError]) -> None:
        """From now on an error of a service is raised as ``wording`` puts it for who reads."""
        self.worded = wording

    @contextmanager
    def as_(
        self, identity: Identity, timeout_s: float | None = None, call: str | None = None
    ) -> Iterator[Client]:
        """A connection that calls as ``identity`` and waits for an answer no longer than
        ``timeout_s``; by default as long as the settings say. ``call`` is as ``Client.as_`` has it.

        Raises:
            TooMany: none was free in time.
        """
        try:
            client = self._idle.get(timeout=self._patience_s)
        except queue.Empty:
            raise TooMany("too many requests at once; try again in a second") from None
        try:
            yield client.as_(identity, timeout_s, call)
        finally:
            self._idle.put(client)


class _Noticed(Client):
    """One that lets be known what was answered to whom."""

    def __init__(self, calls: Calls, config: Settings) -> None:
        super().__init__(ANONYMOUS, config.rpc_timeout_s, config.amqp_uri)
        self._calls = calls

    def _invoke(self, service: str, method: str, arguments: dict[str, Any]) -> Any:
        try:
            answer = super()._invoke(service, method, arguments)
        except PalikaError as error:
            raise self._calls.worded(error) from error.__cause__
        self._calls.told(self._identity, service, method)
        return answer


def _as_it_is(error: PalikaError) -> PalikaError:
    return error


def _nobody(_: Identity, __: str, ___: str) -> None:
    """Nobody wants to know."""
