"""What questions about the register take."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from palika.fields import Date, Moment, Phone, Words
from services.tax.schemas.common import Number, OfProperty
from services.tax.schemas.registering import FloorOf

_MOST_FLOORS = 500
_MOST_CLAIMS = 20
_MOST_FOUND = 50


class AsOf(OfProperty):
    """A property as of a day, as known at a moment; None is today, and now."""

    on = Date(load_default=None)
    known_at = Moment(load_default=None)


class LookingUp(Schema):
    """Properties by the beginning of a number, an owner's telephone number, or words of a name."""

    number = Number(load_default=None)
    phone = Phone(load_default=None)
    name = Words(200, load_default=None)
    ward = Words(100, load_default=None)
    limit = fields.Integer(
        load_default=20, strict=True, validate=validate.Range(min=1, max=_MOST_FOUND)
    )
    cursor = fields.String(load_default=None, validate=validate.Length(max=1000))

    @validates_schema(skip_on_field_errors=True)
    def one_key(self, data: dict[str, Any], **_: Any) -> None:
        """Exactly one of the three."""
        if sum(data[key] is not None for key in ("number", "phone", "name")) != 1:
            raise ValidationError("give one of number, phone or name", "number")


class Estimating(Schema):
    """A property as its owner describes it; ``period`` is 2026-27, or a half, 2026-27/1."""

    period = Words(9, required=True)
    zone = Words(100, required=True)
    floors = fields.List(
        fields.Nested(FloorOf), required=True, validate=validate.Length(min=1, max=_MOST_FLOORS)
    )
    claims = fields.List(Words(100), load_default=list, validate=validate.Length(max=_MOST_CLAIMS))
