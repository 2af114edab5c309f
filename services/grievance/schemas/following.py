"""What is filed already: asking for it, and following it instead of filing it again."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from palika.fields import Phone, Words
from services.grievance.schemas.filing import LANGUAGES
from services.grievance.schemas.reading import Getting


class SimilarTo(Schema):
    """What somebody is about to file.

    The office is shown more than citizens are, unless it asks ``on_behalf`` of one.
    """

    category = Words(100, required=True)
    description = Words(4_000, required=True)
    address = Words(500, load_default=None)
    ward = Words(100, load_default=None)
    lat = fields.Float(load_default=None, allow_none=True, validate=validate.Range(-90, 90))
    lon = fields.Float(load_default=None, allow_none=True, validate=validate.Range(-180, 180))
    language = fields.String(load_default="mr", validate=validate.OneOf(LANGUAGES))
    on_behalf = fields.Boolean(load_default=False, truthy={True}, falsy={False})


class Unfollowing(Getting):
    """No more messages: to the caller, or without a login to this number or e-mail."""

    citizen_phone = Phone(load_default=None)
    citizen_email = fields.Email(load_default=None, validate=validate.Length(max=254))


class Following(Unfollowing):
    """Be told what becomes of it: by telephone number or e-mail, in this language."""

    citizen_name = Words(200, load_default=None)
    language = fields.String(load_default="mr", validate=validate.OneOf(LANGUAGES))

    @validates_schema(skip_on_field_errors=True)
    def reachable(self, data: dict[str, Any], **_: Any) -> None:
        """Somebody who cannot be reached cannot be told."""
        if data["citizen_phone"] is None and data["citizen_email"] is None:
            raise ValidationError("give a telephone number or an e-mail address", "citizen_phone")
