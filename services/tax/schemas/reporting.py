"""What reports take."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from palika.fields import Date, Moment, Words

GROUPS = ("ward", "zone", "use", "year", "half_year", "head")
"""What a row of the report can be of."""
NARROWED = ("ward", "use", "head")
"""By what the report can be narrowed."""
_MOST_CODES = 50


def _codes() -> fields.List:
    return fields.List(
        Words(100), load_default=None, allow_none=True, validate=validate.Length(1, _MOST_CODES)
    )


class Reporting(Schema):
    """Demand, collection, balance from day to day; the financial year so far, without them.

    ``known_at``: only what was written down by this moment, as the books of a closed year have it.
    """

    from_day = Date(load_default=None, allow_none=True)
    to_day = Date(load_default=None, allow_none=True)
    known_at = Moment(load_default=None, allow_none=True)
    by = fields.List(fields.String(validate=validate.OneOf(GROUPS)), load_default=["ward"])
    ward = _codes()
    use = _codes()
    head = _codes()

    @validates_schema(skip_on_field_errors=True)
    def each_once(self, data: dict[str, Any], **_: Any) -> None:
        """A column is there once."""
        if len(set(data["by"])) != len(data["by"]):
            raise ValidationError("names one twice", "by")
