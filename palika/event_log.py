"""Reading the past: every logged event of a service is in its stream, ``<service>.log``."""

import logging
import struct
from collections.abc import Iterator
from datetime import datetime

from amqp.exceptions import NotFound as AmqpNotFound

from palika.events import Event, MalformedEvent
from palika.subscribe.delivery import Delivery, MalformedProperties
from palika.subscribe.reader import Reader
from palika.topology import depths, log_of

_log = logging.getLogger(__name__)

_PREFETCH = 2_000
_OFFSET = "x-stream-offset"
# A log to which nothing is added has been read when nothing more comes: so long, not a single byte.
_QUIET_S = 1.0
_GLANCE_S = 0.001
# One of which the broker says that it is empty, and the rest of a chunk that has begun to come.
_EMPTY_S = 0.3
_REST_S = 0.1
_OFFSET_BYTES = struct.Struct(">q")
# As it stands in a table of headers: its name, and the mark of a 64-bit number.
_OFFSET_HEADER = b"\x0f" + _OFFSET.encode() + b"l"


class NoLog(LookupError):
    """The service has no event log on this broker."""


def read(
    amqp_uri: str,
    service: str,
    *,
    start: int | str | datetime = "first",
    upto: int | None = None,
    follow: bool = False,
) -> Iterator[list[Event]]:
    """Read a service's log, oldest first, in batches as the broker sends them.

    Args:
        start: an offset, ``"first"``, ``"next"`` (only what is new), or a moment (aware): then
            from the chunk that holds it, so a little earlier.
        upto: stop after this offset; None reads to where the log ends now, however it grows.
        follow: at the end, wait for more, for ever.

    The same event may be in the log twice (the relay promises at-least-once): dedupe by ``id``.
    A body that is no event, put there by somebody else's publisher, is logged and passed over.

    Raises:
        NoLog: there is no such stream.
        OSError, amqp.AMQPError: the connection was lost.
    """
    for batch in _batches(amqp_uri, service, start, follow=follow, upto=upto):
        yield list(_events(service, batch))


def read_now(amqp_uri: str, service: str) -> Iterator[list[Event]]:
    """As ``read``, of all that is in a service's log now; the end is known before, so that nobody
    waits to see whether more comes.

    Raises:
        NoLog: there is no such stream.
        OSError, amqp.AMQPError: the connection was lost.
    """
    newest = last_offset(amqp_uri, service)
    if newest is not None:
        yield from read(amqp_uri, service, upto=newest)


def last_offset(amqp_uri: str, service: str) -> int | None:
    """The place of the newest event in a service's log; None: it is empty.

    Raises:
        NoLog: there is no such stream.
        OSError, amqp.AMQPError: the connection was lost.
    """
    log = log_of(service)
    waiting = depths(amqp_uri, [log])[log]
    reader = Reader(amqp_uri, log, _PREFETCH, {_OFFSET: "last"})
    try:
        _connect(reader, service)
        newest = None
        # Where there is something, the last chunk comes at once, and whole.
        patience_s = _QUIET_S if waiting else _EMPTY_S
        while reader.read(patience_s) or reader.deliveries:
            if reader.deliveries:
                newest = offset_of(reader.deliveries[-1])
                reader.ack(reader.deliveries[-1])
                reader.deliveries.clear()
                patience_s = _REST_S
        return newest
    finally:
        reader.close()


def offset_of(delivery: Delivery) -> int:
    """The place of a delivery in its stream."""
    try:
        return int(delivery.headers[_OFFSET])
    except MalformedProperties:
        # The broker's own header stands among whatever a foreign publisher has written.
        raw = delivery.raw_properties
        (offset,) = _OFFSET_BYTES.unpack_from(raw, raw.index(_OFFSET_HEADER) + len(_OFFSET_HEADER))
        return int(offset)


def _events(service: str, batch: list[Delivery]) -> Iterator[Event]:
    for delivery in batch:
        try:
            yield Event.from_json(delivery.body)
        except MalformedEvent as error:
            _log.warning("%s: offset %d: %s", log_of(service), offset_of(delivery), error)


def _batches(
    amqp_uri: str,
    service: str,
    start: int | str | datetime,
    *,
    follow: bool,
    upto: int | None = None,
) -> Iterator[list[Delivery]]:
    end = _End(amqp_uri, service, upto)
    reader = Reader(amqp_uri, log_of(service), _PREFETCH, {_OFFSET: start})
    try:
        if not follow and upto is None:
            end.watch()
        _connect(reader, service)
        while True:
            came = reader.read(_QUIET_S)
            if not reader.deliveries:
                # Some bytes of the next event are not the end of the log.
                if follow or came or end.is_behind():
                    continue
                return
            batch = list(reader.deliveries)
            reader.deliveries.clear()
            reader.ack(batch[-1])
            last = end.offset()
            if last is not None and offset_of(batch[-1]) >= last:
                if rest := [delivery for delivery in batch if offset_of(delivery) <= last]:
                    yield rest
                return
            yield batch
    finally:
        reader.close()
        end.close()


class _End:
    """Where a log ended when reading began, although it goes on growing.

    A second consumer waits for what is new: the first that comes to it lies behind the end. Until
    then nothing has come since, and a log that is quiet has been read.
    """

    def __init__(self, amqp_uri: str, service: str, upto: int | None) -> None:
        self._service = service
        self._upto = upto
        self._reader = Reader(amqp_uri, log_of(service), 1, {_OFFSET: "next"})
        self._watching = False

    def watch(self) -> None:
        """From now on, whatever comes is behind the end."""
        _connect(self._reader, self._service)
        self._watching = True

    def offset(self) -> int | None:
        """The last offset to read; None while it is not known, for nothing new has come."""
        if self._watching and self._upto is None:
            self._reader.read(_GLANCE_S)
            if self._reader.deliveries:
                self._upto = offset_of(self._reader.deliveries[0]) - 1
        return self._upto

    def is_behind(self) -> bool:
        """Whether something has come since: then all up to the end will come, too."""
        return self._watching and self.offset() is not None

    def close(self) -> None:
        """Watch no more."""
        if self._watching:
            self._reader.close()


def _connect(reader: Reader, service: str) -> None:
    try:
        reader.connect()
    except AmqpNotFound as error:
        reader.close()
        raise NoLog(f"{service} has no event log on this broker: has it ever run?") from error
