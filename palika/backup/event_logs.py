"""The event logs as files: a line of JSON an event, oldest first, compressed; and back.

A log is put back into its stream alone, by the stream's own name: no subscription gets what it
has had. The broker's confirms are counted by hundreds, since an event a round trip would make
hours of a long log.
"""

import gzip
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import amqp

from palika import catalogue, event_log, topology
from palika.backup.folder import BackupError
from palika.config import settings
from palika.events import CONTENT_TYPE, Event
from palika.subscribe.failures import NotTaken, visit
from palika.topology import log_of

_UNCONFIRMED = 500
_CONFIRMED_WITHIN_S = 30.0
_QUICK = 3


def write(
    amqp_uri: str,
    service: str,
    path: Path,
    keep: Callable[[list[Event]], list[Event]] = lambda events: events,
) -> int | None:
    """Write a service's log, as far as it goes now, into a file.

    Args:
        amqp_uri: the broker.
        service: whose log.
        path: the file.
        keep: of each batch, what is to be written.

    Returns:
        How many events were written; None: there is no log.
    """
    count = 0
    try:
        with gzip.open(path, "wt", compresslevel=_QUICK, encoding="utf-8") as file:
            for batch in event_log.read_now(amqp_uri, service):
                kept = keep(batch)
                file.writelines(f"{event.to_json()}\n" for event in kept)
                count += len(kept)
    except event_log.NoLog:
        path.unlink()
        return None
    return count


def read(path: Path) -> Iterator[Event]:
    """The events of such a file.

    Raises:
        BackupError: it is no such file.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                yield Event.from_json(line)
    except (OSError, EOFError, ValueError) as error:
        raise BackupError(f"{path} is damaged: {error}") from error


def goes_on(amqp_uri: str, service: str, path: Path, count: int) -> bool:
    """Whether a service's log on the broker is the one of such a file, perhaps with more behind.

    It begins with the same event, and is no shorter than it was. Of a file without events there is
    nothing to put back where the broker has no log, or an empty one.
    """
    try:
        ends = event_log.last_offset(amqp_uri, service)
    except event_log.NoLog:
        ends = None
    if ends is None or ends + 1 < count:
        return ends is None and not count
    first = next((event.id for event in read(path)), None)
    begins = next(event_log.read(amqp_uri, service, upto=ends), [])
    return (begins[0].id if begins else None) == first


def replace(amqp_uri: str, service: str, events: Iterable[Event]) -> int:
    """Make a service's log anew, of these events; how many it has now.

    Called again when it was interrupted: the log is deleted first.

    Raises:
        NotTaken, OSError, amqp.AMQPError: the broker was lost, or takes nothing.
    """
    log = log_of(service)
    with visit(amqp_uri) as channel:
        channel.queue_delete(log)
    catalogue.published(service)  # So that the log is bound to all that is published.
    topology.declare(amqp_uri, topology.publisher(service, settings(service)))
    with sending(amqp_uri) as send:
        return sum(send(log, event) for event in events)


@contextmanager
def sending(amqp_uri: str) -> Iterator[Callable[[str, Event], int]]:
    """Gives a function that puts an event into a queue (and 1); at the end all are confirmed.

    Raises:
        NotTaken: the broker did not take one, or there is no such queue.
        OSError, amqp.AMQPError: it was lost.
    """
    with visit(amqp_uri) as channel:
        confirms = _Confirms(channel)

        def send(queue: str, event: Event) -> int:
            message = amqp.Message(
                event.to_json().encode(),
                content_type=CONTENT_TYPE,
                content_encoding="utf-8",
                delivery_mode=2,
                message_id=event.id,
            )
            channel.basic_publish(message, exchange="", routing_key=queue, mandatory=True)
            confirms.sent(queue)
            return 1

        yield send
        confirms.settle()


class _Confirms:
    """Which of a channel's messages the broker has not confirmed yet."""

    def __init__(self, channel: amqp.Channel) -> None:
        self._channel = channel
        self._count = 0
        self._waiting: set[int] = set()
        self._refused: list[str] = []
        self._queue = ""
        channel.confirm_select()
        channel.events["basic_ack"].add(self._on_ack)
        channel.events["basic_nack"].add(self._on_nack)
        channel.events["basic_return"] = {lambda *args: self._refused.append(str(args[0]))}

    def sent(self, queue: str) -> None:
        """One more was sent; now and then those before are waited for."""
        self._count += 1
        self._queue = queue
        self._waiting.add(self._count)
        if len(self._waiting) >= _UNCONFIRMED:
            self.settle()

    def settle(self) -> None:
        """Wait until all are confirmed.

        Raises:
            NotTaken: one was refused, or no confirm comes.
        """
        while self._waiting and not self._refused:
            try:
                self._channel.connection.drain_events(timeout=_CONFIRMED_WITHIN_S)
            except TimeoutError as error:
                raise NotTaken(f"{self._queue}: the broker confirms nothing") from error
        if self._refused:
            raise NotTaken(f"{self._queue}: the broker did not take an event: {self._refused[0]}")

    def _on_ack(self, tag: int, multiple: bool) -> None:
        if multiple:
            self._waiting = {each for each in self._waiting if each > tag}
        else:
            self._waiting.discard(tag)

    def _on_nack(self, tag: int, multiple: bool) -> None:
        self._refused.append(f"number {tag} was refused")
