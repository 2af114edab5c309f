"""At the start: the catalogue must not read what is stored as something else than it is."""

import logging

import eventlet
from nameko.extensions import DependencyProvider
from sqlalchemy.exc import DBAPIError

from palika.database import DatabaseEngine, is_outage
from services.kpi.commands.readings import check_meaning

_AGAIN_S = 5.0

_log = logging.getLogger(__name__)


class Meant(DependencyProvider):
    """Compares the catalogue with the readings when the process starts, which fails if they differ;
    while the database is away, as soon as it is back."""

    database = DatabaseEngine()

    def start(self) -> None:
        """Compare. Raises Conflict: names each measure, what has changed, and what is to do."""
        self._running = True
        if not self._compared():
            self.container.spawn_managed_thread(self._wait, identifier="meaning")

    def stop(self) -> None:
        """Wait no longer."""
        self._running = False

    kill = stop

    def get_dependency(self, worker_ctx: object) -> "Meant":
        """The same for all."""
        return self

    def _wait(self) -> None:
        while self._running and not self._compared():
            eventlet.sleep(_AGAIN_S)

    def _compared(self) -> bool:
        """Whether the database was there."""
        try:
            with self.database.sessions.begin() as session:
                check_meaning(session)
        except DBAPIError as error:
            if not is_outage(error):
                raise
            _log.warning("the database is away, the readings are not compared yet: %s", error.orig)
            return False
        return True
