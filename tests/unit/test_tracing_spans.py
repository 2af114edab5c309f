"""Spans: recorded where they are wanted, dropped where nobody takes them, and never in the way."""

import dataclasses
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime

import pytest
from opentelemetry.semconv._incubating.attributes import (
    cloudevents_attributes,
    messaging_attributes,
    rpc_attributes,
)
from opentelemetry.semconv.attributes import (
    error_attributes,
    http_attributes,
    server_attributes,
    url_attributes,
)

from palika import errors, events, metrics, outgoing, spans, tracing, tracing_sdk
from palika.config import settings
from palika.events import Event
from tests.support.collector import Collector
from tests.support.part import wait_for

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
UNSAMPLED = f"{PARENT[:-2]}00"
EVENT = "0192f0e1-0000-7000-8000-000000000001"
CONVENTIONS = {
    value
    for module in (
        cloudevents_attributes,
        error_attributes,
        http_attributes,
        messaging_attributes,
        rpc_attributes,
        server_attributes,
        url_attributes,
    )
    for value in vars(module).values()
    if isinstance(value, str)
}


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """What is recorded is sent soon, and a collector that has failed rests for a moment only."""
    monkeypatch.setattr(tracing_sdk, "_EVERY_MS", 20)
    monkeypatch.setattr(tracing_sdk, "_REST_S", 0.2)
    yield
    tracing.end()


@pytest.fixture
def collector():
    with Collector() as running:
        yield running


def begin(url: str, ratio: float = 1.0, header: str = "") -> None:
    given = {"otel_endpoint": url, "otel_ratio": ratio, "otel_header": header, "service": "probe"}
    tracing.begin(dataclasses.replace(settings(), **given), "service")


def counted(outcome: str) -> float:
    return metrics.TRACE_SPANS.labels(outcome=outcome)._value.get()


def test_nothing_is_recorded_and_nothing_loaded_where_no_collector_is_named(root):
    told = (
        "import sys, palika.tracing as t, palika.runner, palika.rpc, palika.subscribe\n"
        "import palika.relay, palika.outgoing, palika.outbox, services.portal.app\n"
        "from palika.config import settings\n"
        "t.begin(settings(), 'service')\n"
        "with t.span(None, 'work'): t.note({'a': 1}); t.fail('x')\n"
        "assert not t.recording()\n"
        "t.end()\n"
        "print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", told], cwd=root, capture_output=True, text=True, check=True
    )
    loaded = {name for name in done.stdout.split() if name.startswith(("opentele", "google"))}
    assert loaded == set()


def test_a_process_that_records_nothing_says_that_its_traces_are_not_sampled():
    with tracing.span(None) as traceparent:
        assert traceparent.endswith("-00")
    with tracing.call("grievance.file", {}) as traceparent:
        assert traceparent is None
        assert tracing.carried() == {}
    with tracing.span(PARENT), tracing.call("grievance.file", {}) as traceparent:
        assert tracing.carried() == {tracing.HEADER: traceparent}
        assert traceparent.startswith(PARENT[:36])


def test_a_span_has_its_parent_its_kind_and_what_was_noted(collector):
    begin(collector.url, header="Authorization: Bearer of-the-city")
    with tracing.span(PARENT, "probe.file", kind="server", attributes=spans.rpc("probe.file")) as t:
        tracing.note({"rpc.response.status_code": "ok"})
    wait_for(lambda: collector.spans)
    (span,) = collector.spans
    assert t == f"00-{span.trace_id}-{span.id}-01"
    assert (span.trace_id, span.parent) == tuple(PARENT.split("-")[1:3])
    assert (span.service, span.name, span.kind, span.failed) == (
        "probe",
        "probe.file",
        "server",
        False,
    )
    assert span.attributes == {
        "rpc.system.name": "nameko",
        "rpc.method": "probe.file",
        "rpc.response.status_code": "ok",
    }
    assert collector.headers[0]["Authorization"] == "Bearer of-the-city"
    assert collector.headers[0]["path"] == "/v1/traces"


def test_an_error_is_told_by_its_kind_and_never_by_its_text(collector):
    begin(collector.url)
    with pytest.raises(KeyError), tracing.span(None, "broken"):
        raise KeyError("Vasudha Apte")
    with pytest.raises(errors.NotFound), tracing.span(None, "asked", refusals=(errors.NotFound,)):
        raise errors.NotFound("no grievance of Vasudha Apte")
    wait_for(lambda: len(collector.spans) == 2)
    broken, asked = collector.named("broken") + collector.named("asked")
    assert (broken.failed, broken.attributes) == (True, {"error.type": "KeyError"})
    assert (asked.failed, asked.attributes) == (False, {})
    assert b"Vasudha" not in b"".join(collector.raw)


