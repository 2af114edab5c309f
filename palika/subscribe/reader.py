"""The connection of a subscription: deliveries in, acknowledgements out.

kombu makes the connection and py-amqp speaks the protocol. The one thing done here by hand is the
hot path: ``Basic.Deliver`` with its header and body frames, straight from the socket's bytes.
py-amqp reads each frame in three calls to ``recv`` and decodes every property of every message,
which halves the rate of a subscription (``make bench ONLY=subscribe``; decision 0004).
Every other frame goes to py-amqp as always.
"""

import contextlib
from collections import deque
from struct import Struct
from typing import Any

import amqp

from palika import broker_nodes
from palika.subscribe.delivery import UNDECODABLE, Delivery

_FRAME = Struct(">BHI")
_METHOD = Struct(">HH")
_DELIVER_ARGUMENTS = Struct(">QB")
_SIZE = Struct(">Q")
_DELIVER = (60, 60)
_METHOD_FRAME, _HEADER_FRAME, _BODY_FRAME = 1, 2, 3
_FRAME_OVERHEAD = 8
_CHUNK = 65_536


class ConsumerCancelled(OSError):
    """The broker has cancelled the consumer: its queue was deleted or moved."""


class Reader:
    """One consumer on one queue.

    ``deliveries`` fills as ``read`` is called, at most to the prefetch; whoever takes deliveries
    from it acknowledges them. One greenlet reads, another may acknowledge.
    """

    def __init__(
        self, amqp_uri: str, queue: str, prefetch: int, arguments: dict[str, Any] | None = None
    ) -> None:
        """Prepare; ``arguments`` are those of ``Basic.Consume`` (a stream's offset)."""
        self.deliveries: deque[Delivery] = deque()
        self.redelivered = False
        """Whether anything came that had been delivered before; who sees to it resets it."""
        self._connection = broker_nodes.connection(amqp_uri, heartbeat=broker_nodes.HEARTBEAT_S)
        self._queue = queue
        self._prefetch = prefetch
        self._arguments = arguments
        self._partial: tuple[int, bool, int, bytes, list[bytes]] | None = None
        self._consumers = 0
        self._cancelled: str | None = None

    def connect(self) -> None:
        """Connect and begin to consume.

        Raises:
            OSError, amqp.AMQPError: the broker is not reachable, or the queue does not exist.
        """
        self._connection.connect()
        self._amqp: amqp.Connection = self._connection.connection
        self._channel: amqp.Channel = self._connection.channel()
        self._channel.basic_qos(0, self._prefetch, False)
        self._tag: str | None = self._channel.basic_consume(
            self._queue,
            callback=self._on_message,
            on_cancel=self._on_cancel,
            arguments=self._arguments,
        )

    def consume(self, prefetch: int) -> None:
        """Go on with another prefetch; what was delivered so far stays in hand beside it.

        Waits for no answer, since another greenlet reads.
        """
        self.cancel()
        self._consumers += 1
        # RabbitMQ applies it to the consumers that come after it.
        self._channel.send_method(amqp.spec.Basic.Qos, "lBb", (0, prefetch, False))
        self._tag = self._channel.basic_consume(
            self._queue,
            f"{self._consumers}",
            nowait=True,
            callback=self._on_message,
            on_cancel=self._on_cancel,
            arguments=self._arguments,
        )

    def cancel(self) -> None:
        """Ask for no more deliveries; those in hand can be acknowledged as before.

        Waits for no answer; ``quiet`` tells when it is there.
        """
        if self._tag is not None:
            self._cancelled, self._tag = self._tag, None
            self._channel.send_method(amqp.spec.Basic.Cancel, "sb", (self._cancelled, False))

    @property
    def quiet(self) -> bool:
        """Whether all has come that the broker had sent before it knew of ``cancel``."""
        # py-amqp forgets a consumer when the broker confirms its end.
        return self._tag is None and self._cancelled not in self._channel.callbacks

    def read(self, timeout_s: float) -> bool:
        """Take what the broker has sent; wait at most ``timeout_s`` seconds for something.

        Returns:
            Whether anything came, be it only a part of a delivery.

        Raises:
            OSError, amqp.AMQPError: the connection is lost.
        """
        transport = self._amqp.transport
        buffer: bytes = transport._read_buffer
        try:
            with transport.having_timeout(timeout_s):
                chunk = transport.sock.recv(_CHUNK)
        except TimeoutError:
            self._amqp.heartbeat_tick()
            return False
        if not chunk:
            raise ConnectionResetError("the broker closed the connection")
        transport._read_buffer = b""
        self._take(buffer + chunk if buffer else chunk)
        self._amqp.heartbeat_tick()
        return True

    def ack(self, up_to: Delivery) -> None:
        """Acknowledge everything delivered up to and with ``up_to`` that is not settled yet."""
        self._channel.basic_ack(up_to.tag, multiple=True)

    def ack_one(self, delivery: Delivery) -> None:
        """Acknowledge one delivery, and none before it."""
        self._channel.basic_ack(delivery.tag)

    def requeue(self, delivery: Delivery) -> None:
        """Give one delivery back to the queue."""
        self._channel.basic_reject(delivery.tag, requeue=True)

    def close(self) -> None:
        """Close the connection; what was delivered and not settled goes back to the queue."""
        # py-amqp reads what still comes meanwhile, and decodes its properties.
        with contextlib.suppress(amqp.AMQPError, *UNDECODABLE):
            self._connection.close()
        self._connection.collect()

    def _take(self, data: bytes) -> None:
        """Take all whole frames from ``data``; keep the rest for the next read."""
        position, end = 0, len(data)
        channel_id = self._channel.channel_id
        append = self.deliveries.append
        while end - position >= _FRAME_OVERHEAD:
            kind, channel, size = _FRAME.unpack_from(data, position)
            start = position + 7
            if end - start <= size:
                break
            if data[start + size] != 0xCE:
                raise amqp.exceptions.UnexpectedFrame("a frame does not end where it should")
            position = start + size + 1
            if channel != channel_id:
                self._hand_over(kind, channel, data[start : start + size])
            elif kind == _METHOD_FRAME and _METHOD.unpack_from(data, start) == _DELIVER:
                tag_at = start + 5 + data[start + 4]
                tag, redelivered = _DELIVER_ARGUMENTS.unpack_from(data, tag_at)
                self._partial = (tag, bool(redelivered), 0, b"", [])
                if redelivered:
                    self.redelivered = True
            elif self._partial is not None and kind == _HEADER_FRAME:
                tag, redelivered, _, _, _ = self._partial
                (length,) = _SIZE.unpack_from(data, start + 4)
                properties = data[start + 12 : start + size]
                if length:
                    self._partial = (tag, redelivered, length, properties, [])
                else:
                    self._partial = None
                    append(Delivery(tag, b"", properties, redelivered))
            elif self._partial is not None and kind == _BODY_FRAME:
                tag, redelivered, length, properties, parts = self._partial
                if size == length:
                    self._partial = None
                    append(Delivery(tag, data[start : start + size], properties, redelivered))
                    continue
                parts.append(data[start : start + size])
                if sum(map(len, parts)) >= length:
                    self._partial = None
                    append(Delivery(tag, b"".join(parts), properties, redelivered))
            else:
                self._hand_over(kind, channel, data[start : start + size])
        self._amqp.transport._read_buffer = data[position:]
        # py-amqp judges from this counter whether the broker is still there.
        self._amqp.bytes_recv += 1

    def _hand_over(self, kind: int, channel: int, payload: bytes) -> None:
        self._amqp.on_inbound_frame((kind, channel, payload))

    def _on_message(self, message: Any) -> None:
        """A delivery that py-amqp itself has read while it waited for something else."""
        self.redelivered = self.redelivered or message.delivery_info["redelivered"]
        self.deliveries.append(
            Delivery(
                message.delivery_info["delivery_tag"],
                message.body.encode() if isinstance(message.body, str) else bytes(message.body),
                message._serialize_properties(),
                message.delivery_info["redelivered"],
            )
        )

    def _on_cancel(self, consumer_tag: str) -> None:
        raise ConsumerCancelled(f"the broker cancelled the consumer of {self._queue}")
