"""A published schema may get a new optional field; every other change is named and refused."""

from typing import Any

import pytest
from marshmallow import Schema, fields, validate

from palika.asyncapi import json_schema
from palika.compatibility import broken_promises, incompatibilities

DATA = {
    "id": fields.UUID(required=True),
    "ward": fields.String(required=True, allow_none=True),
    "mode": fields.String(required=True, validate=validate.OneOf(["upi", "cash"])),
    "amount_paise": fields.Integer(required=True, strict=True, validate=validate.Range(min=1)),
    "note": fields.String(),
    "tags": fields.List(fields.String(), required=True),
    "place": fields.Nested(Schema.from_dict({"lat": fields.Float(required=True)}), required=True),
}


def schema(**changes: Any) -> dict[str, Any]:
    """The JSON Schema of DATA, changed; a field set to ``...`` is left out."""
    changed = {name: field for name, field in (DATA | changes).items() if field is not ...}
    return json_schema(Schema.from_dict(changed)())


def nested(**inner: fields.Field[Any]) -> fields.Field[Any]:
    return fields.Nested(Schema.from_dict(inner), required=True)


def test_an_unchanged_schema_breaks_nothing():
    assert incompatibilities(schema(), schema()) == []


@pytest.mark.parametrize(
    "new",
    [
        schema(remark=fields.String()),
        schema(remark=fields.String(allow_none=True)),
        schema(extra=fields.Nested(Schema.from_dict({"a": fields.String(required=True)}))),
        schema(place=nested(lat=fields.Float(required=True), lon=fields.Float())),
        schema(note=fields.String(metadata={"description": "What the clerk wrote."})),
        schema(note=fields.String(dump_default="", load_default="")),
        dict(reversed(schema().items())),
    ],
    ids=["optional", "nullable", "object", "within", "description", "default", "order"],
)
def test_a_compatible_change_is_allowed(new):
    assert incompatibilities(schema(), new) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"note": ...}, "note: removed"),
        ({"id": ...}, "id: removed"),
        ({"remark": fields.String(required=True)}, "remark: new and required"),
        ({"note": fields.String(required=True)}, "note: now required"),
        ({"amount_paise": fields.Integer(validate=validate.Range(min=1))}, "amount_paise: was req"),
        ({"note": fields.Integer()}, "note: type was string, is integer"),
        ({"note": fields.String(allow_none=True)}, "note: type was string, is null or string"),
        ({"ward": fields.String(required=True)}, "ward: type was null or string, is string"),
        ({"id": fields.String(required=True)}, "id: format was 'uuid', is None"),
        ({"note": fields.Date()}, "note: format was None, is 'date'"),
        (
            {"mode": fields.String(required=True, validate=validate.OneOf(["upi"]))},
            "mode: enum lost 'cash'",
        ),
        (
            {
                "mode": fields.String(
                    required=True, validate=validate.OneOf(["upi", "cash", "card"])
                )
            },
            "mode: enum got 'card'",
        ),
        ({"mode": fields.String(required=True)}, "mode: was one of a list of values"),
        ({"note": fields.String(validate=validate.OneOf(["a"]))}, "note: is now one of a list"),
        (
            {"amount_paise": fields.Integer(required=True, validate=validate.Range(min=100))},
            "amount_paise: minimum was 1, is 100",
        ),
        (
            {"amount_paise": fields.Integer(required=True)},
            "amount_paise: minimum was 1, is None",
        ),
        ({"note": fields.String(validate=validate.Length(max=9))}, "note: maxLength was None, is"),
        ({"tags": fields.List(fields.Integer(), required=True)}, "tags[]: type was string, is int"),
        ({"place": nested(lat=fields.String(required=True))}, "place.lat: type was number, is str"),
        ({"place": nested(lon=fields.Float())}, "place.lat: removed"),
        ({"place": fields.String(required=True)}, "place: type was object, is string"),
    ],
)
def test_an_incompatible_change_is_refused_and_named(change, told):
    found = incompatibilities(schema(), schema(**change))
    assert any(line.startswith(told) for line in found), found


def test_every_change_is_named_and_not_only_the_first():
    found = incompatibilities(schema(), schema(note=..., ward=fields.Integer(required=True)))
    assert found == [
        "note: removed",
        "ward: type was null or string, is integer",
    ]


def test_forbidding_further_fields_or_allowing_them_is_a_change():
    assert incompatibilities(schema(), schema() | {"additionalProperties": True}) == [
        "data: additionalProperties was False, is True"
    ]


def test_a_type_that_is_gone_breaks_its_promise_and_a_new_one_breaks_none():
    kept = {"tax.paid.v1": schema(), "tax.billed.v1": schema()}
    present = {"tax.paid.v1": schema(note=...), "tax.paid.v2": schema(note=...)}
    assert broken_promises(kept, present) == [
        "tax.billed.v1: is not published any more",
        "tax.paid.v1: note: removed",
    ]
