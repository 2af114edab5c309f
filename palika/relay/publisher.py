"""Asynchronous, confirmed publishing over one pika connection, in a thread of its own."""

import itertools
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
from pika.exceptions import (
    AMQPError,
    ChannelClosedByBroker,
    ConnectionClosedByBroker,
    ConnectionClosedByClient,
)
from pika.spec import Basic, BasicProperties

from palika import amqps, broker_addresses, broker_nodes, metrics
from palika.relay.frames import Outgoing, publish_frames
from palika.topology import TopologyMismatch

_log = logging.getLogger(__name__)

_BACKOFF_FIRST_S = 0.1
_BACKOFF_LAST_S = 10.0
_CONNECTED_WITHIN_S = 5.0
# An operator or a shutdown closes the connection: no message is at fault.
_CONNECTION_FORCED = 320


@dataclass(slots=True)
class Batch:
    """Rows handed to the publisher together, and what became of them.

    ``wait`` returns when the broker has answered for every row or the connection was lost;
    ``lost`` tells which. ``refused`` has a reason for each row that was returned or nacked, or
    that AMQP cannot carry. ``fault`` is set when the broker closed the channel over something in
    flight, perhaps a row of this batch.
    """

    rows: Sequence[Outgoing]
    pending: int = 0
    lost: bool = False
    fault: str = ""
    refused: dict[int, str] = field(default_factory=dict)
    _settled: threading.Event = field(default_factory=threading.Event)

    def wait(self, timeout_s: float) -> bool:
        """True when settled within ``timeout_s`` seconds."""
        return self._settled.wait(timeout_s)

    def settle(self, *, lost: bool, fault: str = "") -> None:
        """Say that no more answers will come for this batch."""
        self.lost = lost
        self.fault = fault
        self._settled.set()


def _parameters(address: str) -> pika.URLParameters:
    found = pika.URLParameters(address)
    if found.ssl_options is not None:
        found.ssl_options = pika.SSLOptions(amqps.context(), found.host)
    # The two libraries read the path differently; the rest of the house goes by kombu.
    found.virtual_host = broker_nodes.virtual_host(address)
    if found.heartbeat is None:
        found.heartbeat = broker_nodes.HEARTBEAT_S
    # A node that hangs takes connections and says nothing.
    found.socket_timeout = found.stack_timeout = _CONNECTED_WITHIN_S
    return found