def test_who_begins_a_trace_draws_and_the_others_follow(collector):
    begin(collector.url, ratio=0.0)
    with tracing.span(None, "drawn") as drawn:
        assert drawn.endswith("-00")
    with tracing.span(PARENT, "followed"), tracing.span(UNSAMPLED, "not"):
        pass
    with tracing.span(PARENT, "an outsider's", trusted=False) as outside:
        assert outside.startswith(PARENT[:36])
        assert outside.endswith("-00")
    tracing.end()
    assert [span.name for span in collector.spans] == ["followed"]


def test_the_ratio_is_kept(collector):
    begin(collector.url, ratio=0.25)
    drawn = [tracing.new_traceparent()[-2:] for _ in range(4_000)]
    assert set(drawn) == {"00", "01"}
    assert 800 < drawn.count("01") < 1_200


@pytest.mark.parametrize("ratio", [0.0, 1.0])
def test_a_span_within_one_that_is_not_recorded_is_not_either(collector, ratio):
    begin(collector.url, ratio=ratio)
    with tracing.span(UNSAMPLED, "outer"):
        tracing.note({"http.route": "/"})
        with tracing.call("a.b", {}), tracing.part("GET", "client", dict):
            assert tracing.carried()[tracing.HEADER].endswith("-00")
    tracing.end()
    assert collector.spans == []


def test_others_servers_are_named_and_their_paths_are_not(collector, monkeypatch):
    begin(collector.url)
    pool = outgoing.Outgoing()
    with Collector(answer=lambda: 400) as other:
        with tracing.span(None, "work"):
            pool.ask("POST", f"{other.url}/users/9822198221?token=secret", body=b"x")
        pool.ask("POST", other.url, body=b"x")
        with tracing.span(None, "again"):
            pool.ask("POST", "http://127.0.0.1:1/users/9822198221", body=b"x")
    wait_for(lambda: len(collector.spans) == 4)
    answered, refused = sorted(collector.named("POST"), key=lambda each: each.start_ns)
    (work,) = collector.named("work")
    assert (answered.parent, answered.kind, answered.failed) == (work.id, "client", True)
    assert answered.attributes == {
        "http.request.method": "POST",
        "server.address": "127.0.0.1",
        "server.port": other.port,
        "http.response.status_code": 400,
        "error.type": "400",
    }
    assert refused.attributes["error.type"] == "NotSent"
    assert b"9822198221" not in b"".join(collector.raw)
    assert all(tracing.HEADER not in {n.lower() for n in each} for each in other.headers)


def test_attributes_are_those_of_the_semantic_conventions(collector):
    begin(collector.url)
    made = spans.create(None, "grievance.filed.v2", EVENT)
    made.fail("x")
    made.end()
    spans.publish(
        PARENT,
        "grievance.filed.v2",
        EVENT,
        started_ns=1,
        ended_ns=2,
        together=7,
        error_type=None,
    )
    for name, attributes in (
        ("rpc", spans.rpc("a.b")),
        ("http", spans.http_request("GET", "/en/<page>", "https")),
        ("asked", spans.http_asked("GET", "https://host/")),
        spans.process("grievance.filed.v2", EVENT, "kpi.measures"),
        spans.process_batch("kpi.measures", 7),
    ):
        with tracing.span(None, name, attributes=attributes):
            tracing.note({"http.response.status_code": 200, "rpc.response.status_code": "ok"})
    wait_for(lambda: len(collector.spans) == 7)
    used = {name for span in collector.spans for name in span.attributes}
    assert used - CONVENTIONS == {"palika.batch.events"}
    named = {span.name: span for span in collector.spans}
    created = named["create grievance.events:filed.v2"]
    assert created.kind == "producer"
    assert created.attributes["messaging.destination.name"] == "grievance.events:filed.v2"
    published = named["publish grievance.events:filed.v2"]
    assert (published.kind, published.start_ns, published.end_ns) == ("client", 1, 2)
    assert "process grievance.events:filed.v2:kpi.measures" in named


