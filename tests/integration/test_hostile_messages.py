"""Messages made to harm: each ends in the dead letters, and the subscriber lives on."""

import json
import struct
from typing import Any

import amqp
import pytest

from palika import dead_letters, event_log
from palika.events import Event
from palika.subscribe.delivery import MalformedProperties, decode
from tests.support.backbone import Backbone, ping
from tests.support.fixtures import Probe
from tests.support.part import wait_for

GOOD = json.loads(ping(0).to_json())


def a_body(**changes: Any) -> bytes:
    """A ping, changed."""
    return json.dumps(GOOD | changes).encode()


HOSTILE = {
    "id of another kind": a_body(id=5),
    "no id": a_body(id=None),
    "type of another kind": a_body(type=["probe.pinged.v1"]),
    "type of no form": a_body(type="pinged"),
    "heartbeat without a zone": a_body(type="probe.heartbeat.v1", time="2026-04-01T00:00:00"),
    "heartbeat at the end of time": a_body(
        type="probe.heartbeat.v1", time="9999-12-31T23:59:59-12:00"
    ),
    "time without a zone": a_body(time="2026-04-01T00:00:00"),
    "data that is a list": a_body(data=[1]),
    "trace of another kind": a_body(traceparent={"a": 1}),
    "sequence beyond a bigint": a_body(sequence=str(2**64)),
    "sequence without end": a_body(sequence="9" * 100_000),
    "sequence that is none": a_body(sequence="abc"),
    "NUL in the subject": a_body(subject="a\0b"),
    "NUL deep in the data": a_body(data={"number": 1, "treat": {"a": ["\0"]}}),
    "nested too deep": b'{"data":' + b"[" * 100_000,
    "half a surrogate pair": rb'{"id": "\ud800"}',
    "number without end": b'{"id": ' + b"9" * 100_000 + b"}",
    "another version of CloudEvents": a_body(specversion="0.3"),
}


def test_no_body_harms_the_subscriber_and_each_is_a_dead_letter(probe: Probe):
    pid = probe.service.pid
    neighbours = probe.ping("count", "count")
    probe.backbone.publish(probe.QUEUE, list(HOSTILE.values()))
    neighbours += probe.ping("count", "count")
    wait_for(
        lambda: probe.backbone.depth(f"{probe.QUEUE}.dead") >= len(HOSTILE),
        30,
        "all hostile bodies are dead letters",
    )
    letters = dead_letters.browse(probe.backbone.amqp_uri, probe.QUEUE)
    assert sorted(letter.body for letter in letters) == sorted(HOSTILE.values())
    assert {letter.exception for letter in letters} == {"MalformedEvent"}
    assert {letter.attempts for letter in letters} == {1}
    probe.wait_counted(*neighbours, timeout_s=30)
    assert probe.service.is_ready()
    assert probe.service.pid == pid
    assert "Traceback" not in probe.service.said


def text(raw: bytes) -> bytes:
    """As AMQP writes a short text."""
    return bytes([len(raw)]) + raw


def table(fields: bytes) -> bytes:
    """Properties with nothing but these headers."""
    return struct.pack(">HI", 1 << 13, len(fields)) + fields


def nested(depth: int) -> bytes:
    fields = b""
    for _ in range(depth):
        fields = text(b"a") + b"F" + struct.pack(">I", len(fields)) + fields
    return fields


PROPERTIES = {
    "a correlation id that is no UTF-8": struct.pack(">H", 1 << 10) + text(b"\xe9t\xe9"),
    "a message id that is no UTF-8": struct.pack(">H", 1 << 7) + text(b"\xff"),
    "a moment beyond the end of time": table(text(b"a") + b"T" + struct.pack(">Q", 2**62)),
    "tables in tables without end": table(nested(3_000)),
}


class Hostile(amqp.Message):
    """A message whose properties are these bytes."""

    def __init__(self, body: bytes, raw: bytes) -> None:
        super().__init__(body)
        self.raw = raw

    def _serialize_properties(self) -> bytes:
        return self.raw


