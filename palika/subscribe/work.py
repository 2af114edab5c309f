"""A batch of deliveries through a handler: dedupe, one transaction, isolate what fails."""

import logging
import re
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, exc, text
from sqlalchemy.orm import Session, sessionmaker

from palika import logs, metrics
from palika.database import is_busy, is_outage
from palika.events import HEARTBEAT, Event, MalformedEvent
from palika.subscribe.context import handling
from palika.subscribe.delivery import Delivery
from palika.subscribe.outcomes import Done, Outcome, Refuse, RetryLater, Stop

_log = logging.getLogger(__name__)

Handler = Callable[[Session, list[Event]], Mapping[str, Outcome] | None]

UNKNOWN_TYPE = "UnknownType"
"""What is noted as the error of an event of a type that the subscription does not listen to."""

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HEARTBEAT_SUFFIX = f".{HEARTBEAT}.v1"
_DONE = Done()

_REMEMBER = (
    "INSERT INTO inbox (subscription, event_id) SELECT %s, unnest(%s::uuid[]) "
    "ON CONFLICT DO NOTHING"
)
_FORGET = text(
    "DELETE FROM inbox WHERE subscription = :subscription AND event_id = ANY(CAST(:ids AS uuid[]))"
)
# Deadlocks and serialization failures are nobody's fault and pass when tried again at once.
_CONFLICT = re.compile(r"^40")
_CONFLICT_TRIES = 5
_TOO_LONG = "57014"


Failed = tuple[Delivery, str, RetryLater | Refuse]
"""A delivery that failed, its error's class name, and what is to be done with it."""


class DatabaseAway(Exception):
    """The database is not there: no event's fault; the batch is tried again as it is."""

    word = "away"


class DatabaseBusy(DatabaseAway):
    """Somebody else is in the way, or a statement takes too long, perhaps for one event's sake.

    Attributes:
        too_long: whether it is the latter.
    """

    word = "busy"

    def __init__(self, reason: str, *, too_long: bool) -> None:
        super().__init__(reason)
        self.too_long = too_long


class _DuplicatesPresent(Exception):
    """Some events of the batch are in the inbox already."""


@dataclass(slots=True)
class Verdict:
    """What is to be done with the deliveries of a batch.

    Whatever is in neither list is to be acknowledged.
    """

    failed: list[Failed]
    stopped: list[tuple[Delivery, Stop]]


