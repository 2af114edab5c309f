"""Others read our events with the official CloudEvents SDK, and see what we meant."""

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.bindings.rabbitmq import RabbitMQMessage, from_structured_event
from cloudevents.core.exceptions import CloudEventValidationError
from cloudevents.v1.http import from_json as from_json_of_v1

from palika import catalogue, tracing
from palika.events import CONTENT_TYPE, Event, EventType
from tests.support.backbone import probe_types
from tests.support.samples import golden, golden_data

EVERY_TYPE = [*catalogue.all_published(), probe_types()[0]]
NOON = datetime(2026, 4, 1, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture(params=EVERY_TYPE, ids=lambda kind: str(kind.name))
def kind(request: pytest.FixtureRequest) -> EventType:
    """Every type of event."""
    found: EventType = request.param
    return found


def read(body: str) -> BaseCloudEvent:
    """As somebody else reads it from RabbitMQ."""
    return from_structured_event(RabbitMQMessage({}, CONTENT_TYPE, body.encode()))


def a_new_event(kind: EventType) -> Event:
    """Made as a service makes it, in a trace."""
    with tracing.span(None):
        data = golden_data(str(kind.name))
        return kind.new(subject="s-1", data=data, sequence=7, time=NOON)


def assert_agree(theirs: BaseCloudEvent, ours: Event) -> None:
    """Every attribute is the same on both sides."""
    assert theirs.get_specversion() == "1.0"
    assert theirs.get_id() == ours.id
    assert theirs.get_type() == ours.type
    assert theirs.get_source() == ours.source
    assert theirs.get_subject() == ours.subject
    assert theirs.get_time() == ours.time
    assert theirs.get_dataschema() == ours.dataschema
    assert theirs.get_extension("traceparent") == ours.traceparent
    numbered = ours.sequence is not None
    assert theirs.get_extension("sequence") == (str(ours.sequence) if numbered else None)
    assert theirs.get_extension("sequencetype") == ("Integer" if numbered else None)
    assert theirs.get_data() == ours.data


def test_the_sdk_reads_a_new_event_of_every_type(kind: EventType):
    ours = a_new_event(kind)
    theirs = read(ours.to_json())
    assert_agree(theirs, ours)
    assert UUID(theirs.get_id()).version == 7
    assert theirs.get_time() == NOON
    assert theirs.get_source() == f"urn:palika:{kind.name.service}"
    assert theirs.get_extension("traceparent").startswith("00-")


def test_the_sdk_reads_the_golden_sample_of_every_type(kind: EventType):
    body = golden(str(kind.name)).read_text("utf-8")
    ours = Event.from_json(body)
    assert ours.type == str(kind.name)
    assert_agree(read(body), ours)
    assert UUID(ours.id).version == 7


def test_the_sdk_of_version_1_reads_them_too(kind: EventType):
    ours = a_new_event(kind)
    theirs = from_json_of_v1(ours.to_json())
    assert (theirs["id"], theirs["type"], theirs["sequence"]) == (ours.id, ours.type, "7")
    assert theirs.get_data() == ours.data


def test_an_event_without_sequence_and_trace_has_neither_attribute(kind: EventType):
    event = kind.new(subject="s-1", data=golden_data(str(kind.name)))
    attributes = read(event.to_json()).get_attributes()
    assert not attributes.keys() & {"sequence", "sequencetype", "traceparent"}


def test_every_attribute_is_one_that_cloudevents_allows(kind: EventType):
    names = json.loads(a_new_event(kind).to_json()).keys()
    assert all(name.isalnum() and name.islower() and len(name) <= 20 for name in names)


def test_the_sdk_refuses_what_is_no_cloudevent():
    body = json.loads(a_new_event(EVERY_TYPE[0]).to_json())
    del body["source"]
    with pytest.raises(CloudEventValidationError):
        read(json.dumps(body))
