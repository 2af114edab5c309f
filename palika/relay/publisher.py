"""Asynchronous, confirmed publishing over one pika connection, in a thread of its own."""

import logging
import random
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import amqp
import pika
from pika.adapters.select_connection import SelectConnection
from pika.channel import Channel
from pika.spec import Basic, BasicProperties

from palika import metrics
from palika.relay.frames import Outgoing, publish_frames
from palika.topology import TopologyMismatch

_log = logging.getLogger(__name__)

_BACKOFF_FIRST_S = 0.1
_BACKOFF_LAST_S = 10.0


@dataclass(slots=True)
class Batch:
    """Rows handed to the publisher together, and what became of them.

    ``wait`` returns when the broker has answered for every row or the connection was lost;
    ``lost`` tells which. ``refused`` has a reason for each row that was returned or nacked.
    """

    rows: Sequence[Outgoing]
    pending: int = 0
    lost: bool = False
    refused: dict[int, str] = field(default_factory=dict)
    _settled: threading.Event = field(default_factory=threading.Event)

    def wait(self, timeout_s: float) -> bool:
        """True when settled within ``timeout_s`` seconds."""
        return self._settled.wait(timeout_s)

    def settle(self, *, lost: bool) -> None:
        """Say that no more answers will come for this batch."""
        self.lost = lost
        self._settled.set()


