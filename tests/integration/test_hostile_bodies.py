"""Bodies made to harm: each ends in the dead letters, and the subscriber lives on."""

import json
from typing import Any

from palika import dead_letters
from tests.support.backbone import ping, wait_for
from tests.support.fixtures import Probe

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
