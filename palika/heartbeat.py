"""A small event that goes the whole way every few seconds, so that a stuck pipeline is seen.

Queue depth hides a consumer that is stuck on an empty queue. Each service therefore records
``<service>.heartbeat.v1`` in its outbox every ``heartbeat_s`` seconds, whichever of its processes
comes first; every subscription that listens to the service receives it and exports its lag and
when it last came. Heartbeats reach no handler and are kept in no log.
"""

import logging
import random
from collections.abc import Callable
from datetime import UTC, datetime

import eventlet
from marshmallow import Schema, fields
from nameko.extensions import DependencyProvider
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from palika.config import settings
from palika.database import DatabaseEngine
from palika.events import HEARTBEAT, EventType, event_type
from palika.outbox import record

_log = logging.getLogger(__name__)

_CLAIM = text(
    """
    INSERT INTO heartbeat (service, beat_at) VALUES (:service, now())
    ON CONFLICT (service) DO UPDATE SET beat_at = now()
    WHERE heartbeat.beat_at < now() - make_interval(secs => :every)
    RETURNING beat_at
    """
)


class HeartbeatData(Schema):
    """The payload of a heartbeat."""

    every_s = fields.Float(required=True)


def heartbeat_type(service: str) -> EventType:
    """The heartbeat's event type of a service, registered at the first call."""
    return event_type(
        f"{service}.{HEARTBEAT}.v1",
        HeartbeatData,
        "The pipeline from this service is alive.",
        logged=False,
    )


def beat(sessions: sessionmaker[Session], service: str, every_s: float) -> bool:
    """Record a heartbeat, unless a process of this service has within ``every_s`` seconds.

    Returns:
        Whether this call recorded it.
    """
    with sessions.begin() as session:
        due = session.execute(_CLAIM, {"service": service, "every": every_s * 0.9}).scalar()
        if due is None:
            return False
        kind = heartbeat_type(service)
        record(
            session,
            kind.new(subject=service, data={"every_s": every_s}, time=datetime.now(UTC)),
        )
    return True


def keep_beating(
    sessions: sessionmaker[Session],
    service: str,
    every_s: float,
    sleep: Callable[[float], object],
    goes_on: Callable[[], bool] = lambda: True,
) -> None:
    """Record heartbeats every ``every_s`` seconds or so.

    Args:
        sleep: how this process waits: for so many seconds.
        goes_on: asked before each beat; ends at the first no.
    """
    while goes_on():
        try:
            beat(sessions, service, every_s)
        except SQLAlchemyError as error:
            # The database's absence shows in readiness; the beat goes on when it is back.
            _log.warning("heartbeat not recorded: %s", error)
        sleep(every_s * random.uniform(0.9, 1.1))  # noqa: S311 no secret hangs on it


class Heartbeat(DependencyProvider):
    """Sends the service's heartbeats while the container runs."""

    database = DatabaseEngine()

    def start(self) -> None:
        self._running = True
        self.container.spawn_managed_thread(self._beat, identifier="heartbeat")

    def stop(self) -> None:
        self._running = False

    def kill(self) -> None:
        self._running = False

    def _beat(self) -> None:
        name = self.container.service_name
        keep_beating(
            self.database.sessions,
            name,
            settings(name).heartbeat_s,
            eventlet.sleep,
            lambda: self._running,
        )