class Publisher:
    """A connection that reconnects by itself, with backoff and jitter.

    ``publish`` may be called from any thread while ``available``; batches in flight when the
    connection goes are settled as lost.
    """

    def __init__(self, amqp_uri: str, before_connect: Callable[[], None]) -> None:
        """Prepare; nothing is connected before ``start``.

        Args:
            amqp_uri: the broker.
            before_connect: run before each attempt; declares the topology. What it raises counts
                as a failed attempt.
        """
        self._parameters = pika.URLParameters(amqp_uri)
        self._before_connect = before_connect
        self._stop = threading.Event()
        self._open = threading.Event()
        self._was_open = False
        self._blocked = False
        self._connection: SelectConnection | None = None
        self._channel: Channel | None = None
        self._next_tag = 1
        self._oldest_tag = 1
        self._unconfirmed: dict[int, tuple[Batch, Outgoing]] = {}
        self._in_flight: dict[int, Batch] = {}
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)

    def start(self) -> None:
        """Connect, in the background."""
        self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Close the connection; batches in flight are settled as lost."""
        self._stop.set()
        self._close()
        self._thread.join(timeout_s)

    @property
    def available(self) -> bool:
        """Connected, with an open channel, and not blocked by an alarm of the broker."""
        return self._open.is_set() and not self._blocked

    @property
    def state(self) -> str:
        """For humans: ``connected``, ``blocked by the broker's alarm`` or ``not connected``."""
        if not self._open.is_set():
            return "not connected to the broker"
        return "blocked by the broker's alarm" if self._blocked else "connected"

    def wait_available(self, timeout_s: float) -> bool:
        """Wait until a publish makes sense; False when it still does not."""
        return self._open.wait(timeout_s) and not self._blocked

    def publish(self, batch: Batch) -> None:
        """Hand a batch over; ``batch.wait`` tells when it is settled."""
        connection = self._connection
        if connection is None or not self._open.is_set():
            batch.settle(lost=True)
            return
        connection.ioloop.add_callback_threadsafe(lambda: self._send(batch))

    def reset(self) -> None:
        """Drop the connection (its confirms do not come) and connect anew."""
        self._close()

    # Everything below runs in the publisher's thread.

    def _run(self) -> None:
        backoff = _BACKOFF_FIRST_S
        while not self._stop.is_set():
            try:
                self._before_connect()
                self._connection = SelectConnection(
                    self._parameters,
                    on_open_callback=self._on_connection_open,
                    on_open_error_callback=self._on_connection_failed,
                    on_close_callback=self._on_connection_closed,
                )
                self._connection.ioloop.start()
                if self._was_open:
                    backoff = _BACKOFF_FIRST_S
            except (OSError, amqp.AMQPError, TopologyMismatch) as error:
                _log.warning("broker not ready: %s", error)
                metrics.RELAY_FAILURES.labels(reason="connect").inc()
            self._stop.wait(backoff * random.uniform(0.5, 1.5))
            backoff = min(backoff * 2, _BACKOFF_LAST_S)

    def _close(self) -> None:
        connection = self._connection
        if connection is None:
            return

        def close() -> None:
            if connection.is_open:
                connection.close()
            elif connection.is_closed:
                connection.ioloop.stop()

        connection.ioloop.add_callback_threadsafe(close)

    def _on_connection_open(self, connection: SelectConnection) -> None:
        connection.add_on_connection_blocked_callback(self._on_blocked)
        connection.add_on_connection_unblocked_callback(self._on_unblocked)
        connection.channel(on_open_callback=self._on_channel_open)

    def _on_connection_failed(self, connection: SelectConnection, error: Exception) -> None:
        _log.warning("broker not reachable: %s", error)
        metrics.RELAY_FAILURES.labels(reason="connect").inc()
        self._was_open = False
        connection.ioloop.stop()

    def _on_connection_closed(self, connection: SelectConnection, reason: Exception) -> None:
        if not self._stop.is_set():
            _log.warning("connection to the broker closed: %s", reason)
            metrics.RELAY_FAILURES.labels(reason="connection_lost").inc()
        self._lose_everything()
        connection.ioloop.stop()

    def _on_channel_open(self, channel: Channel) -> None:
        channel.add_on_close_callback(self._on_channel_closed)
        channel.add_on_return_callback(self._on_returned)
        self._channel = channel
        self._next_tag = self._oldest_tag = 1
        channel.confirm_delivery(
            ack_nack_callback=self._on_confirm, callback=lambda _: self._on_ready()
        )

    def _on_ready(self) -> None:
        _log.info("connected to the broker")
        self._was_open = True
        self._set_blocked(False)
        self._open.set()

    def _on_channel_closed(self, channel: Channel, reason: Exception) -> None:
        self._lose_everything()
        connection = self._connection
        if connection is not None and connection.is_open:
            _log.warning("channel closed by the broker: %s", reason)
            metrics.RELAY_FAILURES.labels(reason="channel_closed").inc()
            connection.close()

    def _lose_everything(self) -> None:
        self._open.clear()
        self._channel = None
        self._set_blocked(False)
        self._unconfirmed.clear()
        lost, self._in_flight = self._in_flight, {}
        for batch in lost.values():
            batch.settle(lost=True)

    def _on_blocked(self, _connection: Any, frame: Any) -> None:
        _log.warning("the broker blocks publishers: %s", frame.method.reason)
        self._set_blocked(True)

    def _on_unblocked(self, _connection: Any, _frame: Any) -> None:
        _log.info("the broker takes messages again")
        self._set_blocked(False)

    def _set_blocked(self, blocked: bool) -> None:
        self._blocked = blocked
        metrics.RELAY_BLOCKED.set(1 if blocked else 0)

    def _send(self, batch: Batch) -> None:
        channel = self._channel
        if channel is None:
            batch.settle(lost=True)
            return
        batch.pending = len(batch.rows)
        self._in_flight[id(batch)] = batch
        for tag, row in enumerate(batch.rows, self._next_tag):
            self._unconfirmed[tag] = (batch, row)
        self._next_tag += len(batch.rows)
        connection = channel.connection
        frame_max = connection.params.frame_max
        connection._output_marshaled_frames(
            [publish_frames(batch.rows, channel.channel_number, frame_max)]
        )

    def _on_returned(
        self, _channel: Channel, method: Basic.Return, properties: BasicProperties, _body: bytes
    ) -> None:
        # The broker returns a message before it confirms it, so its row is still waiting here.
        for batch, row in self._unconfirmed.values():
            if row.event_id == properties.message_id:
                batch.refused[row.position] = (
                    f"no queue is bound to {method.exchange} with key {method.routing_key}"
                )
                metrics.RELAY_RETURNED.inc()
                return

    def _on_confirm(self, frame: Any) -> None:
        method = frame.method
        tag = method.delivery_tag
        tags: Iterable[int]
        if method.multiple:
            tags = range(self._oldest_tag, tag + 1)
            self._oldest_tag = tag + 1
        else:
            tags = (tag,)
            if tag == self._oldest_tag:
                self._oldest_tag = tag + 1
        nacked = isinstance(method, Basic.Nack)
        pop = self._unconfirmed.pop
        for confirmed in tags:
            found = pop(confirmed, None)
            if found is None:
                continue
            batch, row = found
            if nacked:
                batch.refused[row.position] = "the broker could not take it (nack)"
            batch.pending -= 1
            if batch.pending == 0:
                del self._in_flight[id(batch)]
                batch.settle(lost=False)
