"""What goes out, for the OpenAPI document; a form's values are as the standard names them."""

from typing import Any

from marshmallow import Schema, fields, validate

from services.portal.open311.answers import FORMS


def _text(**options: Any) -> fields.String:
    return fields.String(required=True, **options)


class Endpoint(Schema):
    """One API of this city."""

    specification = _text()
    url = _text()
    changeset = _text()
    type = _text(validate=validate.OneOf(("production", "test")))
    formats = fields.List(fields.String(), required=True)


class Discovery(Schema):
    """Which APIs this city has."""

    changeset = _text()
    contact = _text()
    key_service = _text()
    endpoints = fields.List(fields.Nested(Endpoint), required=True)


class Service(Schema):
    """One kind of request."""

    service_code = _text()
    service_name = _text()
    description = _text()
    metadata = fields.Boolean(required=True)
    type = _text(validate=validate.OneOf(("realtime", "batch", "blackbox")))
    keywords = _text()
    group = _text()


class Value(Schema):
    """One choice."""

    key = _text()
    name = _text()


class Attribute(Schema):
    """One question."""

    variable = fields.Boolean(required=True)
    code = _text()
    datatype = _text(
        validate=validate.OneOf(
            ("string", "number", "datetime", "text", "singlevaluelist", "multivaluelist")
        )
    )
    required = fields.Boolean(required=True)
    datatype_description = _text(allow_none=True)
    order = fields.Integer(required=True)
    description = _text()
    values = fields.List(fields.Nested(Value), required=True)


class Definition(Schema):
    """What one kind of request asks."""

    service_code = _text()
    attributes = fields.List(fields.Nested(Attribute), required=True)


class Request(Schema):
    """One request, as anybody may see it."""

    service_request_id = _text()
    status = _text(validate=validate.OneOf(("open", "closed")))
    status_notes = _text(allow_none=True)
    service_name = _text()
    service_code = _text()
    description = _text(allow_none=True)
    agency_responsible = _text(allow_none=True)
    service_notice = _text(allow_none=True)
    requested_datetime = _text()
    updated_datetime = _text()
    expected_datetime = _text(allow_none=True)
    address = _text(allow_none=True)
    address_id = _text(allow_none=True)
    zipcode = _text(allow_none=True)
    lat = fields.Float(required=True, allow_none=True)
    long = fields.Float(required=True, allow_none=True)
    media_url = _text(allow_none=True)


class Filed(Schema):
    """What a filing came to."""

    service_request_id = _text()
    service_notice = _text(allow_none=True)
    account_id = _text(allow_none=True)


class Followed(Schema):
    """The request that a token belongs to."""

    service_request_id = _text()
    token = _text()


class Refusal(Schema):
    """One thing that is wrong."""

    code = fields.Integer(required=True)
    description = _text()


def answers(
    description: str, schema: type[Schema], *, many: bool = True, also: dict[int, str] | None = None
) -> dict[int, Any]:
    """The ``responses`` of an operation: what it gives, and how it may fail, in both forms."""
    failures = {
        400: "An argument is wrong.",
        403: "The api_key is missing or wrong.",
        404: "There is no such thing, or no such jurisdiction.",
        429: "Too many requests at once: come again after Retry-After.",
        503: "The city's service does not answer: come again after Retry-After.",
    } | (also or {})
    found: dict[int, Any] = {
        200: {"description": description, "content": _content(schema, many=many)}
    }
    for status, words in failures.items():
        found[status] = {"description": words, "content": _content(Refusal, many=True)}
    return found


def _content(schema: type[Schema], *, many: bool) -> dict[str, Any]:
    one: Any = schema
    shape = {"type": "array", "items": one} if many else one
    return {FORMS["json"]: {"schema": shape}, FORMS["xml"]: {"schema": {"type": "string"}}}
