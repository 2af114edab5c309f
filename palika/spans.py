"""What spans are called and carry: OpenTelemetry's semantic conventions, as far as the city's go.

Source: the semantic conventions for HTTP, RPC, messaging and RabbitMQ, version 1.45
(https://opentelemetry.io/docs/specs/semconv/). They may say ids of events, names of methods, routes
and queues, and statuses: never a path or a query (a link may let in whoever has it), an argument, a
subject or the text of an error. Attributes of our own begin with ``palika.``.
"""

from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from palika import tracing
from palika.events import TypeName
from palika.tracing import Attributes

RPC_SYSTEM: Final = "nameko"
_RABBITMQ: Final = {"messaging.system": "rabbitmq"}
LINKS_MOST: Final = 128
"""Links of one span; OpenTelemetry's own limit."""


@lru_cache(maxsize=1_024)
def rpc(method: str) -> Attributes:
    """Of a call of ``grievance.file``, on both sides."""
    return {"rpc.system.name": RPC_SYSTEM, "rpc.method": method}


def http_request(method: str, route: str | None, scheme: str) -> Attributes:
    """Of a request that is answered here; ``route`` is a pattern, never the path."""
    known: dict[str, str] = {"http.request.method": method, "url.scheme": scheme}
    return known | {"http.route": route} if route else known


def http_asked(method: str, url: str) -> Attributes:
    """Of a request to somebody else's server: which one, and nothing else of the URL."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return {
        "http.request.method": method,
        "server.address": parts.hostname or "",
        "server.port": port,
    }


@lru_cache(maxsize=4_096)
def destination(kind: str, queue: str = "") -> str:
    """Where events of a type go, ``grievance.events:filed``; for who reads, the queue as well."""
    name = TypeName.parse(kind)
    return ":".join(filter(None, (name.exchange, name.routing_key, queue)))


def create(parent: str | None, kind: str, event_id: str) -> tracing.Live | None:
    """An event on its way into the outbox; what comes of it hangs under this span."""
    to = destination(kind)
    return tracing.start(
        parent, f"create {to}", "producer", _message("create", "create", to, event_id, kind)
    )


def publish(
    parent: str,
    kind: str,
    event_id: str,
    *,
    started_ns: int,
    ended_ns: int,
    together: int,
    error_type: str | None,
) -> None:
    """An event that the relay has given to the broker, until its answer."""
    to = destination(kind)
    tracing.record(
        parent,
        f"publish {to}",
        # The context in the message is that of its making: this one only carries it.
        "client",
        {**_message("publish", "send", to, event_id, kind), "palika.batch.events": together},
        started_ns=started_ns,
        ended_ns=ended_ns,
        error_type=error_type,
    )


def process(kind: str, event_id: str, queue: str) -> tuple[str, Attributes]:
    """Name and attributes of an event in a subscription's handler."""
    to = destination(kind, queue)
    return f"process {to}", _message("process", "process", to, event_id, kind)


def process_batch(queue: str, count: int) -> tuple[str, Attributes]:
    """Name and attributes of several events that a handler is given together."""
    return f"process {queue}", {
        **_RABBITMQ,
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": queue,
        "messaging.batch.message_count": count,
    }


def _message(name: str, operation: str, to: str, event_id: str, kind: str) -> Attributes:
    return {
        **_RABBITMQ,
        "messaging.operation.name": name,
        "messaging.operation.type": operation,
        "messaging.destination.name": to,
        "messaging.rabbitmq.destination.routing_key": TypeName.parse(kind).routing_key,
        "messaging.message.id": event_id,
        "cloudevents.event_type": kind,
    }
