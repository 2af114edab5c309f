"""What was published, compared with what was seen, after databases of different moments came back.

Every event has its publisher's outbox (as far back as ``outbox_keep_h``), its log, and the inbox of
each subscription that has seen it. From these three:

* an event that is in the outbox as sent and in no log is sent again: its relay does the rest;
* one that a subscription should have seen and has not is put into its queue again; what it had
  seen it drops, as always;
* one that the log has, or an inbox has seen, and its publisher does not know (its database is of
  an earlier moment) has lost what it was about. It is *withdrawn*: taken out of the log, and out of
  the measures of the KPIs by a rebuild. What others have made of it stays, and is listed.

What is older than the outbox keeps is taken for known to its publisher.
"""

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from psycopg2 import extensions

from palika import catalogue, event_log, topology
from palika.backup import event_logs
from palika.backup.databases import ask, connect
from palika.backup.folder import BackupError, Say
from palika.backup.unseen import MARGIN, Publisher, Unseen, moment_of_event, uuid_of, which
from palika.config import settings, var_directory
from palika.events import Event, recorded_at
from palika.subscribe.failures import visit
from palika.topology import Topology

_COPY: Final = ".log.jsonl.gz"
_SEEN = "SELECT event_id FROM inbox WHERE subscription = %s AND event_id = ANY(%s::uuid[])"
_FORGET = "DELETE FROM inbox WHERE event_id = ANY(%s::uuid[])"
_COUNT_SEEN = """
    SELECT subscription, count(*) FROM inbox WHERE event_id = ANY(%s::uuid[]) GROUP BY 1 ORDER BY 1
"""
_SENT = "SELECT event_id FROM outbox WHERE mandatory AND sent_at IS NOT NULL"
_SEND_AGAIN = """
    UPDATE outbox SET sent_at = NULL, not_before = NULL WHERE event_id = ANY(%s::uuid[])
"""
_RECENT = "SELECT event_id FROM inbox WHERE seen_at >= %s"


@dataclass(slots=True)
class Settled:
    """What settling came to, or would.

    Attributes:
        sent_again: events that the outbox of a service sends again, by service.
        delivered: events put into a queue again, by queue.
        before: events that a queue has not seen and was not given, for they came before the first
            of their type that it has seen: by queue.
        withdrawn: events that their publisher does not know any more: id, type, subject and time;
            of one that only inboxes know, the id alone.
        seen: how many of those each subscription has seen.
        counted_anew: the subscriptions whose effects of them were taken back.
        logs_remembered: whether all that was ever published after the first events of the logs is
            remembered by the inboxes. Then what is lacking in a log is noticed, and effects may
            begin on a later day once events are withdrawn.
        not_settled: what remains for people, a line each.
    """

    sent_again: dict[str, int] = field(default_factory=dict)
    delivered: dict[str, int] = field(default_factory=dict)
    before: dict[str, int] = field(default_factory=dict)
    withdrawn: list[dict[str, Any]] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)
    counted_anew: list[str] = field(default_factory=list)
    logs_remembered: bool = True
    not_settled: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """As ``--json`` prints it."""
        return {name: getattr(self, name) for name in self.__slots__}