class Work:
    """One batch on its way through the handler."""

    def __init__(
        self,
        subscription: str,
        types: Collection[str],
        sessions: sessionmaker[Session],
        deliveries: Sequence[Delivery],
        *,
        in_parts: bool = False,
    ) -> None:
        """Prepare a batch.

        Args:
            subscription: the queue's name, ``kpi.measures``; the inbox is kept by it.
            types: the event types that the handler knows; others are tried again later, and then
                are dead letters. They can be in the queue: by an old binding, a foreign publisher,
                or a process of the next release that has bound them already.
            sessions: of the service's own database.
            deliveries: in the order of their delivery tags.
            in_parts: as a whole it takes too long: halve it until it does not, and put off the
                event that by itself takes too long.
        """
        self._subscription = subscription
        self._types = types
        self._sessions = sessions
        self._deliveries = deliveries
        self._in_parts = in_parts
        self._verdict = Verdict([], [])

    def run(self, handler: Handler) -> Verdict:
        """Take the batch through the handler.

        Raises:
            DatabaseAway: the database was lost, or is busy; nothing of the batch (or, when it went
                in halves, some of them) has been committed. Running it again is safe.
        """
        metrics.BATCH_SIZE.labels(subscription=self._subscription).observe(len(self._deliveries))
        by_id: dict[str, tuple[Delivery, Event]] = {}
        for delivery in self._deliveries:
            try:
                event = Event.from_json(delivery.body)
                if not _UUID.fullmatch(event.id):
                    raise MalformedEvent(f"id {event.id!r} is not a UUID")
            except MalformedEvent as error:
                self._verdict.failed.append((delivery, "MalformedEvent", Refuse(str(error))))
                continue
            if event.type not in self._types:
                if event.type.endswith(_HEARTBEAT_SUFFIX):
                    self._heartbeat(event)
                else:
                    # A process of the next release, which listens to it, may be about to start.
                    reason = f"{self._subscription} does not listen to {event.type}"
                    self._verdict.failed.append((delivery, UNKNOWN_TYPE, RetryLater(reason)))
            elif event.id in by_id:
                metrics.EVENTS_DUPLICATE.labels(subscription=self._subscription).inc()
            else:
                by_id[event.id] = (delivery, event)
        if len(by_id) > 1 and self._in_parts:
            self._halve(handler, by_id)
        elif by_id:
            self._attempt(handler, by_id)
        return self._verdict

    def _heartbeat(self, event: Event) -> None:
        source = event.type.partition(".")[0]
        if source not in {kind.partition(".")[0] for kind in self._types}:
            # Nobody's here: an old binding, or a foreign publisher that would make labels at will.
            return
        now = datetime.now(UTC)
        labels = {"subscription": self._subscription, "source": source}
        metrics.HEARTBEAT_LAG.labels(**labels).set((now - event.time).total_seconds())
        metrics.HEARTBEAT_SEEN.labels(**labels).set(now.timestamp())

    def _attempt(self, handler: Handler, items: dict[str, tuple[Delivery, Event]]) -> None:
        """Handle ``items`` in one transaction; when that fails, halve them until one is left."""
        failure: Exception
        try:
            outcomes = self._transact(handler, items)
        except DatabaseBusy as busy:
            if not (busy.too_long and self._in_parts):
                raise
            failure = busy
        except DatabaseAway:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a handler raises is isolated
            failure = error
        else:
            self._sort(outcomes, items)
            return
        if len(items) > 1:
            self._halve(handler, items)
            return
        ((delivery, event),) = items.values()
        _log.warning(
            "%s: event %s (%s) failed",
            self._subscription,
            event.id,
            event.type,
            exc_info=failure,
            extra={"event_id": event.id},
        )
        name = type(failure).__name__
        self._verdict.failed.append(
            (delivery, name, RetryLater(f"{name}: {logs.safe(str(failure))}"))
        )

    def _halve(self, handler: Handler, items: dict[str, tuple[Delivery, Event]]) -> None:
        keys = list(items)
        middle = len(keys) // 2
        self._attempt(handler, {key: items[key] for key in keys[:middle]})
        self._attempt(handler, {key: items[key] for key in keys[middle:]})

    def _sort(
        self, outcomes: Mapping[str, Outcome], items: dict[str, tuple[Delivery, Event]]
    ) -> None:
        for event_id, outcome in outcomes.items():
            delivery, _ = items[event_id]
            if isinstance(outcome, Stop):
                self._verdict.stopped.append((delivery, outcome))
            elif not isinstance(outcome, Done):
                name = type(outcome).__name__
                self._verdict.failed.append((delivery, name, outcome))

    def _transact(
        self, handler: Handler, items: dict[str, tuple[Delivery, Event]]
    ) -> Mapping[str, Outcome]:
        tries = 0
        only_fresh = True
        while True:
            try:
                return self._transact_once(handler, items, only_fresh)
            except _DuplicatesPresent:
                only_fresh = False
            except exc.TimeoutError as error:
                raise DatabaseAway("no free database connection") from error
            except exc.DBAPIError as error:
                if is_outage(error):
                    raise DatabaseAway(str(error.orig).strip()) from error
                code = getattr(error.orig, "pgcode", None) or ""
                tries += 1
                if _CONFLICT.match(code) and tries < _CONFLICT_TRIES:
                    continue
                if is_busy(error):
                    reason = str(error.orig).strip()
                    raise DatabaseBusy(reason, too_long=code == _TOO_LONG) from error
                raise

    def _transact_once(
        self, handler: Handler, items: dict[str, tuple[Delivery, Event]], only_fresh: bool
    ) -> Mapping[str, Outcome]:
        started, started_ns = time.perf_counter(), time.time_ns()
        outcomes: dict[str, Outcome] = {}
        # Left after the commit.
        with ExitStack() as context, self._sessions.begin() as session:
            connection = session.connection()
            if only_fresh:
                fresh = self._remember_all(connection, items)
            else:
                fresh = self._remember_some(connection, items)
            if not fresh:
                return {}
            context.enter_context(handling(self._subscription, fresh, outcomes, started_ns))
            outcomes.update(handler(session, fresh) or {})
            unknown = outcomes.keys() - {event.id for event in fresh} if outcomes else ()
            if unknown:
                raise ValueError(f"the handler answered for events it was not given: {unknown}")
            undone = [key for key, outcome in outcomes.items() if outcome != _DONE]
            if undone:
                session.execute(_FORGET, {"subscription": self._subscription, "ids": undone})
        self._measure(fresh, outcomes, started)
        return outcomes

    def _remember_all(
        self, connection: Connection, items: dict[str, tuple[Delivery, Event]]
    ) -> list[Event]:
        """Put all ids into the inbox; the usual case, in which none of them is there."""
        ids = sorted(items)
        result = connection.exec_driver_sql(
            _REMEMBER, (self._subscription, "{" + ",".join(ids) + "}")
        )
        if result.rowcount != len(ids):
            # Which ones were there is not known any more: roll back and ask for it.
            raise _DuplicatesPresent
        return [event for _, event in items.values()]

    def _remember_some(
        self, connection: Connection, items: dict[str, tuple[Delivery, Event]]
    ) -> list[Event]:
        ids = sorted(items)
        result = connection.exec_driver_sql(
            _REMEMBER + " RETURNING event_id::text",
            (self._subscription, "{" + ",".join(ids) + "}"),
        )
        new = set(result.scalars())
        metrics.EVENTS_DUPLICATE.labels(subscription=self._subscription).inc(len(ids) - len(new))
        return [event for key, (_, event) in items.items() if key in new]

    def _measure(
        self, events: list[Event], outcomes: Mapping[str, Outcome], started: float
    ) -> None:
        metrics.HANDLER_DURATION.labels(subscription=self._subscription).observe(
            time.perf_counter() - started
        )
        done = [e for e in events if e.id not in outcomes] if outcomes else events
        observe = metrics.EVENT_LAG.labels(subscription=self._subscription).observe
        now = datetime.now(UTC)
        for event in done:
            observe((now - event.time).total_seconds())
        for kind, count in Counter(event.type for event in done).items():
            metrics.EVENTS_CONSUMED.labels(subscription=self._subscription, type=kind).inc(count)
