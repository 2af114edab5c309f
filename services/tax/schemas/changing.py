"""What orders about a property take: reassessments, claims, demolitions, splits and mergers."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from palika.fields import Date, Words
from services.tax.schemas.common import Number, OfProperty
from services.tax.schemas.registering import FloorOf, OwnerOf

_MOST_STATES = 40
_MOST_PARTS = 200
_MOST_FLOORS = 500
_MOST_CLAIMS = 20
_CLAIM = Words(100)


class StateFrom(Schema):
    """What a property is from a day on; what is not given is as the day before has it in the same
    call, or as it was known where the property changed on that day."""

    effective_from = Date(required=True)
    ward = Words(100, load_default=None)
    zone = Words(100, load_default=None)
    address = Words(500, load_default=None)
    floors = fields.List(
        fields.Nested(FloorOf),
        load_default=None,
        validate=validate.Length(min=1, max=_MOST_FLOORS),
    )
    claims = fields.List(_CLAIM, load_default=None, validate=validate.Length(max=_MOST_CLAIMS))


class OrderOf(Schema):
    """An order; ``order_date`` is today where it is not given."""

    order_number = Words(100, required=True)
    order_date = Date(load_default=None)


def states(**options: Any) -> fields.List:
    """What a property is, from one or several days on; each day once."""
    return fields.List(
        fields.Nested(StateFrom), validate=validate.Length(max=_MOST_STATES), **options
    )


def check_days(given: list[dict[str, Any]]) -> None:
    """Refuse two states of one day. Raises ValidationError."""
    days = [each["effective_from"] for each in given]
    if len(days) != len(set(days)):
        raise ValidationError("there are two of one day", "states")


class Changing(OfProperty):
    """What a property is, from one or several days on."""

    states = states(required=True)

    @validates_schema(skip_on_field_errors=True)
    def something(self, data: dict[str, Any], **_: Any) -> None:
        """One state at least, each of a day of its own."""
        if not data["states"]:
            raise ValidationError("there must be one at least", "states")
        check_days(data["states"])


class Reassessing(OrderOf, Changing):
    """A reassessment; ``grounds`` says why."""

    grounds = Words(1000, required=True)


class WhatIf(Changing):
    """A reassessment that nobody has ordered."""


class Claiming(OrderOf, OfProperty):
    """Concessions that are granted, or end, from a day on."""

    effective_from = Date(required=True)
    grants = fields.List(_CLAIM, load_default=list, validate=validate.Length(max=_MOST_CLAIMS))
    ends = fields.List(_CLAIM, load_default=list, validate=validate.Length(max=_MOST_CLAIMS))

    @validates_schema(skip_on_field_errors=True)
    def something(self, data: dict[str, Any], **_: Any) -> None:
        """One at least, and none that both begins and ends."""
        if not data["grants"] and not data["ends"]:
            raise ValidationError("give grants or ends", "grants")
        if both := sorted(set(data["grants"]) & set(data["ends"])):
            raise ValidationError(f"{', '.join(both)}: granted and ended at once", "ends")


class Demolishing(OrderOf, OfProperty):
    """A demolition; the ``plot`` (a floor whose use is an open plot) stays, or nothing does."""

    effective_from = Date(required=True)
    plot = fields.Nested(FloorOf, load_default=None)
    grounds = Words(1000, required=True)


class PartOf(Schema):
    """A part of a property, as a property of its own; what is not given is as of the whole, but
    claims: they are none unless they are given."""

    number = Number(required=True)
    ward = Words(100, load_default=None)
    zone = Words(100, load_default=None)
    address = Words(500, load_default=None)
    floors = fields.List(
        fields.Nested(FloorOf), required=True, validate=validate.Length(min=1, max=_MOST_FLOORS)
    )
    claims = fields.List(_CLAIM, load_default=list, validate=validate.Length(max=_MOST_CLAIMS))
    owners = fields.List(
        fields.Nested(OwnerOf), load_default=None, validate=validate.Length(min=1, max=200)
    )


class Splitting(OrderOf, OfProperty):
    """A split; ``difference`` explains areas that do not add up. Parts without owners have those
    of the whole."""

    effective_from = Date(required=True)
    parts = fields.List(
        fields.Nested(PartOf), required=True, validate=validate.Length(min=2, max=_MOST_PARTS)
    )
    difference = Words(1000, load_default=None)

    @validates_schema(skip_on_field_errors=True)
    def each_once(self, data: dict[str, Any], **_: Any) -> None:
        """No number twice."""
        numbers = [each["number"] for each in data["parts"]]
        if len(numbers) != len(set(numbers)):
            raise ValidationError("a number is there twice", "parts")


class Merging(OrderOf):
    """A merger of properties (by their numbers) into a new one."""

    numbers = fields.List(Number(), required=True, validate=validate.Length(min=2, max=_MOST_PARTS))
    into = fields.Nested(PartOf, required=True)
    effective_from = Date(required=True)
    difference = Words(1000, load_default=None)

    @validates_schema(skip_on_field_errors=True)
    def each_once(self, data: dict[str, Any], **_: Any) -> None:
        """No number twice."""
        if len(data["numbers"]) != len(set(data["numbers"])):
            raise ValidationError("a number is there twice", "numbers")


class Carrying(OfProperty):
    """A property that was split or merged, to which something has come since."""


class Revoking(OrderOf):
    """A revocation of an order (``revokes``, its number) by another one; ``reason`` says why."""

    revokes = Words(100, required=True)
    reason = Words(1000, required=True)