class Publisher:
    """A connection that reconnects by itself, with backoff and jitter.

    ``publish`` may be called from any thread; batches in flight when the connection goes are
    settled as lost.
    """

    def __init__(self, amqp_uri: str, before_connect: Callable[[], None]) -> None:
        """Prepare; nothing is connected before ``thread`` is started.

        Args:
            amqp_uri: the broker's nodes; each attempt is made at the next.
            before_connect: run before each attempt; declares the topology. What it raises counts
                as a failed attempt.
        """
        self._nodes = itertools.cycle(map(_parameters, broker_addresses.in_order(amqp_uri)))
        self._before_connect = before_connect
        self._stop = threading.Event()
        self._available = threading.Event()
        self._open = False
        self._was_open = False
        self._blocked = False
        # Between the threads: whoever has it sees a connection together with its batches.
        self._lock = threading.Lock()
        self._connection: SelectConnection | None = None
        self._in_flight: dict[int, Batch] = {}
        # Of the publisher's own thread.
        self._channel: Channel | None = None
        self._next_tag = 1
        self._oldest_tag = 1
        self._unconfirmed: dict[int, tuple[Batch, Outgoing]] = {}
        self._returned: dict[str, str] = {}
        self.thread = threading.Thread(target=self._run, name="publisher", daemon=True)

    def stop(self, timeout_s: float = 5.0) -> None:
        """Close the connection; batches in flight are settled as lost."""
        self._stop.set()
        self._in_loop(self._close)
        self.thread.join(timeout_s)
        self._in_loop(self._abort)

    @property
    def available(self) -> bool:
        """Connected, with an open channel, and not blocked by an alarm of the broker."""
        return self._available.is_set()

    @property
    def blocked(self) -> bool:
        """Whether an alarm of the broker keeps it from reading what is sent."""
        return self._blocked

    @property
    def state(self) -> str:
        """For humans: ``connected``, ``blocked by the broker's alarm`` or ``not connected``."""
        if not self._open:
            return "not connected to the broker"
        return "blocked by the broker's alarm" if self._blocked else "connected"

    def wait_available(self, timeout_s: float) -> bool:
        """Wait until a publish makes sense; False when it still does not."""
        return self._available.wait(timeout_s)

    def publish(self, batch: Batch) -> None:
        """Hand a batch over; ``batch.wait`` tells when it is settled."""
        with self._lock:
            connection = self._connection
            if connection is not None and self._open:
                # From here on the end of the connection settles it.
                self._in_flight[id(batch)] = batch
                connection.ioloop.add_callback_threadsafe(lambda: self._send(batch))
                return
        batch.settle(lost=True)

    def give_up(self, batch: Batch) -> None:
        """Drop the connection that owes an answer for ``batch``, and connect anew.

        A connection made since then is left alone.
        """

        def drop() -> None:
            if id(batch) in self._in_flight:
                self._abort()

        self._in_loop(drop)

    def _in_loop(self, act: Callable[[], None]) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.ioloop.add_callback_threadsafe(act)

    # Everything below runs in the publisher's thread.

    def _run(self) -> None:
        backoff = _BACKOFF_FIRST_S
        while not self._stop.is_set():
            self._was_open = False
            try:
                self._before_connect()
                self._live()
            except (OSError, amqp.AMQPError, AMQPError, TopologyMismatch) as error:
                _log.warning("broker not ready: %s", error)
                metrics.RELAY_FAILURES.labels(reason="connect").inc()
            if self._was_open:
                backoff = _BACKOFF_FIRST_S
            self._stop.wait(backoff * random.uniform(0.5, 1.5))  # noqa: S311 no secret hangs on it
            backoff = min(backoff * 2, _BACKOFF_LAST_S)

    def _live(self) -> None:
        """One connection, from its making to its end."""
        connection = SelectConnection(
            next(self._nodes),
            on_open_callback=self._on_connection_open,
            on_open_error_callback=self._on_connection_failed,
            on_close_callback=self._on_connection_closed,
        )
        with self._lock:
            self._connection = connection
        try:
            connection.ioloop.start()
        finally:
            # Whatever ended it, nobody may go on waiting for it.
            with self._lock:
                self._connection = None
            self._lose_everything()
            connection.ioloop.close()

    def _close(self) -> None:
        connection = self._connection
        if connection is not None and connection.is_open and not self._blocked:
            connection.close()
        else:
            # A broker that reads nothing would not answer.
            self._abort()

    def _abort(self) -> None:
        connection = self._connection
        if connection is not None and not connection.is_closed:
            connection._terminate_stream(ConnectionClosedByClient(0, "given up"))

    def _on_connection_open(self, connection: SelectConnection) -> None:
        if self._stop.is_set():
            connection.close()
            return
        connection.add_on_connection_blocked_callback(self._on_blocked)
        connection.add_on_connection_unblocked_callback(self._on_unblocked)
        connection.channel(on_open_callback=self._on_channel_open)

    def _on_connection_failed(self, connection: SelectConnection, error: Exception) -> None:
        if not self._stop.is_set():
            _log.warning("broker not reachable: %s", error)
            metrics.RELAY_FAILURES.labels(reason="connect").inc()
        connection.ioloop.stop()

    def _on_connection_closed(self, connection: SelectConnection, reason: Exception) -> None:
        if not self._stop.is_set():
            _log.warning("connection to the broker closed: %s", reason)
            metrics.RELAY_FAILURES.labels(reason="connection_lost").inc()
        self._lose_everything(_fault_in(reason))
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
        self._open = True
        self._set_blocked(self._blocked)

    def _on_channel_closed(self, _channel: Channel, reason: Exception) -> None:
        if isinstance(reason, ChannelClosedByBroker):
            _log.warning("channel closed by the broker: %s", reason)
            metrics.RELAY_FAILURES.labels(reason="channel_closed").inc()
        # When it is the connection that the broker closes, the channel is told first.
        self._lose_everything(_fault_in(reason))
        connection = self._connection
        if connection is not None and connection.is_open:
            connection.close()

    def _lose_everything(self, fault: str = "") -> None:
        with self._lock:
            self._open = False
            lost, self._in_flight = self._in_flight, {}
        self._channel = None
        self._set_blocked(False)
        self._unconfirmed.clear()
        self._returned.clear()
        for batch in lost.values():
            batch.settle(lost=True, fault=fault)

    def _on_blocked(self, _connection: Any, frame: Any) -> None:
        _log.warning("the broker blocks publishers: %s", frame.method.reason)
        self._set_blocked(True)

    def _on_unblocked(self, _connection: Any, _frame: Any) -> None:
        _log.info("the broker takes messages again")
        self._set_blocked(False)

    def _set_blocked(self, blocked: bool) -> None:
        self._blocked = blocked
        metrics.RELAY_BLOCKED.set(1 if blocked else 0)
        if self._open and not blocked:
            self._available.set()
        else:
            self._available.clear()

    def _send(self, batch: Batch) -> None:
        channel = self._channel
        if channel is None or id(batch) not in self._in_flight:
            return
        number, frame_max = channel.channel_number, channel.connection.params.frame_max
        rows = batch.rows
        try:
            frames = publish_frames(rows, number, frame_max)
        except ValueError:
            rows = _carriable(batch)
            frames = publish_frames(rows, number, frame_max)
        batch.pending = len(rows)
        if not rows:
            self._settle(batch)
            return
        for tag, row in enumerate(rows, self._next_tag):
            self._unconfirmed[tag] = (batch, row)
        self._next_tag += len(rows)
        channel.connection._output_marshaled_frames([frames])

    def _on_returned(
        self, _channel: Channel, method: Basic.Return, properties: BasicProperties, _body: bytes
    ) -> None:
        # The broker returns a message before it confirms it: the confirm finds the reason here.
        self._returned[str(properties.message_id)] = (
            f"no queue is bound to {method.exchange} with key {method.routing_key}"
        )
        metrics.RELAY_RETURNED.inc()

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
        pop, returned = self._unconfirmed.pop, self._returned
        for confirmed in tags:
            found = pop(confirmed, None)
            if found is None:
                continue
            batch, row = found
            if nacked:
                batch.refused[row.position] = "the broker could not take it (nack)"
                metrics.RELAY_FAILURES.labels(reason="nack").inc()
            if returned and (reason := returned.pop(row.event_id, None)):
                batch.refused[row.position] = reason
            batch.pending -= 1
            if batch.pending == 0:
                self._settle(batch)

    def _settle(self, batch: Batch) -> None:
        del self._in_flight[id(batch)]
        batch.settle(lost=False)


def _fault_in(reason: Exception) -> str:
    """What the broker has closed a channel or a connection over; nothing if over no message."""
    if isinstance(reason, ConnectionClosedByBroker) and reason.reply_code == _CONNECTION_FORCED:
        return ""
    by_broker = isinstance(reason, ChannelClosedByBroker | ConnectionClosedByBroker)
    return str(reason) if by_broker else ""


def _carriable(batch: Batch) -> list[Outgoing]:
    """The rows that AMQP can carry; the others are refused."""
    rows = []
    for row in batch.rows:
        try:
            publish_frames([row], 1, 4_096)
        except ValueError as error:
            batch.refused[row.position] = str(error)
        else:
            rows.append(row)
    return rows
