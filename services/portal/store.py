"""The portal's database. It may be away: then only what hangs on it says so."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, sessionmaker

from palika.config import Settings
from palika.database import create_engine, is_busy, is_outage
from palika.errors import Unavailable

_log = logging.getLogger(__name__)

_REST_S: Final = 2.0
"""So long a database that was away is left in peace: one that says nothing would keep a thread for
each who asks."""


class Store:
    """Its connections; none is made before the first transaction."""

    def __init__(self, config: Settings) -> None:
        """Prepare; ``config`` is the portal's."""
        self.engine = create_engine(config, bounded=True)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        self._away_until = 0.0

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """One transaction: committed at the end of the block, rolled back when it raises.

        Raises:
            Unavailable: the database is away, or was a moment ago, or is busy.
        """
        if time.monotonic() < self._away_until:
            raise Unavailable("the portal's database was away a moment ago; try again")
        try:
            with self._sessions.begin() as session:
                yield session
        except PoolTimeout as error:
            raise Unavailable("the portal's database is busy; try again") from error
        except DBAPIError as error:
            if not is_busy(error) and not is_outage(error):
                raise
            _log.warning("the portal's database: %s", str(error.orig).strip())
            if is_outage(error):
                self._away_until = time.monotonic() + _REST_S
            raise Unavailable("the portal's database does not answer; try again") from error
