"""Where an event goes whose handling failed: delayed retries, then the dead letters.

A copy is published to the next queue and confirmed before the original is acknowledged. A crash
between the two leaves it in both places, which the inbox makes harmless. Body, properties and
headers are kept as they came; what the backbone adds are headers of its own. Only properties that
cannot be decoded, or not written again, are left out: then the copy says so, and is a dead letter.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

import amqp

from palika import broker_nodes, logs, metrics
from palika.subscribe.delivery import UNDECODABLE, Delivery, MalformedProperties, decode
from palika.subscribe.outcomes import Refuse, RetryLater
from palika.topology import dead_letters_of, retry_queue_of

ATTEMPT: Final = "x-palika-attempt"
"""How often the event has been tried, this time included."""
REASON: Final = "x-palika-reason"
"""What the last attempt said."""
EXCEPTION: Final = "x-palika-exception"
"""The class of the last error, or of the outcome."""
FAILED_AT: Final = "x-palika-failed-at"
"""When the last attempt failed, ISO 8601 UTC."""
QUEUE: Final = "x-palika-queue"
"""The subscription's queue; a replay goes there and nowhere else."""
OURS: Final = (ATTEMPT, REASON, EXCEPTION, FAILED_AT, QUEUE)

_REASON_LIMIT = 2_000
# More than any delays allow for; whoever claims more has come to the end.
_ATTEMPTS_MOST = 1_000_000
# The broker sends a copy to whatever queue these name; they are kept under names without a meaning.
_RENAMED = {"CC": "x-palika-cc", "BCC": "x-palika-bcc"}
# The broker lets nobody publish under another's user id, and a copy must not expire where it waits.
_NOT_COPIED = frozenset({"application_headers", "user_id", "expiration"})
# Whoever waits for it has deliveries in hand that nobody else can have meanwhile.
_CONFIRM_TIMEOUT_S = 8.0
_HEADER_FRAME = 2
_BEFORE_PROPERTIES = 12
_FRAME_OVERHEAD = 8


class NotTaken(OSError):
    """The broker did not confirm a copy; the original must not be acknowledged."""


class NoQueue(NotTaken):
    """There is no queue of that name: the topology has to be declared anew."""


class Failures:
    """Moves failed deliveries of one subscription on, over a connection of its own.

    The connection is opened at the first failure and kept; waiting for confirms on it never
    touches the subscription's deliveries.
    """

    def __init__(self, amqp_uri: str, queue: str, retry_delays_ms: Sequence[int]) -> None:
        self._connection = broker_nodes.connection(
            amqp_uri, transport_options={"on_blocked": _refuse_to_wait}
        )
        self._channel: amqp.Channel | None = None
        self._queue = queue
        self._delays = retry_delays_ms

    def knock(self) -> None:
        """Ask whether the broker takes messages now. To be asked before the first ``move``.

        A message that a blocked broker was given is not lost when its connection is: it reads it
        after the alarm, and the copy is there twice.

        Raises:
            NotTaken: it does not.
            OSError, amqp.AMQPError: it is not there.
        """
        knock(self._open(), self._queue)

    def move(self, delivery: Delivery, error: str, outcome: RetryLater | Refuse) -> None:
        """Publish a copy to the next retry queue or to the dead letters, and see it confirmed.

        Args:
            delivery: as it came.
            error: class of the error, for the header.
            outcome: with its reason.

        Raises:
            NotTaken: the broker refused it or did not confirm in time.
            OSError, amqp.AMQPError: the connection is lost.
        """
        try:
            again = self._publish(delivery.body, delivery.properties, error, outcome)
        except MalformedProperties as malformed:
            # How often it was tried is not known: it is a dead letter at once.
            outcome = Refuse(f"{malformed}; {outcome.reason}")
            again = self._publish(delivery.body, {}, MalformedProperties.__name__, outcome)
        if again:
            metrics.EVENTS_RETRIED.labels(subscription=self._queue).inc()
        else:
            kind = "refused" if isinstance(outcome, Refuse) else "exhausted"
            metrics.EVENTS_DEAD_LETTERED.labels(subscription=self._queue, reason=kind).inc()

    def _publish(
        self, body: bytes, properties: dict[str, Any], error: str, outcome: RetryLater | Refuse
    ) -> bool:
        """Whether the copy went to a retry queue."""
        headers = dict(properties.get("application_headers") or {})
        attempt = attempts_of(headers) + 1
        headers |= {
            ATTEMPT: attempt,
            REASON: logs.safe(outcome.reason)[:_REASON_LIMIT],
            EXCEPTION: error,
            FAILED_AT: datetime.now(UTC).isoformat(),
            QUEUE: self._queue,
        }
        again = isinstance(outcome, RetryLater) and attempt <= len(self._delays)
        if again:
            target = retry_queue_of(self._queue, self._delays[attempt - 1])
        else:
            target = dead_letters_of(self._queue)
        send(self._open(), target, body, properties, headers)
        return again

    def drop(self) -> None:
        """Drop the connection without a word, for a blocked broker would not answer to any; the
        next ``move`` opens another."""
        self._channel = None
        self._connection.collect()

    def _open(self) -> amqp.Channel:
        if self._channel is None:
            self._connection.connect()
            self._channel = self._connection.channel()
        return self._channel


