"""pika: publish one message, consume it, commit one upsert: the least that an event can take.

All in the caller's process and on one connection, so it knows of its own message at once.
"""

import time
from typing import Any

import orjson
import pika

from benchmarks.load import Message
from benchmarks.peers.effect import UPSERT, key

_STATEMENT = UPSERT.format("%s", "%s", "%s")


class RoundTrip:
    """One connection that publishes to a quorum queue of its own and consumes from it."""

    def __init__(self, uri: str, database: Any, queue: str) -> None:
        """Connect and consume; ``database`` is a psycopg2 connection that commits by itself."""
        self._connection = pika.BlockingConnection(pika.URLParameters(uri))
        self._channel = self._connection.channel()
        self._channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "quorum"})
        self._channel.basic_qos(prefetch_count=10)
        self._channel.basic_consume(queue, self._on_message)
        self._queue = queue
        self._cursor = database.cursor()
        self._seen = 0

    def once(self, message: Message) -> float:
        """Seconds from before the publish until after the commit."""
        properties = pika.BasicProperties(
            content_type="application/json", delivery_mode=2, message_id=message.id
        )
        goal = self._seen + 1
        body = message.body.encode()
        started = time.perf_counter()
        self._channel.basic_publish("", self._queue, body, properties)
        while self._seen < goal:
            self._connection.process_data_events(time_limit=1)
        return time.perf_counter() - started

    def rest(self) -> None:
        """Answer the broker's heartbeats."""
        self._connection.process_data_events()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _on_message(self, channel: Any, method: Any, _properties: Any, body: bytes) -> None:
        self._cursor.execute(_STATEMENT, key(orjson.loads(body)))
        channel.basic_ack(method.delivery_tag)
        self._seen += 1
