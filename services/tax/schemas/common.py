"""What several schemas share."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from palika.fields import Words

LANGUAGES = ("mr", "en")


def paise(**options: Any) -> fields.Integer:
    """An amount. Strict: 100.0, "100" and true are none."""
    said = {"invalid": "must be a whole number of paise, like 150000"}
    return fields.Integer(strict=True, error_messages=said, **options)


class OfProperty(Schema):
    """One property, by its id or by its number."""

    id = fields.UUID(load_default=None)
    number = Words(50, load_default=None)

    @validates_schema(skip_on_field_errors=True)
    def one_key(self, data: dict[str, Any], **_: Any) -> None:
        """Exactly one of the two."""
        if (data["id"] is None) == (data["number"] is None):
            raise ValidationError("give either id or number", "id")
