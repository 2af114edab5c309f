"""A call from end to end: who calls, in which trace, what may go wrong and how it is told."""

import decimal
import math
from typing import Any

import kombu
import pytest

from palika import tracing
from palika.auth import Identity
from palika.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    PalikaError,
    Unavailable,
    Unexpected,
)
from palika.local import Broker
from palika.rpc import Client
from tests.support.backbone import Backbone, connections_opened
from tests.support.fixtures import Probe
from tests.support.part import Part, wait_for

CITIZEN = Identity.of("citizen:9", "citizen")
KINDS = (NotFound, Invalid, Conflict, Forbidden, Unavailable)
DETAILS = {"field": ["rule", 7], "none": None, "deep": {"n": [1.5, True]}}


@pytest.fixture(scope="module")
def grievance(backbone: Backbone) -> Part:
    """A second service, for the probe to ask."""
    return backbone.migrate("grievance").service("grievance")


def test_the_caller_and_the_trace_arrive(backbone: Backbone, probe: Probe) -> None:
    with backbone.client(CITIZEN) as city, tracing.span(None) as traceparent:
        who = city.probe.whoami()
    assert who["subject"] == "citizen:9"
    assert who["roles"] == ["citizen"]
    assert who["trace_id"] == traceparent.split("-")[1]


def test_calls_and_answers_use_the_connections_that_are_there(
    broker: Broker, backbone: Backbone, probe: Probe
) -> None:
    with backbone.client(CITIZEN) as city:
        asked = {"service": "probe", "method": "whoami"}
        city.probe.ask(**asked)
        before = connections_opened(broker)
        for _ in range(10):
            city.probe.ask(**asked)
        # A pool grows while one is in use and another wanted; of 40 messages none has its own.
        assert connections_opened(broker) - before < 5


def test_a_service_calls_as_itself_or_for_its_caller_in_the_same_trace(
    backbone: Backbone, probe: Probe
) -> None:
    asked = {"service": "probe", "method": "whoami"}
    with backbone.client(CITIZEN) as city, tracing.span(None) as traceparent:
        itself = city.probe.ask(**asked)
        caller = city.probe.ask(**asked, as_caller=True)
    assert (itself["subject"], itself["roles"]) == ("service:probe", ["service"])
    assert (caller["subject"], caller["roles"]) == ("citizen:9", ["citizen"])
    assert {itself["trace_id"], caller["trace_id"]} == {traceparent.split("-")[1]}


def test_an_event_recorded_in_a_call_is_in_the_trace_of_the_call(
    backbone: Backbone, probe: Probe
) -> None:
    (number,) = probe.numbers()
    with backbone.client() as city, tracing.span(None) as traceparent:
        city.probe.ping(numbers=[number])
    recorded = backbone.value(
        "probe",
        "SELECT body::json ->> 'traceparent' FROM outbox WHERE body::json ->> 'subject' = %s",
        str(number),
    )
    assert recorded.split("-")[1] == traceparent.split("-")[1]
    probe.wait_counted(number)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
@pytest.mark.parametrize("way", ["to a client", "to a service"])
def test_an_error_arrives_as_it_was_raised(
    backbone: Backbone, probe: Probe, kind: type[PalikaError], way: str
) -> None:
    with backbone.client() as city, pytest.raises(PalikaError) as caught:
        _fail(city, kind.__name__, way)
    assert type(caught.value) is kind
    assert caught.value.message == "as asked"
    assert caught.value.details == DETAILS


@pytest.mark.parametrize("way", ["to a client", "to a service"])
def test_of_a_bug_the_caller_learns_the_trace_and_nothing_else(
    backbone: Backbone, probe: Probe, way: str
) -> None:
    with backbone.client() as city, pytest.raises(Unexpected) as caught:
        _fail(city, "the bug", way)
    said = str(caught.value.to_dict())
    for private in ("secret", "the bug", "KeyError", "Traceback", ".py"):
        assert private not in said
    trace_id = caught.value.details["trace_id"]
    wait_for(lambda: "secret of the bug" in probe.service.said)
    assert f"trace_id={trace_id}" in probe.service.said


def test_an_answer_that_is_no_json_is_told_without_its_content(
    backbone: Backbone, probe: Probe
) -> None:
    with backbone.client() as city:
        with pytest.raises(Unexpected) as caught:
            city.probe.fail(how="answer")
        assert "{1, 2}" not in str(caught.value.to_dict())
        assert city.probe.whoami()["roles"] == ["admin"]


def _fail(city: Client, how: str, way: str) -> None:
    if way == "to a client":
        city.probe.fail(how=how)
    # The probe hears the error from the other worker, and passes it on.
    asked = {"service": "probe", "method": "fail", "arguments": {"how": how}}
    city.probe.ask(**asked, as_caller=True)


