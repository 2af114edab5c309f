"""A subscription at work: batches, outcomes, retries, dead letters."""

import json
import time

import pytest

from palika import dead_letters, event_log
from tests.support.backbone import probe_types
from tests.support.fixtures import Probe
from tests.support.part import wait_for


def test_a_single_event_is_not_delayed(probe: Probe) -> None:
    lags = []
    for _ in range(5):
        started = time.monotonic()
        probe.wait_counted(*probe.ping("count"))
        lags.append(time.monotonic() - started)
    # From commit to commit it takes milliseconds; a wait for a batch to fill would show in all.
    assert min(lags) < 0.15, lags


def test_many_events_are_taken_in_batches(probe: Probe) -> None:
    def metric(part: str) -> float:
        return probe.service.metric(f"palika_batch_events_{part}", subscription=probe.QUEUE)

    batches, events = metric("count"), metric("sum")
    probe.wait_counted(*probe.ping(*["count"] * 3_000))
    assert metric("sum") - events >= 3_000
    assert (metric("sum") - events) / (metric("count") - batches) > 20


def test_what_a_handler_records_is_published_with_its_effect(probe: Probe) -> None:
    (number,) = probe.ping("echo")
    probe.wait_counted(number)

    def logged() -> list[str]:
        batches = event_log.read(probe.backbone.amqp_uri, "probe", start="last")
        return [event.type for batch in batches for event in batch if event.subject == str(number)]

    wait_for(lambda: "probe.echoed.v1" in logged(), what="the echo is in the log")


def test_an_event_that_is_refused_is_a_dead_letter_at_once(probe: Probe) -> None:
    refused, *others = probe.ping("refuse", "count", "count")
    probe.wait_counted(*others)
    wait_for(lambda: refused in probe.dead())
    letter = probe.dead()[refused]
    assert letter.reason == f"asked to refuse ping {refused}"
    assert letter.exception == "Refuse"
    assert letter.attempts == 1
    assert probe.counted(refused) == [0]


def test_an_event_to_retry_later_is_tried_after_each_delay_and_then_given_up(probe: Probe) -> None:
    started = time.monotonic()
    later, *others = probe.ping("later", "count", "count")
    probe.wait_counted(*others)
    wait_for(lambda: later in probe.dead())
    assert time.monotonic() - started >= 0.4, "two delays, of 100 and of 300 ms"
    letter = probe.dead()[later]
    assert letter.reason == f"asked to wait by ping {later}"
    assert letter.exception == "RetryLater"
    assert letter.attempts == 3


def test_an_exception_is_isolated_and_told(probe: Probe) -> None:
    numbers = probe.ping(*(["count"] * 40 + ["raise"] + ["count"] * 40 + ["raise"]))
    raising = {numbers[40], numbers[-1]}
    probe.wait_counted(*(number for number in numbers if number not in raising))
    wait_for(lambda: raising <= probe.dead().keys())
    for number in raising:
        letter = probe.dead()[number]
        assert letter.exception == "KeyError"
        assert f"asked to raise by ping {number}" in letter.reason
        assert letter.attempts == 3
    assert probe.counted(*raising) == [0, 0]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not JSON",
        b"\x1f\x8b\x08 compressed, or so it says",
        b"[]",
        b'"text"',
        b'{"id": "0196f3a0-1111-7000-8000-000000000001"}',
        b'{"id": "not a uuid", "type": "t", "subject": "s", "time": "2026-04-01T00:00:00Z", '
        b'"data": {}}',
        b'{"id": "0196f3a0-1111-7000-8000-000000000001", "type": "t", "subject": "s", '
        b'"time": "yesterday", "data": {}}',
    ],
    ids=["empty", "text", "binary", "list", "string", "partial", "no-uuid", "no-time"],
)
def test_a_body_that_is_no_event_is_a_dead_letter_as_it_came(probe: Probe, body: bytes) -> None:
    def found() -> list[dead_letters.DeadLetter]:
        letters = dead_letters.browse(probe.backbone.amqp_uri, probe.QUEUE)
        return [letter for letter in letters if letter.body == body]

    probe.backbone.publish(probe.QUEUE, [body])
    wait_for(found, what="the dead letter")
    (letter,) = found()
    assert letter.exception == "MalformedEvent"
    assert letter.attempts == 1
    (neighbour,) = probe.ping("count")
    probe.wait_counted(neighbour)


def test_an_event_of_a_type_that_nobody_asked_for_is_a_dead_letter_after_the_last_retry(
    probe: Probe,
) -> None:
    # The probe publishes it and does not listen to it; a process of the next release may.
    event = probe_types()[1].new(subject="1", data={"number": 1})
    probe.backbone.publish(probe.QUEUE, [event.to_json()])

    def found() -> list[dead_letters.DeadLetter]:
        letters = dead_letters.browse(probe.backbone.amqp_uri, probe.QUEUE)
        return [letter for letter in letters if letter.event_id == event.id]

    wait_for(found, what="the dead letter")
    (letter,) = found()
    assert letter.reason == "probe.pings does not listen to probe.echoed.v1"
    assert letter.exception == "UnknownType"
    assert letter.attempts == 3


def test_what_happened_is_measured(probe: Probe) -> None:
    probe.wait_counted(*probe.ping("count"))
    value = probe.service.metric
    assert value("palika_events_consumed_total", type="probe.pinged.v1") > 0
    assert value("palika_events_retried_total", subscription=probe.QUEUE) > 0
    assert value("palika_events_dead_lettered_total", reason="refused") > 0
    assert value("palika_events_dead_lettered_total", reason="exhausted") > 0
    assert value("palika_handler_duration_seconds_count", subscription=probe.QUEUE) > 0
    assert value("palika_event_lag_seconds_count", subscription=probe.QUEUE) > 0
    assert value("palika_database_pool_connections", state="idle") > 0


def test_heartbeats_come_through_the_pipeline_and_reach_no_handler(probe: Probe) -> None:
    def lag() -> float:
        return probe.service.metric("palika_heartbeat_lag_seconds", source="probe")

    wait_for(lambda: probe.service.metric("palika_heartbeat_seen_timestamp_seconds") > 0)
    assert 0 < lag() < 5
    seen = probe.backbone.query(
        "probe", "SELECT 1 FROM inbox JOIN outbox USING (event_id) WHERE type LIKE '%%heartbeat%%'"
    )
    assert seen == []


def test_a_heartbeat_of_a_service_that_nobody_listens_to_makes_no_metric(probe: Probe) -> None:
    event = json.loads(probe_types()[0].new(subject="1", data={"number": 1}).to_json())
    beat = event | {"type": "stranger.heartbeat.v1", "data": {"every_s": 1}}
    probe.backbone.publish(probe.QUEUE, [json.dumps(beat)])
    (after,) = probe.ping("count")
    probe.wait_counted(after)
    wait_for(lambda: probe.backbone.messages(probe.QUEUE) == 0)
    assert probe.service.metric("palika_heartbeat_seen_timestamp_seconds", source="probe") > 0
    assert "stranger" not in probe.service.get("/metrics")[1]
