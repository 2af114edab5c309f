"""Dead letters: looking at them, replaying them, discarding them.

They lie in ``<service>.<subscription>.dead`` as they came, with the backbone's headers beside
(:mod:`palika.subscribe.failures`). Looking takes them off the queue and puts them back. A replay
publishes to the subscription's own queue, sees it confirmed, and only then removes the dead
letter: interrupted in between, the event is there twice and takes effect once (inbox).
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import amqp
import kombu
from amqp.exceptions import NotFound as AmqpNotFound

from palika.events import Event, MalformedEvent
from palika.subscribe.failures import (
    EXCEPTION,
    FAILED_AT,
    OURS,
    REASON,
    attempts_of,
    send,
)
from palika.topology import dead_letters_of

_DEATH_HEADERS = (
    "x-death",
    "x-first-death-exchange",
    "x-first-death-queue",
    "x-first-death-reason",
)


class NoSuchQueue(LookupError):
    """The broker has no dead-letter queue of that name."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One dead letter.

    Attributes:
        queue: the subscription's queue that it failed in.
        event: None when the body is not an event at all.
        event_id: the event's id, or ``body:`` and a digest of a body that is none.
        attempts: how often it was tried.
        reason: the last error's text, or the broker's (``delivery_limit``).
        exception: class of the last error.
        failed_at: ISO 8601, UTC, or None where the broker dead-lettered it.
    """

    queue: str
    event: Event | None
    event_id: str
    attempts: int
    reason: str
    exception: str
    failed_at: str | None
    body: bytes
    headers: dict[str, Any]

    def to_dict(self, *, with_body: bool = False) -> dict[str, Any]:
        """For ``--json``; the body only when asked for, since it may be long."""
        shown: dict[str, Any] = {
            "queue": self.queue,
            "event_id": self.event_id,
            "type": self.event.type if self.event else None,
            "subject": self.event.subject if self.event else None,
            "attempts": self.attempts,
            "reason": self.reason,
            "exception": self.exception,
            "failed_at": self.failed_at,
        }
        if with_body:
            shown["body"] = self.body.decode("utf-8", "replace")
            shown["headers"] = {key: str(value) for key, value in self.headers.items()}
        return shown


def browse(amqp_uri: str, queue: str, limit: int = 1_000) -> list[DeadLetter]:
    """The dead letters of a subscription's queue, oldest first; they stay where they are.

    Raises:
        NoSuchQueue: no subscription has that queue.
    """
    with _taking(amqp_uri, queue, limit) as taken:
        return [letter for _, letter, _ in taken]


def replay(amqp_uri: str, queue: str, wanted: Callable[[DeadLetter], bool]) -> int:
    """Give the wanted dead letters back to their subscription, with their attempts counted anew.

    Returns:
        How many.

    Raises:
        NoSuchQueue: no subscription has that queue.
        NotTaken: the broker did not take one; it and the rest are still dead letters.
    """
    count = 0
    with _taking(amqp_uri, queue) as taken:
        for channel, letter, message in taken:
            if not wanted(letter):
                continue
            dropped = (*OURS, *_DEATH_HEADERS)
            headers = {k: v for k, v in letter.headers.items() if k not in dropped}
            send(channel, queue, letter.body, dict(message.properties), headers)
            channel.basic_ack(message.delivery_tag)
            count += 1
    return count


def discard(amqp_uri: str, queue: str, wanted: Callable[[DeadLetter], bool]) -> int:
    """Delete the wanted dead letters for good.

    Returns:
        How many.

    Raises:
        NoSuchQueue: no subscription has that queue.
    """
    count = 0
    with _taking(amqp_uri, queue) as taken:
        for channel, letter, message in taken:
            if wanted(letter):
                channel.basic_ack(message.delivery_tag)
                count += 1
    return count


@contextmanager
def _taking(
    amqp_uri: str, queue: str, limit: int | None = None
) -> Iterator[Iterator[tuple[amqp.Channel, DeadLetter, amqp.Message]]]:
    """Take dead letters one by one; those that are not acknowledged go back at the end."""
    with kombu.Connection(amqp_uri, connect_timeout=5) as connection:
        channel = connection.channel()
        # Bodies are kept as bytes, whatever their content encoding claims.
        channel.auto_decode = False
        try:
            waiting = channel.queue_declare(dead_letters_of(queue), passive=True).message_count
        except AmqpNotFound as error:
            raise NoSuchQueue(f"there is no subscription with the queue {queue!r}") from error

        def take() -> Iterator[tuple[amqp.Channel, DeadLetter, amqp.Message]]:
            for _ in range(waiting if limit is None else min(waiting, limit)):
                message = channel.basic_get(dead_letters_of(queue))
                if message is None:
                    return
                yield channel, _letter(queue, message), message

        yield take()


def _letter(queue: str, message: amqp.Message) -> DeadLetter:
    headers = message.properties.get("application_headers") or {}
    # py-amqp gives text for an empty body, whatever auto_decode says.
    body = message.body.encode() if isinstance(message.body, str) else bytes(message.body)
    event: Event | None
    try:
        event = Event.from_json(body)
    except MalformedEvent:
        event = None
    deaths = headers.get("x-death") or [{}]
    return DeadLetter(
        queue=queue,
        event=event,
        event_id=event.id if event else f"body:{hashlib.sha256(body).hexdigest()[:16]}",
        attempts=attempts_of(headers),
        reason=str(headers.get(REASON) or deaths[0].get("reason", "unknown")),
        exception=str(headers.get(EXCEPTION) or "dead-lettered by the broker"),
        failed_at=headers.get(FAILED_AT),
        body=body,
        headers=dict(headers),
    )