def test_a_service_hears_the_errors_of_another_service(
    backbone: Backbone, probe: Probe, grievance: Part
) -> None:
    grievance.wait_ready()
    nobody = {"id": "00000000-0000-7000-8000-000000000000"}
    with backbone.client() as city:

        def ask(method: str, **arguments: Any) -> None:
            city.probe.ask(service="grievance", method=method, arguments=arguments)

        with pytest.raises(NotFound, match="there is no grievance"):
            ask("get", **nobody)
        with pytest.raises(Invalid) as caught:
            ask("file", category="pothole", description="")
        assert caught.value.fields == {"description": ["must not be empty"]}
        with pytest.raises(NotFound, match=r"there is no method grievance\.burn"):
            ask("burn")
        with pytest.raises(Unavailable, match=r"water\.flow: the service is not running"):
            city.probe.ask(service="water", method="flow")


def test_wrong_arguments_are_refused_by_name(backbone: Backbone, probe: Probe) -> None:
    with backbone.client() as city:
        for wrong, fields in (
            ({}, {"numbers": ["Missing data for required field."]}),
            ({"numbers": "1"}, {"numbers": ["Not a valid list."]}),
            ({"numbers": [1, "2"]}, {"numbers": {"1": ["Not a valid integer."]}}),
            ({"numbers": [], "colour": 1}, {"colour": ["Unknown field."]}),
        ):
            with pytest.raises(Invalid) as caught:
                city.probe.ping(**wrong)
            assert caught.value.fields == fields
        with pytest.raises(Invalid) as caught:
            city.probe.whoami(name="me")
        assert caught.value.fields == {"name": ["Unknown field."]}
        with pytest.raises(NotFound, match=r"there is no method probe\.pong"):
            city.probe.pong()


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ("a\0b", "U+0000 at position 2"),
        ("\ud83d", "U+D83D at position 1"),
        (math.nan, "nan or infinity"),
        (math.inf, "nan or infinity"),
    ],
    ids=["NUL", "half a character", "NaN", "infinity"],
)
def test_what_no_database_can_store_is_refused_by_name(
    backbone: Backbone, probe: Probe, value: Any, rule: str
) -> None:
    with backbone.client() as city:
        with pytest.raises(Invalid) as caught:
            city.probe.nap(seconds=value)
        assert rule in str(caught.value.fields["seconds"])
        if isinstance(value, str):
            with pytest.raises(Invalid) as caught:
                city.probe.ask(service="x", method="y", arguments={"a": [{"b": value}]})
            deep = caught.value.fields["arguments"]["a"]["0"]["b"]
            assert rule in deep[0]


def test_arguments_that_are_no_json_are_refused_before_they_are_sent(
    backbone: Backbone, probe: Probe
) -> None:
    deep: list[Any] = []
    for _ in range(5_000):
        deep = [deep]
    with backbone.client() as city:
        for value in ({1, 2}, object(), deep):
            with pytest.raises(Invalid, match="plain JSON"):
                city.probe.ping(numbers=value)
        with pytest.raises(Invalid):
            city.probe.ping(numbers=[decimal.Decimal("1.5")])
        assert city.probe.ping(numbers=[]) == {"recorded": 0}


def test_a_megabyte_of_text_is_no_trouble(backbone: Backbone, probe: Probe) -> None:
    with backbone.client() as city, pytest.raises(Unexpected):
        city.probe.fail(how="x" * 1_000_000)


def test_a_malformed_identity_is_forbidden(backbone: Backbone, probe: Probe) -> None:
    for header in ("admin", 7, {"subject": "x"}, {"subject": "x", "roles": ["king"]}):
        answer = backbone.call_raw("probe.whoami", headers={"nameko.palika_identity": header})
        assert answer["error"]["exc_type"] == "Forbidden"
    assert backbone.call_raw("probe.whoami")["result"]["roles"] == ["anonymous"]


def test_a_malformed_trace_begins_a_new_one(backbone: Backbone, probe: Probe) -> None:
    for header in ("nonsense", 7, ["00"]):
        answer = backbone.call_raw("probe.whoami", headers={"nameko.traceparent": header})
        assert len(answer["result"]["trace_id"]) == 32


def test_positional_arguments_are_refused(backbone: Backbone, probe: Probe) -> None:
    answer = backbone.call_raw("probe.whoami", {"args": [1], "kwargs": {}})
    assert answer["error"]["exc_type"] == "Invalid"
    assert "named arguments only" in answer["error"]["exc_args"][0]
    answer = backbone.call_raw("probe.whoami", {"args": [], "kwargs": {"self": 1}})
    assert "takes no arguments" in answer["error"]["exc_args"][0]


def test_a_message_that_is_no_call_harms_nobody(backbone: Backbone, probe: Probe) -> None:
    for body in ({}, [], 7, {"args": [], "kwargs": 5}, {"args": 1, "kwargs": {}}):
        assert backbone.call_raw("probe.whoami", body)["error"]
    # Without a word of where to answer to, or how it is written.
    backbone.publish("rpc-probe", ["[]", "{", b"\xff\0"])
    with backbone.channel() as channel:
        kombu.Producer(channel).publish(b"", routing_key="rpc-probe", reply_to="nowhere")
    wait_for(lambda: backbone.depth("rpc-probe") == 0)
    with backbone.client() as city:
        assert city.probe.whoami()["roles"] == ["admin"]
    assert probe.service.exit_code is None
