"""What must hold of a service's database before the service works with it."""

import logging
from collections.abc import Callable

import eventlet
from nameko.extensions import DependencyProvider
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from palika.database import DatabaseEngine, is_outage

_AGAIN_S = 5.0

_log = logging.getLogger(__name__)


class AtStart(DependencyProvider):
    """A check when the process starts: ``checked = AtStart(check)`` in the service's class.

    What it raises ends the process. While the database is away it waits beside the service, which
    cannot do anything then either, and is made as soon as the database is back.
    """

    database = DatabaseEngine()

    def __init__(self, check: Callable[[Session], None]) -> None:
        """Prepare; ``check`` is called in a transaction, and raises if the service must not run."""
        self._check = check
        self._running = False

    def start(self) -> None:
        """Check. Raises what the check raises."""
        self._running = True
        if not self._checked():
            self.container.spawn_managed_thread(self._wait, identifier="check at start")

    def stop(self) -> None:
        """Wait no longer."""
        self._running = False

    kill = stop

    def get_dependency(self, worker_ctx: object) -> "AtStart":
        """The same for all; a worker has no use for it."""
        return self

    def _wait(self) -> None:
        while self._running and not self._checked():
            eventlet.sleep(_AGAIN_S)

    def _checked(self) -> bool:
        """Whether the database was there."""
        try:
            with self.database.sessions.begin() as session:
                self._check(session)
        except DBAPIError as error:
            if not is_outage(error):
                raise
            _log.warning("the database is away, and is checked when it is back: %s", error.orig)
            return False
        return True
