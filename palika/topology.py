"""What the broker holds, declared by the code at start; declaring it again changes nothing.

For a service ``S``:

``S.events``
    durable topic exchange, its name and routing keys as Nameko has them.
``S.log``
    stream (``x-queue-type: stream``) with every logged event of the service: the past, to replay.

For its subscription ``S.N`` (a quorum queue, bound to the exchanges of what it listens to):

``S.N.retry.<ms>``
    one quorum queue a delay; what has waited there goes back to ``S.N`` by dead-lettering.
``S.N.dead``
    what was refused or has failed to the end, kept as it came.

All dead-lettering is at-least-once. Delivery limits are set explicitly: their default depends on
the broker's version.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import kombu
from amqp.exceptions import NotFound as AmqpNotFound
from amqp.exceptions import PreconditionFailed

from palika import amqps
from palika.config import Settings
from palika.events import HEARTBEAT, TypeName, registered_types

amqps.check_names()

# RabbitMQ 3.10 writes the name of a new quorum queue to disk within half a second;
# a node killed before that forgets the queue and the messages that it has confirmed.
_DURABLE_AFTER_S = 1.0
# A broker that says nothing for so long is away. New quorum queues on a busy one take seconds.
_ANSWERS_WITHIN_S = 15.0
# On a queue that is read by being put back, every look counts as a delivery.
_NEVER = 1_000_000_000


class TopologyMismatch(RuntimeError):
    """The broker has an object of that name with other properties; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Queue:
    """A durable queue, its arguments, and the (exchange, routing key) pairs bound to it."""

    name: str
    arguments: dict[str, Any]
    bindings: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Topology:
    """A set of exchanges and queues, to be declared together."""

    exchanges: tuple[str, ...] = ()
    queues: tuple[Queue, ...] = field(default=())

    def __add__(self, other: "Topology") -> "Topology":
        exchanges = tuple(dict.fromkeys(self.exchanges + other.exchanges))
        return Topology(exchanges, self.queues + other.queues)


def exchange_of(service: str) -> str:
    """The exchange on which a service publishes."""
    return f"{service}.events"


def log_of(service: str) -> str:
    """The stream that keeps a service's events."""
    return f"{service}.log"


def queue_of(service: str, subscription: str) -> str:
    """The queue of a subscription."""
    return f"{service}.{subscription}"


def dead_letters_of(queue: str) -> str:
    """Where a subscription's failed events are kept."""
    return f"{queue}.dead"


def retry_queue_of(queue: str, delay_ms: int) -> str:
    """Where an event waits ``delay_ms`` milliseconds for its next attempt."""
    return f"{queue}.retry.{delay_ms}"


def publisher(service: str, config: Settings) -> Topology:
    """What a publishing service needs: its exchange, and its log bound to each type it logs."""
    exchange = exchange_of(service)
    log = Queue(
        log_of(service),
        {
            "x-queue-type": "stream",
            "x-max-length-bytes": config.event_log_max_bytes,
            "x-stream-max-segment-size-bytes": 100_000_000,
        },
        tuple(
            (exchange, kind.name.routing_key) for kind in registered_types(service) if kind.logged
        ),
    )
    return Topology((exchange,), (log,))


def subscription(
    service: str, name: str, types: Iterable[str], config: Settings, *, heartbeats: bool = True
) -> Topology:
    """What one subscription needs.

    Args:
        service: the subscribing service.
        name: the subscription's name within it.
        types: event types it listens to (``grievance.filed.v1``).
        config: delays and delivery limit.
        heartbeats: also take the heartbeat of every service listened to.
    """
    names = [TypeName.parse(kind) for kind in types]
    sources = sorted({kind.service for kind in names})
    bindings = [(kind.exchange, kind.routing_key) for kind in names]
    if heartbeats:
        bindings += [(exchange_of(source), HEARTBEAT) for source in sources]
    queue = queue_of(service, name)
    dead = dead_letters_of(queue)
    main = Queue(
        queue,
        _quorum(dead_letters_to=dead) | {"x-delivery-limit": config.delivery_limit},
        tuple(bindings),
    )
    waiting = [
        Queue(
            retry_queue_of(queue, delay),
            _quorum(dead_letters_to=queue) | {"x-message-ttl": delay, "x-delivery-limit": _NEVER},
        )
        for delay in config.retry_delays_ms
    ]
    kept = Queue(dead, {"x-queue-type": "quorum", "x-delivery-limit": _NEVER})
    return Topology(tuple(exchange_of(source) for source in sources), (kept, *waiting, main))


