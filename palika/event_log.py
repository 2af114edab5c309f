"""Reading the past: every logged event of a service is in its stream, ``<service>.log``."""

import logging
from collections.abc import Iterator
from datetime import datetime

from amqp.exceptions import NotFound as AmqpNotFound

from palika.events import Event, MalformedEvent
from palika.subscribe.delivery import Delivery
from palika.subscribe.reader import Reader
from palika.topology import log_of

_log = logging.getLogger(__name__)

_PREFETCH = 2_000
_OFFSET = "x-stream-offset"
# The end of a log is told by nothing more coming: for so long, not a single byte.
_QUIET_S = 1.0


class NoLog(LookupError):
    """The service has no event log on this broker."""


def last_offset(amqp_uri: str, service: str) -> int | None:
    """The offset of the newest event in a service's log; None if the log is empty.

    Raises:
        NoLog: there is no such stream.
        OSError, amqp.AMQPError: the broker is not reachable.
    """
    # "last" starts at the last chunk written, whose last message is the newest.
    newest: int | None = None
    for batch in _batches(amqp_uri, service, "last", follow=False):
        newest = offset_of(batch[-1])
    return newest


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
        upto: stop after this offset; None reads to the present end.
        follow: at the end, wait for more, for ever.

    The same event may be in the log twice (the relay promises at-least-once): dedupe by ``id``.
    A body that is no event, put there by somebody else's publisher, is logged and passed over.

    Raises:
        NoLog: there is no such stream.
        OSError, amqp.AMQPError: the connection was lost.
    """
    for batch in _batches(amqp_uri, service, start, follow=follow, upto=upto):
        yield list(_events(service, batch))


def offset_of(delivery: Delivery) -> int:
    """The place of a delivery in its stream."""
    return int(delivery.headers[_OFFSET])


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
    reader = Reader(amqp_uri, log_of(service), _PREFETCH, {_OFFSET: start})
    try:
        reader.connect()
    except AmqpNotFound as error:
        reader.close()
        raise NoLog(f"{service} has no event log on this broker: has it ever run?") from error
    try:
        while True:
            came = reader.read(_QUIET_S)
            if not reader.deliveries:
                # Some bytes of the next event are not the end of the log.
                if follow or came:
                    continue
                return
            batch = list(reader.deliveries)
            reader.deliveries.clear()
            reader.ack(batch[-1])
            last = offset_of(batch[-1])
            if upto is not None and last >= upto:
                yield [delivery for delivery in batch if offset_of(delivery) <= upto]
                return
            yield batch
    finally:
        reader.close()
