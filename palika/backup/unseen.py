"""What a publisher does not know of its log, and what a subscription has not seen of it."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import psycopg2.extras
from psycopg2 import extensions

from palika.backup.databases import ask, moment_of
from palika.catalogue import Listener
from palika.config import settings
from palika.events import Event, recorded_at

MARGIN: Final = timedelta(minutes=2)
"""For clocks of several machines, and a transaction that took its time before it committed."""
_KNOWN = "SELECT event_id FROM outbox WHERE event_id = ANY(%s::uuid[])"
_OLDEST_SEEN = "SELECT min(seen_at) FROM inbox WHERE subscription = %s"


def moment_of_event(event: Event) -> datetime:
    """When an event was recorded; of one whose id does not tell, when it happened."""
    return recorded_at(event.id) or event.time


def uuid_of(text: str) -> UUID | None:
    """An event's id as the databases have it; None: another's publisher's, no id at all."""
    try:
        return UUID(text)
    except ValueError:
        return None


def which(connection: extensions.connection, question: str, *values: Any) -> set[UUID]:
    """The ids that an answer has."""
    return {id_ for (id_,) in ask(connection, question, *values)}


class Publisher:
    """A service's database as the publisher of its log.

    Attributes:
        service: which.
        connection: on its database.
        knows_from: its outbox has every event that it has recorded since.
        in_log: those of them that have been met in the log.
    """

    def __init__(self, service: str, connection: extensions.connection) -> None:
        """Look how far back its outbox goes."""
        psycopg2.extras.register_uuid(conn_or_curs=connection)
        self.service = service
        self.connection = connection
        self.in_log: set[UUID] = set()
        keeps = timedelta(hours=settings(service).outbox_keep_h)
        moment = moment_of(connection) or datetime.min.replace(tzinfo=UTC) + keeps
        self.knows_from = min(moment, moment - keeps + MARGIN)

    def unknown(self, batch: list[tuple[Event, UUID]]) -> set[UUID]:
        """The ids of those that it would have to know and does not."""
        recent = {id_ for event, id_ in batch if moment_of_event(event) >= self.knows_from}
        self.in_log |= recent
        return recent - self.known(recent)

    def known(self, ids: set[UUID]) -> set[UUID]:
        """Those that are in its outbox."""
        return which(self.connection, _KNOWN, list(ids)) if ids else set()

    def only_known(self, events: list[Event]) -> list[Event]:
        """Those of a batch of its log that it knows."""
        batch = [(event, id_) for event in events if (id_ := uuid_of(event.id)) is not None]
        unknown = self.unknown(batch)
        return [event for event in events if uuid_of(event.id) not in unknown]


class Unseen:
    """What one subscription has not seen, of what it should have.

    A type that it began to listen to later: what came before the first that it has seen is not for
    it. Of a type of which it has seen nothing at all, all is.
    """

    def __init__(self, listener: Listener, connections: dict[str, extensions.connection]) -> None:
        [(oldest,)] = ask(connections[listener.service], _OLDEST_SEEN, listener.queue)
        kept = datetime.now(UTC) - timedelta(days=settings(listener.service).inbox_keep_days)
        self._from = max(oldest or kept, kept) - MARGIN
        self._before: dict[str, set[str]] = {}
        self._after: set[str] = set()
        self._begun: set[str] = set()

    def take(self, events: list[tuple[Event, UUID]], seen: set[UUID]) -> None:
        """The next of its events in the log, and which of them it has seen."""
        for event, id_ in events:
            if id_ in seen:
                self._begun.add(event.type)
            elif moment_of_event(event) >= self._from:
                if event.type in self._begun:
                    self._after.add(event.id)
                else:
                    self._before.setdefault(event.type, set()).add(event.id)

    def missing(self) -> tuple[set[str], int]:
        """The ids to deliver, and how many came before it began to listen."""
        found, before = set(self._after), 0
        for kind, ids in self._before.items():
            if kind in self._begun:
                before += len(ids)
            else:
                found |= ids
        return found, before
