"""The relay's hand-written frames are, byte for byte, what pika would have sent."""

from hypothesis import given
from hypothesis import strategies as st
from pika import frame, spec

from palika.relay.frames import FRAME_OVERHEAD, Outgoing, publish_frames

names = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=60)
rows = st.builds(
    Outgoing,
    position=st.just(1),
    event_id=st.uuids().map(str),
    type=names,
    exchange=names,
    routing_key=names,
    mandatory=st.booleans(),
    body=st.text(max_size=2_000),
)


def as_pika_writes(row: Outgoing, channel: int, frame_max: int) -> bytes:
    body = row.body.encode()
    method = spec.Basic.Publish(
        exchange=row.exchange, routing_key=row.routing_key, mandatory=row.mandatory
    )
    properties = spec.BasicProperties(
        content_type="application/json",
        content_encoding="utf-8",
        delivery_mode=2,
        message_id=row.event_id,
        type=row.type,
    )
    out = frame.Method(channel, method).marshal()
    out += frame.Header(channel, len(body), properties).marshal()
    step = frame_max - FRAME_OVERHEAD
    for start in range(0, len(body), step):
        out += frame.Body(channel, body[start : start + step]).marshal()
    return out


@given(st.lists(rows, max_size=5), st.integers(1, 2047), st.integers(4_096, 131_072))
def test_a_batch_is_written_as_pika_writes_it(batch, channel, frame_max):
    expected = b"".join(as_pika_writes(row, channel, frame_max) for row in batch)
    assert publish_frames(batch, channel, frame_max) == expected


def test_a_body_beyond_the_frame_limit_is_split():
    row = Outgoing(1, "0" * 36, "a.b.v1", "a.events", "b", True, "x" * 10_000)
    assert publish_frames([row], 1, 4_096) == as_pika_writes(row, 1, 4_096)