def _refuse_to_wait(reason: str) -> None:
    raise NotTaken(f"the broker takes nothing now: {reason}")


def knock(channel: amqp.Channel, queue: str) -> None:
    """Publish what no queue wants, and see it confirmed: the broker takes messages.

    Raises:
        NotTaken: it is blocked, or does not answer in time.
    """
    try:
        channel.basic_publish_confirm(
            amqp.Message(b""),
            exchange="",
            routing_key=f"{queue}.knock",
            timeout=_CONFIRM_TIMEOUT_S,
        )
    except TimeoutError as error:
        raise NotTaken("the broker takes nothing now, or does not answer") from error


def attempts_of(headers: Mapping[str, Any]) -> int:
    """How often the event has been tried; 0 if its headers do not say so in earnest."""
    attempts = headers.get(ATTEMPT)
    if not isinstance(attempts, int) or isinstance(attempts, bool):
        return 0
    return min(max(attempts, 0), _ATTEMPTS_MOST)


def send(
    channel: amqp.Channel,
    queue: str,
    body: bytes,
    properties: dict[str, Any],
    headers: dict[str, Any],
) -> None:
    """Publish to a queue by its name, persistent, and wait for the broker's confirm.

    It goes to that queue and nowhere else, whatever its headers ask for.

    Raises:
        NotTaken: refused, unroutable, or not confirmed in time.
        MalformedProperties: what could be decoded cannot be written again.
    """
    kept = {key: value for key, value in properties.items() if key not in _NOT_COPIED}
    kept["application_headers"] = {_RENAMED.get(key, key): headers[key] for key in headers}
    message = amqp.Message(body, **(kept | {"delivery_mode": 2}))
    _check(message, channel.connection.frame_max)
    refused: list[str] = []
    channel.events["basic_return"] = {lambda *args: refused.append(str(args[0]))}
    try:
        channel.basic_publish_confirm(
            message, exchange="", routing_key=queue, mandatory=True, timeout=_CONFIRM_TIMEOUT_S
        )
    except (TimeoutError, amqp.exceptions.MessageNacked) as error:
        raise NotTaken(f"{queue}: the broker did not take the copy: {error!r}") from error
    if refused:
        raise NoQueue(f"{queue}: no such queue ({refused[0]})")


def _check(message: amqp.Message, frame_max: int) -> None:
    try:
        size = len(message._serialize_properties())
    except UNDECODABLE as error:
        why = f"{type(error).__name__}: {error}"
        raise MalformedProperties(f"properties that cannot be written again ({why})") from error
    if _FRAME_OVERHEAD + _BEFORE_PROPERTIES + size > frame_max:
        raise MalformedProperties(
            f"properties that are too long to be written again ({size} bytes)"
        )


@contextmanager
def visit(amqp_uri: str) -> Iterator[amqp.Channel]:
    """A channel for whoever looks into queues where anybody's messages may lie, as they came.

    Bodies stay bytes, whatever their content encoding claims; properties that cannot be decoded
    are no error. What was taken and not acknowledged goes back at the end.

    Raises:
        OSError, amqp.AMQPError: the broker is not there.
    """
    with broker_nodes.connection(amqp_uri) as connection:
        connection.connect()
        amqp_connection = connection.connection
        amqp_connection.on_inbound_frame = tolerant(amqp_connection.on_inbound_frame)
        channel = connection.channel()
        channel.auto_decode = False
        try:
            yield channel
        except NotTaken:
            # A blocked broker answers to nothing more; what was taken goes back all the same.
            connection.collect()
            raise


def tolerant(on_frame: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """py-amqp's way of reading frames, for whoever reads what we have not written.

    Instead of properties that cannot be decoded it sees headers that say so.
    """

    def read(frame: tuple[int, int, bytes]) -> Any:
        kind, channel, payload = frame
        if kind == _HEADER_FRAME:
            try:
                decode(bytes(payload[_BEFORE_PROPERTIES:]))
            except MalformedProperties as error:
                said = {EXCEPTION: type(error).__name__, REASON: str(error)}
                instead = amqp.Message(b"", application_headers=said)._serialize_properties()
                frame = (kind, channel, bytes(payload[:_BEFORE_PROPERTIES]) + instead)
        return on_frame(frame)

    return read
