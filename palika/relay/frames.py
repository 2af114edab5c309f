"""``Basic.Publish`` as bytes: the relay's hot path, written by hand.

pika builds three frame objects a message and sends each with a call to the kernel, which halves
the rate (``make bench ONLY=relay``; decision 0004). Here a whole batch becomes one run of bytes.
A test compares them with what pika writes.
"""

from collections.abc import Iterable
from functools import lru_cache
from struct import Struct
from typing import NamedTuple

from palika.events import CONTENT_TYPE

_FRAME = Struct(">BHI")
_HEADER = Struct(">HHQH")
_PUBLISH = Struct(">HHH")
_METHOD, _CONTENT_HEADER, _BODY = 1, 2, 3
_END = b"\xce"
_BASIC = 60
_BASIC_PUBLISH = 40
_MANDATORY = 1
_PERSISTENT = b"\x02"
# Property flags: content-type, content-encoding, delivery-mode, message-id, type.
_FLAGS = (1 << 15) | (1 << 14) | (1 << 12) | (1 << 7) | (1 << 5)
FRAME_OVERHEAD = 8


class Outgoing(NamedTuple):
    """One outbox row on its way; ``body`` is the event's JSON."""

    position: int
    event_id: str
    type: str
    exchange: str
    routing_key: str
    mandatory: bool
    body: str


def publish_frames(rows: Iterable[Outgoing], channel: int, frame_max: int) -> bytes:
    """The frames that publish ``rows``, persistent, in their order.

    Args:
        channel: number of the open channel.
        frame_max: the connection's negotiated limit, in bytes; longer bodies are split.
    """
    out = bytearray()
    body_max = frame_max - FRAME_OVERHEAD
    for row in rows:
        body = row.body.encode()
        size = len(body)
        properties = _start_of_properties() + _short(row.event_id) + _short_cached(row.type)
        out += _method(channel, row.exchange, row.routing_key, row.mandatory)
        out += _FRAME.pack(_CONTENT_HEADER, channel, 14 + len(properties))
        out += _HEADER.pack(_BASIC, 0, size, _FLAGS)
        out += properties
        out += _END
        for start in range(0, size, body_max):
            part = body[start : start + body_max]
            out += _FRAME.pack(_BODY, channel, len(part))
            out += part
            out += _END
    return bytes(out)


def _short(text: str) -> bytes:
    encoded = text.encode()
    if len(encoded) > 255:
        raise ValueError(f"{text[:40]!r}… is longer than AMQP's 255 bytes")
    return bytes((len(encoded),)) + encoded


_short_cached = lru_cache(maxsize=4_096)(_short)


@lru_cache(maxsize=1)
def _start_of_properties() -> bytes:
    return _short(CONTENT_TYPE) + _short("utf-8") + _PERSISTENT


@lru_cache(maxsize=4_096)
def _method(channel: int, exchange: str, routing_key: str, mandatory: bool) -> bytes:
    payload = (
        _PUBLISH.pack(_BASIC, _BASIC_PUBLISH, 0)
        + _short(exchange)
        + _short(routing_key)
        + bytes((_MANDATORY if mandatory else 0,))
    )
    return _FRAME.pack(_METHOD, channel, len(payload)) + payload + _END
