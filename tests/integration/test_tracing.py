"""One trace from a request over HTTP to the last handler, as a collector sees it."""

import base64
from pathlib import Path

import pytest
import requests

from services.notify.channels.loopback import PlivoServer
from tests.support.collector import Collector, Span
from tests.support.part import wait_for
from tests.support.portal import HOLE, WAIT_S, Portal, keys_file

NAMED = {
    "description": "Vasudha Apte 9822198221 vasudha.apte@example.org waits at the hole",
    "first_name": "Vasudha",
    "last_name": "Apte",
    "phone": "9822198221",
    "email": "vasudha.apte@example.org",
    "address_string": "12 Prabhat Road",
}
PERSONAL = (b"Vasudha", b"Apte", b"9822198221", b"vasudha.apte", b"Prabhat", b"waits at the hole")
FILE = "POST /open311/v2/requests.<form:form>"
OUTSIDE = "4bf92f3577b34da6a3ce929d0e0e4736"
KPI = "process grievance.events:filed:kpi.measures"
NOTIFY = "process grievance.events:filed:notify.deliveries"
ARRIVES_S = 60


@pytest.fixture(scope="module")
def collector():
    """Takes all spans."""
    with Collector() as running:
        yield running


@pytest.fixture(scope="module")
def options(collector):
    """Of every process: all traces are recorded."""
    return {
        "PALIKA_OTEL_ENDPOINT": collector.url,
        "PALIKA_OTEL_HEADER": "Authorization: Bearer of-the-city",
        "PALIKA_OTEL_RATIO": "1",
    }


@pytest.fixture(scope="module")
def portal(backbone, options, tmp_path_factory):
    """The portal, and what lies behind it."""
    backbone.migrate("grievance", "kpi", "notify")
    folder = tmp_path_factory.mktemp("keys")
    keys = keys_file(folder / "keys.yaml")
    sealing = folder / "sealing"
    sealing.write_text(base64.b64encode(b"0" * 32).decode())
    with PlivoServer() as carrier:
        notify = backbone.service(
            "notify",
            PALIKA_NOTIFY_KEYS=str(sealing),
            PALIKA_NOTIFY_CHANNELS="sms",
            PALIKA_SMS_CALLBACK_SECRETS="a-callback-secret",
            PALIKA_SMS_PLIVO_URL=carrier.url,
            PALIKA_SMS_PLIVO_AUTH_ID=carrier.auth_id,
            PALIKA_SMS_PLIVO_AUTH_TOKENS=carrier.auth_token,
            **options,
        )
        parts = [
            backbone.service("kpi", **options),
            notify,
            backbone.service("grievance", **options),
            backbone.relay("grievance", **options),
        ]
        part = backbone.service(
            "portal", PALIKA_PORTAL_HTTP_PORT="0", PALIKA_OPEN311_KEYS=str(keys), **options
        )
        for each in (*parts, part):
            each.wait_ready(120)
        yield Portal(backbone, part)


@pytest.fixture(scope="module")
def trace(portal, collector):
    """The spans of one filing, by name; all that it leads to has arrived."""
    portal.filed(**NAMED)
    wait_for(lambda: collector.named(KPI) and collector.named(NOTIFY), ARRIVES_S)
    wait_for(lambda: collector.named(FILE) and collector.named("grievance.file"), ARRIVES_S)
    (first,) = collector.named(FILE)
    # The client's span of a call ends after the server's, and may come after it; the message to
    # the citizen is sent last.
    wait_for(lambda: collector.named("send message"), ARRIVES_S, "the message is sent")
    wait_for(lambda: len(collector.trace(first.trace_id)) >= 11, ARRIVES_S)
    return {(each.kind, each.name): each for each in collector.trace(first.trace_id)}


