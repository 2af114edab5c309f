"""Deliveries are read the same however the bytes are cut, whatever comes between them."""

from collections.abc import Iterator

import amqp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pika import frame, spec

from palika.subscribe.reader import Reader

CHANNEL = 1


class Transport:
    """Stands where py-amqp's transport does; the bytes are handed over by the test."""

    _read_buffer = b""


class Connection:
    """Stands where py-amqp's connection does, and keeps what was handed over to it."""

    def __init__(self) -> None:
        self.transport = Transport()
        self.bytes_recv = 0
        self.handed_over: list[tuple[int, int, bytes]] = []

    def on_inbound_frame(self, frame_: tuple[int, int, bytes]) -> None:
        self.handed_over.append(frame_)


class Channel:
    channel_id = CHANNEL


def a_reader() -> Reader:
    reader = Reader("amqp://guest@127.0.0.1:1//", "q", 10)
    reader._amqp = Connection()
    reader._channel = Channel()
    return reader


def delivery(tag: int, body: bytes, headers: dict[str, int], frame_max: int = 60) -> bytes:
    method = spec.Basic.Deliver(
        consumer_tag="c1",
        delivery_tag=tag,
        redelivered=bool(tag % 2),
        exchange="e",
        routing_key="k",
    )
    properties = spec.BasicProperties(headers=headers, message_id=str(tag))
    out = frame.Method(CHANNEL, method).marshal()
    out += frame.Header(CHANNEL, len(body), properties).marshal()
    for start in range(0, len(body), frame_max):
        out += frame.Body(CHANNEL, body[start : start + frame_max]).marshal()
    return out


def pieces(data: bytes, cuts: list[int]) -> Iterator[bytes]:
    places = sorted({cut % (len(data) + 1) for cut in cuts})
    for start, end in zip([0, *places], [*places, len(data)], strict=True):
        yield data[start:end]


@given(
    bodies=st.lists(st.binary(max_size=200), min_size=1, max_size=6),
    cuts=st.lists(st.integers(0, 10_000), max_size=12),
)
def test_every_way_of_cutting_the_bytes_gives_the_same_deliveries(bodies, cuts):
    data = b"".join(delivery(tag, body, {"n": tag}) for tag, body in enumerate(bodies, 1))
    reader = a_reader()
    for piece in pieces(data, cuts):
        reader._take(reader._amqp.transport._read_buffer + piece)
    got = [(d.tag, d.body, d.redelivered, d.headers) for d in reader.deliveries]
    assert got == [(t, b, bool(t % 2), {"n": t}) for t, b in enumerate(bodies, 1)]
    assert reader._amqp.transport._read_buffer == b""


def test_other_frames_go_to_py_amqp_between_two_deliveries():
    heartbeat = frame.Heartbeat().marshal()
    ack = frame.Method(CHANNEL, spec.Basic.QosOk()).marshal()
    reader = a_reader()
    reader._take(delivery(1, b"a", {}) + heartbeat + ack + delivery(2, b"b", {}))
    assert [d.body for d in reader.deliveries] == [b"a", b"b"]
    assert [kind for kind, _, _ in reader._amqp.handed_over] == [8, 1]


def test_a_frame_that_does_not_end_where_it_should_is_an_error():
    broken = bytearray(delivery(1, b"a", {}))
    broken[-1] = 0
    with pytest.raises(amqp.exceptions.UnexpectedFrame):
        a_reader()._take(bytes(broken))
