"""Events: what is made can be read again, and what cannot be read is refused with its reason."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, fields

from palika import tracing
from palika.errors import Invalid
from palika.events import (
    Event,
    EventType,
    MalformedEvent,
    TypeName,
    event_type,
    lookup,
    registered_types,
)
from tests.support.backbone import probe_types

INDIA = timezone(timedelta(hours=5, minutes=30))
NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)


class Felled(Schema):
    """Of a tree."""

    species = fields.String(required=True)
    rings = fields.Integer(required=True, strict=True)
    felled_on = fields.Date(required=True)


class Other(Schema):
    """Another schema."""


FELLED = EventType(TypeName.parse("tree.felled.v1"), Felled(unknown="raise"), "A tree was felled.")
TREE: dict[str, Any] = {"species": "वड", "rings": 60, "felled_on": "2026-04-01"}

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
events = st.builds(
    Event,
    id=st.uuids().map(str),
    type=st.sampled_from(["grievance.filed.v1", "tax.paid.v12", "eoffice.file_moved.v2"]),
    subject=texts.filter(bool),
    time=st.datetimes(timezones=st.just(UTC)).filter(lambda time: 1 < time.year < 9999),
    data=st.dictionaries(texts, json_values, max_size=5),
    sequence=st.none() | st.integers(0, 2**63 - 1),
    traceparent=st.none() | st.builds(tracing.new_traceparent),
)


def a_body(**changes: Any) -> bytes:
    """A good body, changed; an attribute set to ``...`` is left out."""
    body = {
        "specversion": "1.0",
        "id": "0196f3a0-1111-7000-8000-000000000001",
        "source": "urn:palika:tree",
        "type": "tree.felled.v1",
        "subject": "t-1",
        "time": "2026-04-01T12:00:00Z",
        "data": TREE,
        **changes,
    }
    return json.dumps({key: value for key, value in body.items() if value is not ...}).encode()


# ---- names


def test_a_type_name_is_taken_apart_and_put_together_again():
    name = TypeName.parse("eoffice.file_moved.v1")
    assert (name.service, name.event, name.version) == ("eoffice", "file_moved", 1)
    assert str(name) == "eoffice.file_moved.v1"


def test_exchange_and_routing_key_are_namekos_own_and_later_versions_add_theirs():
    assert TypeName.parse("tax.paid.v1").exchange == "tax.events"
    assert TypeName.parse("tax.paid.v1").routing_key == "paid"
    assert TypeName.parse("tax.paid.v2").routing_key == "paid.v2"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "paid",
        "tax.paid",
        "tax.paid.v0",
        "tax.paid.v01",
        "tax.paid.1",
        "Tax.paid.v1",
        "tax.Paid.v1",
        "tax..v1",
        "tax.pa-id.v1",
        "tax.paid.v1.x",
        "tax.paid.v1\n",
        " tax.paid.v1",
        "tax_x.paid.v1",
        "कर.paid.v1",
        "tax.paid.v१",
        "tax.paid.v" + "9" * 5_000,
    ],
)
def test_a_badly_formed_type_name_is_refused_with_the_form(name):
    with pytest.raises(ValueError, match=r"expected service\.event_name\.vN"):
        TypeName.parse(name)


# ---- registering


def test_the_same_type_cannot_be_registered_with_two_schemas():
    pinged, _ = probe_types()
    again = event_type("probe.pinged.v1", type(pinged.schema), pinged.summary)
    assert again.name == pinged.name
    with pytest.raises(ValueError, match=r"probe\.pinged\.v1 is registered already"):
        event_type("probe.pinged.v1", Other, "Something else.")
    assert type(lookup("probe.pinged.v1").schema) is type(pinged.schema)


def test_registered_types_are_found_by_their_service():
    probe_types()
    names = [str(kind.name) for kind in registered_types("probe") if kind.logged]
    assert names == ["probe.echoed.v1", "probe.pinged.v1"]
    assert registered_types("nobody") == []
    with pytest.raises(KeyError):
        lookup("nobody.knows.v1")


# ---- making


def test_a_new_event_has_its_own_id_version_7_and_the_present_time():
    before = datetime.now(UTC)
    first, second = (FELLED.new(subject="t-1", data=TREE) for _ in range(2))
    assert first.id < second.id
    assert UUID(first.id).version == 7
    assert before <= first.time <= datetime.now(UTC)
    assert (first.type, first.name, first.subject) == ("tree.felled.v1", "tree.felled", "t-1")


def test_a_new_event_carries_the_trace_of_what_is_being_done():
    assert FELLED.new(subject="t-1", data=TREE).traceparent is None
    with tracing.span(None) as traceparent:
        assert FELLED.new(subject="t-1", data=TREE).traceparent == traceparent


def test_the_data_travels_in_the_schemas_own_types():
    assert FELLED.new(subject="t-1", data=TREE).data == TREE


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"rings": "sixty"}, "rings"),
        ({"rings": 60.5}, "rings"),
        ({"felled_on": "1 April"}, "felled_on"),
        ({"species": None}, "species"),
        ({"owner": "Asha"}, "owner"),
        ({"species": "va\0d"}, "species"),
    ],
)
def test_data_that_does_not_fit_its_schema_is_refused_where_it_is_made(change, field):
    with pytest.raises(Invalid) as refused:
        FELLED.new(subject="t-1", data=TREE | change)
    assert list(refused.value.fields) == [field]
    assert "tree.felled.v1" in str(refused.value)


def test_data_without_a_required_field_is_refused():
    with pytest.raises(Invalid) as refused:
        FELLED.new(subject="t-1", data={"species": "वड"})
    assert set(refused.value.fields) == {"rings", "felled_on"}


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match=r"tree\.felled\.v1: .* has no time zone"):
        FELLED.new(subject="t-1", data=TREE, time=NOON.replace(tzinfo=None))


def test_a_time_in_another_zone_is_kept_in_utc():
    event = FELLED.new(subject="t-1", data=TREE, time=NOON.astimezone(INDIA))
    assert event.time == NOON
    assert event.time.tzinfo is UTC


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": ""},
        {"subject": "t\0"},
        {"sequence": -1},
        {"sequence": 2**63},
        {"time": datetime.max.replace(tzinfo=UTC)},
        {"time": datetime.min.replace(tzinfo=INDIA)},
    ],
    ids=str,
)
def test_an_envelope_that_nobody_could_read_is_refused_where_it_is_made(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        FELLED.new(**({"subject": "t-1", "data": TREE} | wrong))


# ---- there and back


@given(events)
def test_what_is_written_is_read_as_it_was(event):
    assert Event.from_json(event.to_json()) == event
    assert Event.from_json(event.to_json().encode()) == event
    assert Event.from_json(memoryview(event.to_json().encode())) == event


def test_the_envelope_is_what_cloudevents_asks_for():
    event = FELLED.new(subject="t-1", data=TREE, sequence=3, time=NOON)
    assert json.loads(event.to_json()) == {
        "specversion": "1.0",
        "id": event.id,
        "source": "urn:palika:tree",
        "type": "tree.felled.v1",
        "subject": "t-1",
        "time": "2026-04-01T12:00:00Z",
        "dataschema": "urn:palika:schema:tree.felled.v1",
        "sequence": "3",
        "sequencetype": "Integer",
        "data": TREE,
    }


def test_a_time_with_an_offset_is_read_as_the_same_moment_in_utc():
    event = Event.from_json(a_body(time="2026-04-01T17:30:00+05:30"))
    assert event.time == NOON
    assert event.time.tzinfo is UTC


def test_a_backslash_that_only_looks_like_a_nul_is_let_through():
    text = r"C:\u0000 is not a NUL"
    assert Event.from_json(a_body(subject=text)).subject == text


# ---- what is no event


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\x00", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"\xed\xa0\x80", "not JSON"),
        (rb'"\ud800"', "not JSON"),
        ("\ud800", "not JSON"),
        (b"NaN", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"null", "not a JSON object"),
        (b"[]", "not a JSON object"),
        (b'"text"', "not a JSON object"),
        (b"12", "not a JSON object"),
        (a_body(specversion=...), "'specversion' is missing"),
        (a_body(id=...), "'id' is missing"),
        (a_body(type=...), "'type' is missing"),
        (a_body(subject=...), "'subject' is missing"),
        (a_body(time=...), "'time' is missing"),
        (a_body(data=...), "'data' is missing"),
        (a_body(specversion="0.3"), "specversion '0.3' is not 1.0"),
        (a_body(specversion=[]), r"specversion \[\] is not 1.0"),
        (a_body(id=5), "id is not text"),
        (a_body(id=None), "id is not text"),
        (a_body(type=["tree.felled.v1"]), "type is not text"),
        (a_body(type="felled"), "type 'felled' is not of the form"),
        (a_body(subject={}), "subject is not text"),
        (a_body(data=[]), "data is not an object"),
        (a_body(data=None), "data is not an object"),
        (a_body(traceparent=7), "traceparent is not text"),
        (a_body(time=1_775_044_800), "time is not text"),
        (a_body(time="yesterday"), "time 'yesterday'"),
        (a_body(time="2026-04-01T12:00:00"), "has no time zone"),
        (a_body(time="2026-04-01"), "has no time zone"),
        (a_body(time="9999-12-31T23:59:59-05:00"), "out of range"),
        (a_body(time="0001-01-01T00:00:00+05:30"), "out of range"),
        (a_body(sequence="abc"), "sequence 'abc' is not a whole number"),
        (a_body(sequence="-1"), "sequence '-1' is not a whole number"),
        (a_body(sequence="1_000"), "sequence '1_000' is not a whole number"),
        (a_body(sequence="१२"), "sequence '१२' is not a whole number"),
        (a_body(sequence="²"), "sequence '²' is not a whole number"),
        (a_body(sequence=1.5), "sequence 1.5 is not a whole number"),
        (a_body(sequence=True), "sequence True is not a whole number"),
        (a_body(sequence=str(2**63)), "is not a whole number"),
        (a_body(sequence="9" * 100_000), "is not a whole number"),
        (a_body(subject="t\0"), "NUL"),
        (a_body(data={"a": [{"b": "\0"}]}), "NUL"),
        (a_body(data={"a": {"\0": 1}}), "NUL"),
        (a_body(traceparent="\0"), "NUL"),
    ],
    ids=lambda value: repr(value)[:60] if isinstance(value, str) else "",
)
def test_a_body_that_is_no_event_is_refused_with_its_reason(body, why):
    with pytest.raises(MalformedEvent, match=why) as refused:
        Event.from_json(body)
    assert len(str(refused.value)) < 200, "a reason is for people, and not the body over again"


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_garbage_raises_nothing_but_malformed_event(body):
    with pytest.raises(MalformedEvent):
        Event.from_json(body)


@given(
    st.dictionaries(
        st.sampled_from(
            ["specversion", "id", "type", "subject", "time", "data", "sequence", "traceparent"]
        ),
        json_values | st.floats() | st.just("\0") | st.datetimes().map(str) | st.just(...),
    )
)
def test_a_body_with_anything_in_its_attributes_is_safe_to_handle_or_refused(changes):
    body = a_body(**changes)
    try:
        event = Event.from_json(body)
    except MalformedEvent:
        return
    for text in (event.id, event.type, event.subject, event.traceparent or ""):
        assert "\0" not in text
    assert event.time.tzinfo is UTC
    assert event.time.astimezone(INDIA) == event.time
    assert event.sequence is None or 0 <= event.sequence < 2**63
    assert isinstance(event.data, dict)
    assert isinstance(event.source, str)