def _quorum(dead_letters_to: str) -> dict[str, Any]:
    return {
        "x-queue-type": "quorum",
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": dead_letters_to,
        "x-dead-letter-strategy": "at-least-once",
        # At-least-once dead-lettering is allowed with this overflow behaviour only.
        "x-overflow": "reject-publish",
    }


def declare(amqp_uri: str, topology: Topology) -> None:
    """Declare everything in ``topology``; what is there already, unchanged, stays as it is.

    Raises:
        TopologyMismatch: an exchange or queue exists with other properties.
        OSError, amqp.AMQPError: the broker is not reachable.
    """
    with _connected(amqp_uri) as connection:
        for exchange in topology.exchanges:
            _declare_exchange(connection, exchange)
        created = [_declare_queue(connection, queue) for queue in topology.queues]
        if any(created):
            # No event may come into a queue that is not yet safe on disk.
            time.sleep(_DURABLE_AFTER_S)
        channel = connection.channel()
        for queue in topology.queues:
            for exchange, key in queue.bindings:
                channel.queue_bind(queue.name, exchange, key)


@contextmanager
def _connected(amqp_uri: str) -> Iterator[kombu.Connection]:
    with kombu.Connection(amqp_uri, connect_timeout=5) as connection:
        connection.connect()
        # The socket's own: kombu's read_timeout does nothing to eventlet's sockets.
        connection.connection.sock.settimeout(_ANSWERS_WITHIN_S)
        yield connection


def _declare_exchange(connection: kombu.Connection, exchange: str) -> None:
    channel = connection.channel()
    try:
        channel.exchange_declare(exchange, "topic", durable=True, auto_delete=False)
    except PreconditionFailed as error:
        raise TopologyMismatch(
            f"exchange {exchange!r} exists with other properties ({error.message}). Stop every "
            f"service, delete it (rabbitmqctl eval or the management page) and start again"
        ) from error
    else:
        channel.close()


def _declare_queue(connection: kombu.Connection, queue: Queue) -> bool:
    """Declare a queue; whether it was not there before."""
    created = depth(connection, queue.name) is None
    channel = connection.channel()
    try:
        channel.queue_declare(
            queue.name, durable=True, auto_delete=False, arguments=queue.arguments
        )
    except PreconditionFailed as error:
        raise TopologyMismatch(
            f"queue {queue.name!r} exists with other arguments ({error.message}). Stop its "
            f"service's processes (palika down), call `palika queues renew {queue.name}` with the "
            f"new setting, and start again; to keep the old one, restore the setting that changed"
        ) from error
    else:
        channel.close()
    return created


def depths(amqp_uri: str, queues: Iterable[str]) -> dict[str, int | None]:
    """How many messages wait in each queue, ready ones only; None where there is no such queue."""
    with _connected(amqp_uri) as connection:
        return {name: depth(connection, name) for name in queues}


class NoSuchQueue(LookupError):
    """The broker has no queue of that name."""


def depth(connection: kombu.Connection, queue: str) -> int | None:
    """As ``depths``, of one queue, on a connection that is open."""
    channel = connection.channel()
    try:
        depth: int = channel.queue_declare(queue, passive=True).message_count
    except AmqpNotFound:
        return None
    channel.close()
    return depth