def publish(backbone: Backbone, exchange: str, key: str, body: str, raw: bytes) -> None:
    with backbone.channel() as channel:
        channel.basic_publish(Hostile(body.encode(), raw), exchange=exchange, routing_key=key)


def letter_of(backbone: Backbone, event_id: str) -> dead_letters.DeadLetter:
    """The one dead letter of an event; waited for."""
    found: list[dead_letters.DeadLetter] = []

    def look() -> bool:
        letters = dead_letters.browse(backbone.amqp_uri, Probe.QUEUE)
        found[:] = [letter for letter in letters if letter.event_id == event_id]
        return bool(found)

    wait_for(look, 30, "it is a dead letter")
    (letter,) = found
    return letter


@pytest.mark.parametrize("raw", PROPERTIES.values(), ids=PROPERTIES)
def test_properties_that_cannot_be_decoded_harm_nobody_and_are_told(
    probe: Probe, raw: bytes
) -> None:
    with pytest.raises(MalformedProperties):
        decode(raw)
    backbone, pid = probe.backbone, probe.service.pid
    good, bad = probe.numbers(2)
    refused = ping(bad, "later")
    publish(backbone, "", probe.QUEUE, ping(good).to_json(), raw)
    publish(backbone, "", probe.QUEUE, refused.to_json(), raw)
    probe.wait_counted(good, timeout_s=30)
    letter = letter_of(backbone, refused.id)
    assert letter.exception == "MalformedProperties"
    assert letter.reason.startswith("properties that cannot be decoded (")
    assert f"asked to wait by ping {bad}" in letter.reason
    assert letter.body == refused.to_json().encode()
    assert (probe.service.pid, probe.service.is_ready()) == (pid, True)


def test_a_letter_that_the_broker_has_laid_with_such_properties_is_seen_and_replayed(
    probe: Probe,
) -> None:
    (number,) = probe.numbers()
    event = ping(number)
    raw = PROPERTIES["a correlation id that is no UTF-8"]
    publish(probe.backbone, "", f"{probe.QUEUE}.dead", event.to_json(), raw)
    letter = letter_of(probe.backbone, event.id)
    assert letter.exception == "MalformedProperties"
    assert "UnicodeDecodeError" in letter.reason
    uri, queue = probe.backbone.amqp_uri, probe.QUEUE
    assert dead_letters.replay(uri, queue, lambda each: each.event_id == event.id) == 1
    probe.wait_counted(number)


def long_text(raw: bytes) -> bytes:
    return b"S" + struct.pack(">I", len(raw)) + raw


UNWRITABLE = {
    # Reading them goes half as deep as writing them.
    "tables in tables": table(nested(600)),
    # Fits into a frame, and with the backbone's own headers does not.
    "a header as long as a frame": table(text(b"a") + long_text(b"x" * 130_900)),
}


@pytest.mark.parametrize("raw", UNWRITABLE.values(), ids=UNWRITABLE)
def test_properties_that_cannot_be_written_again_harm_nobody_and_are_told(
    probe: Probe, raw: bytes
) -> None:
    backbone, pid = probe.backbone, probe.service.pid
    (number,) = probe.numbers()
    event = ping(number, "later")
    publish(backbone, "", probe.QUEUE, event.to_json(), raw)
    letter = letter_of(backbone, event.id)
    assert letter.exception == "MalformedProperties"
    assert "written again" in letter.reason
    assert f"asked to wait by ping {number}" in letter.reason
    assert (probe.service.pid, probe.service.is_ready()) == (pid, True)


@pytest.mark.parametrize("raw", UNWRITABLE.values(), ids=UNWRITABLE)
def test_a_letter_whose_properties_cannot_be_written_again_is_replayed_without_them(
    probe: Probe, raw: bytes
) -> None:
    (number,) = probe.numbers()
    event = ping(number)
    publish(probe.backbone, "", f"{probe.QUEUE}.dead", event.to_json(), raw)
    letter_of(probe.backbone, event.id)
    uri, queue = probe.backbone.amqp_uri, probe.QUEUE
    assert dead_letters.replay(uri, queue, lambda each: each.event_id == event.id) == 1
    probe.wait_counted(number)


