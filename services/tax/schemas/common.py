"""What several schemas share."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from palika.fields import Words
from services.tax.domain.numbers import is_one_line, plain_number

LANGUAGES = ("mr", "en")


def paise(**options: Any) -> fields.Integer:
    """An amount. Strict: 100.0, "100" and true are none."""
    said = {"invalid": "must be a whole number of paise, like 150000"}
    return fields.Integer(strict=True, error_messages=said, **options)


class Number(Words):
    """The number of a property, however it is written (``plain_number``); of one line."""

    def __init__(self, **options: Any) -> None:
        super().__init__(50, **options)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not is_one_line(text):
            raise ValidationError("must be one line, without control characters")
        return plain_number(text)


class OfProperty(Schema):
    """One property, by its id or by its number."""

    id = fields.UUID(load_default=None)
    number = Number(load_default=None)

    @validates_schema(skip_on_field_errors=True)
    def one_key(self, data: dict[str, Any], **_: Any) -> None:
        """Exactly one of the two."""
        if (data["id"] is None) == (data["number"] is None):
            raise ValidationError("give either id or number", "id")
