"""Where an event goes whose handling failed: delayed retries, then the dead letters.

A copy is published to the next queue and confirmed before the original is acknowledged. A crash
between the two leaves it in both places, which the inbox makes harmless. Body, properties and
headers are kept as they came; what the backbone adds are headers of its own.
"""

import contextlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import amqp
import kombu

from palika import metrics
from palika.subscribe.delivery import Delivery
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
# The broker lets nobody publish under another's user id, and a copy must not expire where it waits.
_NOT_COPIED = frozenset({"application_headers", "user_id", "expiration"})
_CONFIRM_TIMEOUT_S = 30.0


class NotTaken(OSError):
    """The broker did not confirm a copy; the original must not be acknowledged."""


class Failures:
    """Moves failed deliveries of one subscription on, over a connection of its own.

    The connection is opened at the first failure and kept; waiting for confirms on it never
    touches the subscription's deliveries.
    """

    def __init__(self, amqp_uri: str, queue: str, retry_delays_ms: Sequence[int]) -> None:
        self._connection = kombu.Connection(amqp_uri, connect_timeout=5)
        self._channel: amqp.Channel | None = None
        self._queue = queue
        self._delays = retry_delays_ms

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
        headers = dict(delivery.headers)
        attempt = attempts_of(headers) + 1
        headers |= {
            ATTEMPT: attempt,
            REASON: outcome.reason[:_REASON_LIMIT],
            EXCEPTION: error,
            FAILED_AT: datetime.now(UTC).isoformat(),
            QUEUE: self._queue,
        }
        again = isinstance(outcome, RetryLater) and attempt <= len(self._delays)
        if again:
            target = retry_queue_of(self._queue, self._delays[attempt - 1])
        else:
            target = dead_letters_of(self._queue)
        send(self._open(), target, delivery.body, delivery.properties, headers)
        if again:
            metrics.EVENTS_RETRIED.labels(subscription=self._queue).inc()
        else:
            kind = "refused" if isinstance(outcome, Refuse) else "exhausted"
            metrics.EVENTS_DEAD_LETTERED.labels(subscription=self._queue, reason=kind).inc()

    def close(self) -> None:
        """Close the connection; the next ``move`` opens another."""
        self._channel = None
        with contextlib.suppress(OSError, amqp.AMQPError):
            self._connection.close()

    def _open(self) -> amqp.Channel:
        if self._channel is None:
            self._connection.connect()
            self._channel = self._connection.channel()
        return self._channel


def attempts_of(headers: Mapping[str, Any]) -> int:
    """How often the event has been tried; 0 if its headers do not say so in earnest."""
    attempts = headers.get(ATTEMPT, 0)
    return attempts if isinstance(attempts, int) and attempts > 0 else 0


def send(
    channel: amqp.Channel,
    queue: str,
    body: bytes,
    properties: dict[str, Any],
    headers: dict[str, Any],
) -> None:
    """Publish to a queue by its name, persistent, and wait for the broker's confirm.

    Raises:
        NotTaken: refused, unroutable, or not confirmed in time.
    """
    kept = {key: value for key, value in properties.items() if key not in _NOT_COPIED}
    message = amqp.Message(body, **(kept | {"delivery_mode": 2, "application_headers": headers}))
    refused: list[str] = []
    channel.events["basic_return"] = {lambda *args: refused.append(str(args[0]))}
    try:
        channel.basic_publish_confirm(
            message, exchange="", routing_key=queue, mandatory=True, timeout=_CONFIRM_TIMEOUT_S
        )
    except (TimeoutError, amqp.exceptions.MessageNacked) as error:
        raise NotTaken(f"{queue}: the broker did not take the copy: {error!r}") from error
    if refused:
        raise NotTaken(f"{queue}: no such queue ({refused[0]})")