class Settling:
    """One comparison; ``compare`` looks, ``carry_out`` changes."""

    def __init__(self, amqp_uri: str, services: Iterable[str] | None = None) -> None:
        """Name the services whose databases there are; all of the city by default."""
        self.result = Settled()
        self._uri = amqp_uri
        self._services = list(services or catalogue.database_names())
        self._listeners = [
            each for each in catalogue.all_listeners() if each.service in self._services
        ]
        kept = timedelta(days=min(settings(each).inbox_keep_days for each in self._services))
        self._remembered = datetime.now(UTC) - kept + MARGIN
        self._send_again: dict[str, list[UUID]] = {}
        self._orphans: dict[str, set[UUID]] = {}
        self._missing: dict[str, set[str]] = {}

    def compare(self, say: Say = lambda line: None) -> Settled:
        """Find what differs; nothing is changed.

        Raises:
            BackupError: a database is not there.
            OSError, amqp.AMQPError: the broker was lost.
        """
        connections = {name: connect(name) for name in self._services}
        try:
            for connection in connections.values():
                connection.set_session(readonly=True, autocommit=True)
            publishers = [Publisher(name, connections[name]) for name in self._services]
            self._began = {each.queue: Unseen(each, connections) for each in self._listeners}
            for publisher in publishers:
                say(f"comparing what {publisher.service} has published with what was seen")
                self._compare_log(publisher, connections)
                self._compare_outbox(publisher)
            self._compare_inboxes(publishers, connections)
            every = [each for found in self._orphans.values() for each in found]
            for connection in connections.values():
                self.result.seen |= dict(ask(connection, _COUNT_SEEN, every))
        finally:
            for connection in connections.values():
                connection.close()
        for queue, began in self._began.items():
            self._missing[queue], before = began.missing()
            if self._missing[queue]:
                self.result.delivered[queue] = len(self._missing[queue])
            if before:
                self.result.before[queue] = before
        return self.result

    def carry_out(self, say: Say = lambda line: None) -> Settled:
        """Put right what ``compare`` has found.

        Raises:
            BackupError: events have to be withdrawn, and a service still reads its queues.
            NotTaken, OSError, amqp.AMQPError: the broker was lost; called again it goes on.
        """
        declare_all(self._uri, self._services)
        if any(self._orphans.values()):
            self._withdraw(say)
        for service, ids in self._send_again.items():
            with closing(connect(service)) as connection, connection, connection.cursor() as cursor:
                cursor.execute(_SEND_AGAIN, [ids])
        self._deliver(say)
        return self.result

    # -- looking -----------------------------------------------------------------------------------

    def _compare_log(
        self, publisher: Publisher, connections: dict[str, extensions.connection]
    ) -> None:
        orphans = self._orphans.setdefault(publisher.service, set())
        for batch in _batches(self._uri, publisher.service):
            if not publisher.in_log and batch:
                self.result.logs_remembered &= moment_of_event(batch[0][0]) >= self._remembered
            unknown = publisher.unknown(batch)
            for event, id_ in batch:
                if id_ in unknown and id_ not in orphans:
                    orphans.add(id_)
                    self.result.withdrawn.append(_told(event))
            left = [(event, id_) for event, id_ in batch if id_ not in unknown]
            for listener in self._listeners:
                wanted = [(event, id_) for event, id_ in left if event.type in listener.types]
                if wanted:
                    own = connections[listener.service]
                    ids = [id_ for _, id_ in wanted]
                    seen = which(own, _SEEN, listener.queue, ids)
                    self._began[listener.queue].take(wanted, seen)

    def _compare_outbox(self, publisher: Publisher) -> None:
        sent = {id_ for (id_,) in ask(publisher.connection, _SENT)}
        # What is sent and older than the limit is in the log as well; it is only not looked for.
        lost = [
            each
            for each in sent - publisher.in_log
            if (recorded_at(each) or datetime.max.replace(tzinfo=UTC)) >= publisher.knows_from
        ]
        if lost:
            self._send_again[publisher.service] = lost
            self.result.sent_again[publisher.service] = len(lost)

    def _compare_inboxes(
        self, publishers: list[Publisher], connections: dict[str, extensions.connection]
    ) -> None:
        """What was seen and is neither in a log nor in an outbox."""
        since = max(each.knows_from for each in publishers)
        found: set[UUID] = set()
        for connection in connections.values():
            ids = [id_ for (id_,) in ask(connection, _RECENT, since)]
            found |= {id_ for id_ in ids if (recorded_at(id_) or since - MARGIN) >= since}
        for publisher in publishers:
            found -= publisher.in_log
            found -= publisher.known(found)
        if found:
            self._orphans.setdefault("", set()).update(found)
            self.result.withdrawn += [{"id": str(each)} for each in sorted(found)]

    # -- changing ----------------------------------------------------------------------------------

    def _withdraw(self, say: Say) -> None:
        self._must_be_unread()
        every = {each for found in self._orphans.values() for each in found}
        for service, found in self._orphans.items():
            if service and found:
                say(f"making the event log of {service} anew, without {len(found)} events")
                remake_log(self._uri, service, found)
        # What waits in a queue may be one of them. All others that were not seen are delivered.
        with visit(self._uri) as channel:
            for listener in self._listeners:
                for queue in (*listener.retries, listener.queue):
                    channel.queue_purge(queue)
        for queue, count in self.result.seen.items():
            service = queue.partition(".")[0]
            if queue in RECOUNTED:
                with closing(connect(service)) as own, own, own.cursor() as cursor:
                    cursor.execute(_FORGET, [list(every)])
                self.result.counted_anew.append(queue)
            else:
                self.result.not_settled.append(
                    f"{queue} has seen {count} events that their publisher does not know any more: "
                    "what it made of them stays"
                )
        self.result.not_settled.append(
            f"{len(self.result.withdrawn)} events are withdrawn, for their publishers' databases "
            "are of an earlier moment: who acted then has to act again"
        )

    def _must_be_unread(self) -> None:
        with visit(self._uri) as channel:
            for listener in self._listeners:
                if channel.queue_declare(listener.queue, passive=True).consumer_count:
                    raise BackupError(
                        f"{len(self.result.withdrawn)} events have to be withdrawn and "
                        f"{listener.queue} is read: stop every process of the services first"
                    )

    def _deliver(self, say: Say) -> None:
        if not any(self._missing.values()):
            return
        say(f"delivering {sum(map(len, self._missing.values()))} events again")
        types = {kind for each in self._listeners for kind in each.types}
        with event_logs.sending(self._uri) as send:
            for service in sorted({kind.partition(".")[0] for kind in types}):
                for batch in _batches(self._uri, service):
                    for event, _ in batch:
                        for queue, ids in self._missing.items():
                            if event.id in ids:
                                ids.discard(event.id)
                                send(queue, event)


