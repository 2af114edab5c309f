"""Dead letters: looking at them, replaying them, discarding them.

They lie in ``<service>.<subscription>.dead`` as they came, with the backbone's headers beside
(:mod:`palika.subscribe.failures`). Looking takes them off the queue and puts them back; so that
nobody takes a queue for empty meanwhile, one looks at a time and the others wait. A replay
publishes to the subscription's own queue, sees it confirmed, and only then removes the dead
letter: interrupted in between, the event is there twice and takes effect once (inbox).
"""

import base64
import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import amqp
from amqp.exceptions import NotFound as AmqpNotFound
from amqp.exceptions import ResourceLocked

from palika.events import Event, MalformedEvent
from palika.subscribe.delivery import MalformedProperties
from palika.subscribe.failures import (
    EXCEPTION,
    FAILED_AT,
    OURS,
    REASON,
    attempts_of,
    knock,
    send,
    visit,
)
from palika.topology import NoSuchQueue, dead_letters_of

_DEATH_HEADERS = (
    "x-death",
    "x-first-death-exchange",
    "x-first-death-queue",
    "x-first-death-reason",
)
# So long one waits for another who is at the same dead letters.
_PATIENCE_S = 60.0
_LOOK_EVERY_S = 0.1


class Occupied(RuntimeError):
    """Somebody else is at the same dead letters, and does not come to an end."""


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
        """For ``--json``; the body only when asked for, since it may be long.

        One that is not UTF-8 has its bytes as escapes in ``body``, and whole in ``body_base64``.
        """
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
            shown["body"] = self.body.decode("utf-8", "backslashreplace")
            if shown["body"].encode() != self.body:
                # Escapes can be read; only this can be put together again.
                shown["body_base64"] = base64.b64encode(self.body).decode()
            shown["headers"] = {_text(key): _text(value) for key, value in self.headers.items()}
        return shown


def browse(amqp_uri: str, queue: str, limit: int = 1_000) -> list[DeadLetter]:
    """The dead letters of a subscription's queue, oldest first; they stay where they are.

    With a limit below their number it is any of them: a queue does not keep its order when more
    than some thirty are put back.

    Raises:
        NoSuchQueue: no subscription has that queue.
        Occupied: somebody else is at them.
    """
    with _taking(amqp_uri, queue, limit) as taken:
        return sorted((letter for _, letter, _ in taken), key=_moment)


def find(amqp_uri: str, queue: str, event_id: str) -> DeadLetter | None:
    """The oldest dead letter of that event, or None; it stays where it is.

    Raises:
        NoSuchQueue: no subscription has that queue.
        Occupied: somebody else is at them.
    """
    with _taking(amqp_uri, queue) as taken:
        return next((letter for _, letter, _ in taken if letter.event_id == event_id), None)


def replay(amqp_uri: str, queue: str, wanted: Callable[[DeadLetter], bool]) -> int:
    """Give the wanted dead letters back to their subscription, with their attempts counted anew.

    Returns:
        How many.

    Raises:
        NoSuchQueue: no subscription has that queue.
        Occupied: somebody else is at them.
        NotTaken: the broker did not take one; it and the rest are still dead letters.
    """
    count = 0
    with _taking(amqp_uri, queue) as taken:
        for channel, letter, message in taken:
            if not wanted(letter):
                continue
            if not count:
                knock(channel, queue)
            dropped = (*OURS, *_DEATH_HEADERS)
            headers = {k: v for k, v in letter.headers.items() if k not in dropped}
            try:
                send(channel, queue, letter.body, dict(message.properties), headers)
            except MalformedProperties:
                # Laid by the broker, as it came; the event itself may be as good as any.
                send(channel, queue, letter.body, {}, {})
            channel.basic_ack(message.delivery_tag)
            count += 1
    return count


def discard(amqp_uri: str, queue: str, wanted: Callable[[DeadLetter], bool]) -> int:
    """Delete the wanted dead letters for good.

    Returns:
        How many.

    Raises:
        NoSuchQueue: no subscription has that queue.
        Occupied: somebody else is at them.
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
    dead = dead_letters_of(queue)
    with visit(amqp_uri) as channel:
        try:
            channel.queue_declare(dead, passive=True)
        except AmqpNotFound as error:
            raise NoSuchQueue(f"there is no subscription with the queue {queue!r}") from error
        _wait_for_turn(channel.connection, dead)
        waiting = channel.queue_declare(dead, passive=True).message_count

        def take() -> Iterator[tuple[amqp.Channel, DeadLetter, amqp.Message]]:
            for _ in range(waiting if limit is None else min(waiting, limit)):
                message = channel.basic_get(dead)
                if message is None:
                    return
                yield channel, _letter(queue, message), message

        yield take()
        # Back in the queue before anybody else gets their turn.
        channel.basic_recover(requeue=True)


def _wait_for_turn(connection: amqp.Connection, dead: str) -> None:
    """Be the only one at these dead letters until the connection ends, however it ends.

    Raises:
        Occupied: it did not come to that.
    """
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            # The broker keeps an exclusive queue for one connection, and deletes it with it.
            connection.channel().queue_declare(f"{dead}.turn", exclusive=True)
        except ResourceLocked as error:
            if time.monotonic() > deadline:
                raise Occupied(
                    f"somebody else has been at {dead} for {_PATIENCE_S:.0f} s; try again later"
                ) from error
            time.sleep(_LOOK_EVERY_S)
        else:
            return


def _moment(letter: DeadLetter) -> str:
    """When it failed, as far as anybody knows."""
    event_time = letter.event.time.isoformat() if letter.event else ""
    return str(letter.failed_at or event_time)


def _letter(queue: str, message: amqp.Message) -> DeadLetter:
    headers = message.properties.get("application_headers") or {}
    # py-amqp gives text for an empty body, whatever auto_decode says.
    body = message.body.encode() if isinstance(message.body, str) else bytes(message.body)
    event: Event | None
    try:
        event = Event.from_json(body)
    except MalformedEvent:
        event = None
    failed_at = headers.get(FAILED_AT)
    return DeadLetter(
        queue=queue,
        event=event,
        event_id=event.id if event else f"body:{hashlib.sha256(body).hexdigest()[:16]}",
        attempts=int(attempts_of(headers)),
        reason=_text(headers.get(REASON) or _why_dead(headers.get("x-death"))),
        exception=_text(headers.get(EXCEPTION) or "dead-lettered by the broker"),
        failed_at=None if failed_at is None else _text(failed_at),
        body=body,
        headers=dict(headers),
    )


def _why_dead(deaths: Any) -> str:
    """The broker's reason, in what may be anybody's header."""
    latest = deaths[0] if isinstance(deaths, list | tuple) and deaths else None
    return _text(latest.get("reason", "unknown")) if isinstance(latest, Mapping) else "unknown"


def _text(value: Any) -> str:
    """A header's value to be shown: py-amqp lets halves of surrogate pairs through."""
    return str(value).encode("utf-8", "backslashreplace").decode()
