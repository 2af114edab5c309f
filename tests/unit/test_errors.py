"""Errors are the same for whoever raises them and for whoever catches them at the other end."""

import json
import pickle
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, ValidationError, fields
from nameko.exceptions import deserialize, serialize

from palika import errors, rpc  # noqa: F401 - rpc registers the errors with Nameko
from palika.errors import Conflict, Invalid, PalikaError

EVERY = [
    errors.NotFound,
    errors.Invalid,
    errors.Conflict,
    errors.Forbidden,
    errors.Unavailable,
    errors.Unexpected,
]
DETAILS = {
    "version": 3,
    "share": 0.5,
    "late": True,
    "officer": None,
    "legal": ["assign", "resolve"],
    "fields": {"phone": ["ten digits", "from 6 to 9"]},
    "ward": "कोथरूड",
}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def over_the_wire(error: PalikaError) -> Any:
    """As Nameko carries it: an answer in JSON."""
    return deserialize(json.loads(json.dumps(serialize(error))))


def test_these_are_all_the_errors_there_are():
    of_the_backbone = {
        each for each in PalikaError.__subclasses__() if each.__module__ == errors.__name__
    }
    assert of_the_backbone == set(EVERY)


def test_each_kind_has_a_code_of_its_own():
    codes = [kind.code for kind in EVERY]
    assert codes == ["not_found", "invalid", "conflict", "forbidden", "unavailable", "unexpected"]


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize("carry", [over_the_wire, lambda e: pickle.loads(pickle.dumps(e))])
def test_each_survives_being_carried(kind, carry):
    error = kind("cannot assign: it is closed", DETAILS)
    carried = carry(error)
    assert type(carried) is kind
    assert carried.message == "cannot assign: it is closed"
    assert carried.details == DETAILS
    assert str(carried) == str(error)
    assert carried.to_dict() == error.to_dict()


@pytest.mark.parametrize("kind", EVERY)
def test_each_survives_without_details(kind):
    carried = over_the_wire(kind("no"))
    assert (type(carried), carried.message, carried.details) == (kind, "no", {})


@given(st.text(), st.dictionaries(st.text(), json_values, max_size=4))
def test_whatever_the_details_are_they_arrive_as_they_were(message, details):
    carried = over_the_wire(Conflict(message, details))
    assert carried.message == message
    assert carried.details == details


def test_it_survives_a_second_journey():
    error = Conflict("no", DETAILS)
    assert over_the_wire(over_the_wire(error)).details == DETAILS


def test_what_json_has_no_word_for_is_text_on_both_sides():
    key = UUID("0196f3a0-0000-7000-8000-000000000001")
    error = Conflict("no", {"id": key, "on": date(2026, 4, 1), "of": {1}, key: ("a",)})
    assert error.details == {"id": str(key), "on": "2026-04-01", "of": [1], str(key): ["a"]}
    assert over_the_wire(error).details == error.details


def test_the_details_are_a_copy_of_what_was_given():
    given_ = {"legal": ["assign"]}
    error = Conflict("no", given_)
    given_["legal"].append("resolve")
    assert error.details == {"legal": ["assign"]}


def test_an_invalid_error_names_each_field_and_the_rules_that_it_breaks():
    class Arguments(Schema):
        phone = fields.String(required=True)
        ids = fields.List(fields.UUID())

    with pytest.raises(ValidationError) as refused:
        Arguments().load({"ids": ["x"]})
    error = over_the_wire(Invalid("wrong arguments", refused.value.normalized_messages()))
    assert str(error) == (
        "wrong arguments (phone: Missing data for required field.; ids: 0: Not a valid UUID.)"
    )
    assert error.fields == error.details
    assert str(Invalid("wrong arguments")) == "wrong arguments"