def test_a_collector_that_is_away_costs_nothing_but_the_spans():
    dropped = counted("dropped")
    with Collector() as gone:
        port = gone.port
    begin(f"http://127.0.0.1:{port}")
    for _ in range(100):
        with tracing.span(None, "lost"):
            pass
    wait_for(lambda: counted("dropped") - dropped == 100)
    with Collector(port=port) as back:

        def arrives() -> bool:
            with tracing.span(None, "found"):
                pass
            return bool(back.spans)

        wait_for(arrives, step_s=0.1)
    assert {span.name for span in back.spans} == {"found"}


@pytest.mark.parametrize("status", [400, 429, 503])
def test_what_a_collector_refuses_is_dropped_and_not_sent_again(status, caplog):
    dropped = counted("dropped")
    with Collector(answer=lambda: status) as refusing:
        begin(refusing.url)
        with tracing.span(None, "refused"):
            pass
        wait_for(lambda: counted("dropped") - dropped == 1)
        tracing.end()
        assert len(refusing.headers) == 1
    (told,) = [each for each in caplog.records if each.name == "palika.tracing_sdk"]
    assert f"takes no spans (status {status})" in told.getMessage()


def test_what_a_collector_takes_in_part_is_counted_as_that(collector, monkeypatch):
    # All of them in one request.
    monkeypatch.setattr(tracing_sdk, "_EVERY_MS", 60_000)
    sent, dropped = counted("sent"), counted("dropped")
    collector.reject = 2
    begin(collector.url)
    for _ in range(5):
        with tracing.span(None, "work"):
            pass
    tracing.end()
    assert (counted("sent") - sent, counted("dropped") - dropped) == (3, 2)


def test_a_collector_that_stalls_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(tracing_sdk, "QUEUE", 300)
    monkeypatch.setattr(tracing_sdk, "_LAST_S", 0.3)
    sent, dropped = counted("sent"), counted("dropped")
    release = threading.Event()

    def stalls() -> int:
        release.wait(60)
        return 200

    with Collector(answer=stalls) as stalling:
        begin(stalling.url)
        began = time.monotonic()
        for _ in range(1_000):
            with tracing.span(None, "work"):
                pass
        # 256 are on their way, 300 wait, and the rest is dropped at once.
        wait_for(lambda: counted("dropped") - dropped >= 1_000 - 300 - 256)
        assert counted("sent") == sent
        assert time.monotonic() - began < 4, "shorter than the patience with the collector"
        began = time.monotonic()
        tracing.end()
        assert time.monotonic() - began < 3
        release.set()


def test_what_is_recorded_before_the_end_is_sent(collector):
    begin(collector.url)
    for number in range(600):
        with tracing.span(None, f"work {number % 7}"):
            pass
    tracing.end()
    assert len(collector.spans) == 600
    with tracing.span(None, "late") as late:
        assert late.endswith("-00")


def test_what_is_kept_for_later_is_of_the_trace_that_caused_it(collector):
    assert tracing.to_keep(PARENT) is None, "nothing is recorded yet"
    begin(collector.url)
    other = f"00-{'a' * 32}-{'b' * 16}-01"
    with tracing.span(PARENT, "handler") as handler:
        assert tracing.to_keep(PARENT) == handler
        assert tracing.to_keep() == handler
        assert tracing.to_keep(other) == other
    with tracing.span(UNSAMPLED, "handler"):
        assert tracing.to_keep(UNSAMPLED) is None
    assert tracing.to_keep() is None
    for kept in (None, UNSAMPLED, "nonsense"):
        with tracing.later(kept, "send", {}):
            assert tracing.current_traceparent() is None
    with tracing.later(handler, "send", {"palika.notify.provider": "log"}):
        tracing.fail("log_down")
    tracing.end()
    (sent,) = collector.named("send")
    assert (sent.parent, sent.failed) == (handler.split("-")[2], True)


@pytest.mark.parametrize("text", ["x", ',"traceparent":"00-', '"data":', "\\"])
@pytest.mark.parametrize("traceparent", [None, PARENT])
def test_the_relay_finds_the_trace_in_an_event_and_never_in_its_data(text, traceparent):
    event = Event(
        id=EVENT,
        type="probe.pinged.v1",
        subject=f'{text},"traceparent":"no"',
        time=datetime.now(UTC),
        data={"traceparent": "no", "text": text},
        sequence=1,
        traceparent=traceparent,
    )
    assert events.traceparent_of(event.to_json()) == traceparent
