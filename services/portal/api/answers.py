"""What programs are answered, for the document: kinds of fields, and the errors."""

from collections.abc import Mapping
from typing import Any, Final

from marshmallow import RAISE, Schema, fields, validate

from palika.fields import Moment

JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"

_FAILURES: Final = {
    400: "An argument is wrong; each is named with its rule.",
    401: "No token, or one that is not known or over.",
    403: "The token's scopes or its post do not allow this.",
    404: "There is no such thing, or it is not yours to see.",
    409: "It cannot be done as things stand, or was done already.",
    413: "The body is too large.",
    429: "Too many calls: come again after Retry-After.",
    503: "The city's service does not answer: come again after Retry-After.",
}


def _told(about: str) -> dict[str, str]:
    return {"description": about} if about else {}


def shape(name: str, /, **given: fields.Field[Any]) -> type[Schema]:
    """An object with these fields and no others."""

    class Meta:
        unknown = RAISE
        ordered = True

    return type(name, (Schema,), {**given, "Meta": Meta})


def text(*, none: bool = False, need: bool = True, about: str = "") -> fields.Field[Any]:
    """Text; ``none``: it may be null; not ``need``: it may be left out."""
    return fields.String(required=need, allow_none=none, metadata=_told(about))


def word_of(*values: str, none: bool = False, need: bool = True) -> fields.Field[Any]:
    """One of a few words."""
    return fields.String(
        required=need,
        allow_none=none,
        validate=validate.OneOf((*values, None) if none else values),
    )


def key(*, none: bool = False, need: bool = True) -> fields.Field[Any]:
    """An id."""
    return fields.UUID(required=need, allow_none=none)


def whole(*, none: bool = False, need: bool = True, about: str = "") -> fields.Field[Any]:
    """A whole number; money is in paise."""
    return fields.Integer(strict=True, required=need, allow_none=none, metadata=_told(about))


def real(*, none: bool = False, need: bool = True) -> fields.Field[Any]:
    """A number."""
    return fields.Float(required=need, allow_none=none)


def yes(*, none: bool = False, need: bool = True, about: str = "") -> fields.Field[Any]:
    """Yes or no."""
    return fields.Boolean(
        required=need, allow_none=none, truthy={True}, falsy={False}, metadata=_told(about)
    )


def day(*, none: bool = False, need: bool = True) -> fields.Field[Any]:
    """A day of India's calendar."""
    return fields.Date(required=need, allow_none=none)


def moment(*, none: bool = False, need: bool = True) -> fields.Field[Any]:
    """A time in UTC."""
    return Moment(required=need, allow_none=none)


def one(schema: type[Schema], *, none: bool = False, need: bool = True) -> fields.Field[Any]:
    """An object."""
    return fields.Nested(schema, required=need, allow_none=none)


def many(
    inner: type[Schema] | fields.Field[Any], *, none: bool = False, need: bool = True
) -> fields.Field[Any]:
    """A list."""
    each = inner if isinstance(inner, fields.Field) else fields.Nested(inner)
    return fields.List(each, required=need, allow_none=none)


def table(*, none: bool = False, need: bool = True, about: str = "") -> fields.Field[Any]:
    """An object whose names depend on something else."""
    return fields.Dict(keys=fields.String(), required=need, allow_none=none, metadata=_told(about))


def anything(*, need: bool = True, about: str = "") -> fields.Field[Any]:
    """A value whose kind depends on something else."""
    return fields.Raw(required=need, allow_none=True, metadata=_told(about))


def page_of(name: str, each: type[Schema], /, **also: fields.Field[Any]) -> type[Schema]:
    """A page of a list: ``items``, and the ``next`` with which the list goes on (null: nowhere)."""
    return shape(name, items=many(each), next=text(none=True), **also)


Names = shape("Names", mr=text(), en=text())
"""What something is called in both languages."""

Fault = shape(
    "Fault",
    field=text(none=True, about="The argument; null: it is about the whole."),
    rule=text(about="What is wrong with it, or what it must be."),
)
Problem = shape(
    "Problem",
    type=text(),
    title=text(about="The status in words."),
    status=whole(),
    code=text(about="A stable name for programs: invalid, not_found, conflict, forbidden …"),
    detail=text(about="All of it in one line for people."),
    errors=many(Fault),
)
"""RFC 9457, with a line for each thing that is wrong."""


def responses(
    status: int, content: Mapping[str, Any], description: str, failures: tuple[int, ...]
) -> dict[str, Any]:
    """The ``responses`` of an operation: what it gives, and how it may fail."""
    found: dict[str, Any] = {str(status): {"description": description, "content": dict(content)}}
    for failure in failures:
        found[str(failure)] = {
            "description": _FAILURES[failure],
            "content": {PROBLEM: {"schema": Problem}},
        }
    return found
