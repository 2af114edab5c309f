"""Spans of events, alone and in batches; a collector that does not work; sampling of processes."""

import threading
import time
from dataclasses import replace

import pytest

from palika import tracing
from tests.support.backbone import ping
from tests.support.collector import Collector
from tests.support.fixtures import Probe
from tests.support.part import wait_for

CREATE = "create probe.events:pinged"
PUBLISH = "publish probe.events:pinged"
PROCESS = "process probe.events:pinged:probe.pings"
BATCH = "process probe.pings"
WAIT_S = 60


@pytest.fixture(scope="module")
def collector():
    """Takes all spans."""
    with Collector() as running:
        yield running


@pytest.fixture(scope="module")
def options(collector):
    """All traces are recorded."""
    return {"PALIKA_OTEL_ENDPOINT": collector.url, "PALIKA_OTEL_RATIO": "1"}


@pytest.fixture(scope="module")
def probe(backbone, options):
    """The test service and its relay."""
    return Probe(backbone, **options)


@pytest.fixture(autouse=True)
def emptied(collector):
    """Each test sees its own."""
    yield
    collector.spans.clear()


def called(probe, *treats):
    """Have the service record a ping for each treatment, each by a call; their numbers."""
    numbers = probe.numbers(len(treats))
    with probe.backbone.client() as city:
        for number, treat in zip(numbers, treats, strict=True):
            city.probe.ping(numbers=[number], treat=treat)
    return numbers


def test_what_a_handler_records_goes_on_in_the_trace_of_its_event(probe, collector):
    probe.wait_counted(*called(probe, "echo"))
    parts = ("publish probe.events:echoed", "create probe.events:echoed", PROCESS, CREATE)
    wait_for(lambda: all(map(collector.named, parts)), WAIT_S, "all spans are there")
    (process,) = collector.named(PROCESS)
    (echoed,) = collector.named("create probe.events:echoed")
    assert (echoed.trace_id, echoed.parent) == (process.trace_id, process.id)
    assert collector.named(CREATE)[0].id == process.parent


def test_events_of_a_batch_stay_in_their_traces_and_are_linked_with_it(probe, collector):
    probe.service.stop()
    collector.spans.clear()
    events = probe.numbers(20)
    parents = [f"00-{n:032x}-00f067aa0ba902b7-01" for n in range(1, 21)]
    record_each_in_its_trace(probe, events, parents)
    wait_for(lambda: len(collector.named(PUBLISH)) == 20, WAIT_S, "all are published")
    together = {each.attributes["palika.batch.events"] for each in collector.named(PUBLISH)}
    assert together == {20}
    probe.service.start(ready=False).wait_ready(120)
    probe.wait_counted(*events, timeout_s=WAIT_S)
    wait_for(lambda: len(collector.named(PROCESS)) == 20, WAIT_S, "all are processed")
    each_in_its_own = {each.trace_id for each in collector.named(PROCESS)}
    assert each_in_its_own == {f"{n:032x}" for n in range(1, 21)}
    batches = {each.id: each for each in collector.named(BATCH)}
    for each in collector.named(PROCESS):
        assert each.parent == "00f067aa0ba902b7"
        if each.links:
            ((_, batch),) = each.links
            assert (each.trace_id, each.parent) in batches[batch].links
    counts = [each.attributes["messaging.batch.message_count"] for each in batches.values()]
    assert sum(counts) + sum(not each.links for each in collector.named(PROCESS)) == 20
    assert counts, "they came together"


def record_each_in_its_trace(probe, numbers, parents):
    """One transaction, as a foreign process may that has recorded its own spans."""
    probe.backbone.record(
        "probe",
        *(replace(ping(n), traceparent=p) for n, p in zip(numbers, parents, strict=True)),
    )


def test_an_event_that_fails_shows_each_attempt(probe, collector):
    called(probe, "raise")
    wait_for(lambda: len(collector.named(PROCESS)) == 3, WAIT_S, "all attempts are there")
    assert {each.attributes["error.type"] for each in collector.named(PROCESS)} == {"KeyError"}
    assert len({each.trace_id for each in collector.named(PROCESS)}) == 1
    called(probe, "refuse")
    wait_for(lambda: len(collector.named(PROCESS)) == 4, WAIT_S)
    assert collector.named(PROCESS)[-1].attributes["error.type"] == "Refuse"
    assert all(each.failed for each in collector.named(PROCESS))


def test_what_is_not_sampled_is_not_recorded_anywhere(probe, collector):
    with tracing.span(None) as outside:
        # This process records nothing, so it says: not sampled.
        numbers = called(probe, "echo")
    probe.wait_counted(*numbers, timeout_s=WAIT_S)
    sampled = called(probe, "count")
    probe.wait_counted(*sampled, timeout_s=WAIT_S)
    wait_for(lambda: collector.named(PROCESS), WAIT_S)
    assert collector.trace(outside.split("-")[1]) == []
    assert len(collector.named("probe.ping")) == 1
    (body,) = probe.backbone.query(
        "probe", "SELECT body FROM outbox WHERE body LIKE %s", f"%{outside.split('-')[1]}%"
    )[:1]
    assert '-00"' in body[0]


def test_heartbeats_are_in_no_trace(probe, collector):
    beats = "SELECT count(*) FROM outbox WHERE type = 'probe.heartbeat.v1' AND sent_at IS NOT NULL"
    wait_for(lambda: probe.backbone.value("probe", beats) > 1, WAIT_S)
    called(probe, "count")
    wait_for(lambda: collector.named(PROCESS), WAIT_S)
    assert not [each for each in collector.spans if "heartbeat" in each.name]


def stalls(release):
    def answer() -> int:
        release.wait(120)
        return 503

    return answer


@pytest.mark.parametrize("how", ["away", "stalls", "refuses"])
def test_a_collector_that_does_not_work_slows_and_loses_nothing(backbone, how):
    release = threading.Event()
    with Collector(answer=stalls(release) if how == "stalls" else lambda: 503) as broken:
        if how == "away":
            broken.__exit__()
        on = {"PALIKA_OTEL_ENDPOINT": broken.url, "PALIKA_OTEL_RATIO": "1"}
        service = backbone.migrate("probe").service("probe", **on)
        relay = backbone.relay("probe", **on)
        service.wait_ready(120)
        relay.wait_ready(120)
        first = 1_000 * (1 + ["away", "stalls", "refuses"].index(how))
        numbers = list(range(first, first + 600))
        longest = 0.0
        with backbone.client() as city:
            for start in range(0, 600, 6):
                began = time.monotonic()
                city.probe.ping(numbers=numbers[start : start + 6])
                longest = max(longest, time.monotonic() - began)
        counted = "SELECT count(*), max(times) FROM ping WHERE number >= %s AND number < %s"
        wait_for(
            lambda: backbone.query("probe", counted, first, first + 600) == [(600, 1)],
            WAIT_S,
            "all are counted, once",
        )
        # The patience with a collector is five seconds; no call has waited for it.
        assert longest < 4
        if how != "stalls":
            dropped = {"name": "palika_trace_spans_total", "outcome": "dropped"}
            wait_for(lambda: service.metric(**dropped) > 0, WAIT_S)
            wait_for(lambda: relay.metric(**dropped) > 0, WAIT_S)
        assert service.metric("palika_trace_spans_total", outcome="sent") == 0
        began = time.monotonic()
        assert service.stop() == 0
        assert relay.stop() == 0
        # Two seconds for the last spans of each, and what a stop takes without them.
        assert time.monotonic() - began < 15
        release.set()
        if how == "away":
            broken.__enter__()