def test_a_request_and_all_that_it_leads_to_is_one_trace(trace):
    above: dict[tuple[str, str], tuple[str, str] | None] = {
        ("server", FILE): None,
        ("client", "grievance.open311_service"): ("server", FILE),
        ("server", "grievance.open311_service"): ("client", "grievance.open311_service"),
        ("client", "grievance.file"): ("server", FILE),
        ("server", "grievance.file"): ("client", "grievance.file"),
        ("producer", "create grievance.events:filed"): ("server", "grievance.file"),
        ("client", "publish grievance.events:filed"): (
            "producer",
            "create grievance.events:filed",
        ),
        ("consumer", KPI): ("producer", "create grievance.events:filed"),
        ("consumer", NOTIFY): ("producer", "create grievance.events:filed"),
        ("internal", "send message"): ("consumer", NOTIFY),
        ("client", "POST"): ("internal", "send message"),
    }
    assert above.keys() <= trace.keys()
    for name, parent in above.items():
        assert trace[name].parent == (trace[parent].id if parent else ""), name
        assert not trace[name].failed, name
    services = {name: span.service for name, span in trace.items()}
    assert services[("server", FILE)] == "portal"
    assert services[("client", "publish grievance.events:filed")] == "grievance-relay"
    assert services[("consumer", KPI)] == "kpi"
    assert services[("consumer", NOTIFY)] == "notify"
    assert trace[("internal", "send message")].attributes == {"palika.notify.provider": "plivo"}
    assert trace[("client", "POST")].attributes["http.response.status_code"] == 202


def test_its_spans_lie_in_time_as_they_do_in_the_tree(trace):
    by_id: dict[str, Span] = {span.id: span for span in trace.values()}
    for span in trace.values():
        assert span.start_ns <= span.end_ns
        if span.parent:
            # Within what it was asked by; after what it was published by.
            assert by_id[span.parent].start_ns <= span.start_ns
        if span.kind == "server" and span.parent:
            assert span.end_ns <= by_id[span.parent].end_ns


def test_nothing_about_a_person_is_in_it(trace, collector):
    assert trace
    everything = b"".join(collector.raw)
    assert FILE.encode() in everything
    assert [word for word in PERSONAL if word in everything] == []


def test_a_refusal_is_an_answer_and_no_failure_of_the_service(portal, collector):
    unknown = {"service_code": "no-such-service"}
    answer = requests.post(f"{portal.open311}/requests.json", HOLE | unknown, timeout=WAIT_S)
    assert answer.status_code == 404

    def refused() -> list[Span]:
        return [each for each in collector.named(FILE) if not_found(each)]

    def not_found(span: Span) -> bool:
        return span.attributes.get("http.response.status_code") == 404

    wait_for(refused, ARRIVES_S)
    (span,) = refused()
    assert not span.failed
    wait_for(lambda: len(collector.trace(span.trace_id)) >= 3, ARRIVES_S)
    (asked, answered) = collector.trace(span.trace_id)[1:3]
    assert (asked.kind, asked.failed, asked.attributes["error.type"]) == (
        "client",
        True,
        "NotFound",
    )
    assert (answered.kind, answered.failed) == ("server", False)
    assert answered.attributes["rpc.response.status_code"] == "not_found"


def test_who_asks_may_name_the_trace(portal, collector):
    # Its flag says "not recorded": the city draws for itself, and here it records all.
    given = {"traceparent": f"00-{OUTSIDE}-00f067aa0ba902b7-00"}
    requests.get(f"{portal.open311}/services.json", headers=given, timeout=WAIT_S)
    wait_for(lambda: collector.trace(OUTSIDE), ARRIVES_S)
    assert collector.trace(OUTSIDE)[0].parent == "00f067aa0ba902b7"


def test_every_process_counts_what_it_has_sent(portal, trace):
    assert trace
    wait_for(lambda: portal.part.metric("palika_trace_spans_total", outcome="sent") >= 3, ARRIVES_S)
    assert portal.part.metric("palika_trace_spans_total", outcome="dropped") == 0


def test_a_portal_that_ends_sends_what_it_has(portal, collector):
    path = "/open311/v2/discovery.<form:form>"
    requests.get(f"{portal.open311}/discovery.json", timeout=WAIT_S)
    assert portal.part.stop() == 0
    assert collector.named(f"GET {path}")


@pytest.mark.parametrize("kind", ["run", "relay"])
def test_without_a_collector_no_process_has_the_library(backbone, kind, options):
    backbone.migrate("grievance")
    for given, there in (({}, False), (options, True)):
        part = backbone.part(kind, "grievance", **given).start(ready=False)
        part.wait_ready(120)
        # Of OpenTelemetry's protocol the part that is written in C.
        assert ("google/_upb" in Path(f"/proc/{part.pid}/maps").read_text()) == there
        assert part.stop() == 0