RECOUNTED: Final = {"kpi.measures": ("kpi", "rebuild")}
"""Subscriptions whose effects are made anew from the event logs, and the command that does it."""
FROM_LATER: Final = "--force"
"""Says to it that they may begin on a later day than before."""


def declare_all(amqp_uri: str, services: Iterable[str]) -> None:
    """Declare what the services publish to and read from, as they do at their start."""
    wanted = Topology()
    for service in services:
        catalogue.published(service)
        wanted += topology.publisher(service, settings(service))
    for each in catalogue.all_listeners():
        config = settings(each.service)
        wanted += topology.subscription(each.service, each.name, each.types, config)
    topology.declare(amqp_uri, wanted)


def remake_log(amqp_uri: str, service: str, without: set[UUID]) -> None:
    """Make a service's log anew without some of its events.

    A copy on disk is whole before the log is touched, and goes when the new one is. Interrupted
    between, ``finish_interrupted`` puts it back.
    """
    path = _folder() / f"{service}{_COPY}"
    new = path.with_suffix(".new")
    event_logs.write(amqp_uri, service, new)
    new.rename(path)
    kept = (event for event in event_logs.read(path) if uuid_of(event.id) not in without)
    event_logs.replace(amqp_uri, service, kept)
    path.unlink()


def finish_interrupted(amqp_uri: str) -> None:
    """Put logs back whole that were being made anew when it was interrupted."""
    for path in sorted(_folder().glob(f"*{_COPY}")):
        event_logs.replace(amqp_uri, path.name.removesuffix(_COPY), event_logs.read(path))
        path.unlink()


def _folder() -> Path:
    folder = var_directory() / "settling"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _batches(amqp_uri: str, service: str) -> Iterator[list[tuple[Event, UUID]]]:
    """A service's log, with the ids as the databases have them; none where there is no log.

    What another publisher has put there under an id that is none has had no effect anywhere.
    """
    try:
        for batch in event_log.read_now(amqp_uri, service):
            yield [(event, id_) for event in batch if (id_ := uuid_of(event.id)) is not None]
    except event_log.NoLog:
        return


def _told(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "type": event.type,
        "subject": event.subject,
        "time": event.time.isoformat(),
    }