@pytest.mark.parametrize(
    ("claimed", "attempts"),
    [(2**63 - 1, 1_000_000), (2**31, 1_000_000), (-5, 3), (True, 3), ("7", 3), ([1], 3)],
)
def test_an_attempt_that_is_claimed_is_no_more_than_a_number(
    probe: Probe, claimed: Any, attempts: int
) -> None:
    pid = probe.service.pid
    (number,) = probe.numbers()
    event = ping(number, "later")
    probe.backbone.publish(probe.QUEUE, [event.to_json()], {"x-palika-attempt": claimed})
    assert letter_of(probe.backbone, event.id).attempts == attempts
    assert (probe.service.pid, probe.service.is_ready()) == (pid, True)


def publish_with_copies(backbone: Backbone, queue: str, event: Event) -> None:
    """To a queue, asking the broker for a copy to the same queue each time it is published."""
    with backbone.channel() as channel:
        message = amqp.Message(event.to_json(), application_headers={"CC": [queue], "a": "kept"})
        channel.basic_publish(message, exchange="", routing_key=queue)


@pytest.mark.parametrize("treat", ["refuse", "later"])
def test_a_message_that_asks_for_copies_gets_none(probe: Probe, treat: str) -> None:
    backbone, queue = probe.backbone, probe.QUEUE
    (number,) = probe.numbers()
    event = ping(number, treat)
    publish_with_copies(backbone, queue, event)
    letter = letter_of(backbone, event.id)
    assert "CC" not in letter.headers
    assert letter.headers["x-palika-cc"] == [queue]
    assert letter.headers["a"] == "kept"
    queues = (queue, f"{queue}.retry.100", f"{queue}.retry.300")
    wait_for(lambda: not any(backbone.messages(each) for each in queues), what="all is quiet")
    letter_of(backbone, event.id)


def test_a_letter_that_asks_for_copies_is_replayed_without_one(probe: Probe) -> None:
    (number,) = probe.numbers()
    event = ping(number)
    publish_with_copies(probe.backbone, f"{probe.QUEUE}.dead", event)
    letter_of(probe.backbone, event.id)
    uri, queue = probe.backbone.amqp_uri, probe.QUEUE
    assert dead_letters.replay(uri, queue, lambda each: each.event_id == event.id) == 1
    probe.wait_counted(number)
    assert dead_letters.find(uri, queue, event.id) is None


@pytest.mark.parametrize("death", ["text", [], [1], [{}], {"reason": "x"}], ids=str)
def test_a_death_that_the_broker_has_not_written_is_not_believed(probe: Probe, death: Any) -> None:
    (number,) = probe.numbers()
    event = ping(number)
    dead = f"{probe.QUEUE}.dead"
    probe.backbone.publish(dead, [event.to_json()], {"x-death": death, "x-palika-failed-at": 5})
    letter = letter_of(probe.backbone, event.id)
    assert (letter.reason, letter.failed_at) == ("unknown", "5")


def test_a_log_with_such_properties_in_it_can_be_read(probe: Probe) -> None:
    backbone = probe.backbone
    events = [ping(number, "refuse") for number in probe.numbers(len(PROPERTIES))]
    for event, raw in zip(events, PROPERTIES.values(), strict=True):
        publish(backbone, "probe.events", "pinged", event.to_json(), raw)
    after = probe.ping("count")
    probe.wait_counted(*after, timeout_s=30)

    def logged() -> set[str]:
        return {each.id for batch in event_log.read(backbone.amqp_uri, "probe") for each in batch}

    wait_for(lambda: {event.id for event in events} <= logged(), 30)
    end = [*event_log.read(backbone.amqp_uri, "probe", upto=0)]
    assert len(end) == len(end[0]) == 1
