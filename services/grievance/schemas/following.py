"""What is filed already: asking for it, and following it instead of filing it again."""

from marshmallow import Schema, fields, validate

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
    """No more messages: to the caller, or to the number or e-mail that the office enters."""

    citizen_phone = Phone(load_default=None)
    citizen_email = fields.Email(load_default=None, validate=validate.Length(max=254))


class Following(Unfollowing):
    """Be told what becomes of it, in this language: the caller, or who is reached by the number or
    e-mail that the office enters."""

    citizen_name = Words(200, load_default=None)
    language = fields.String(load_default="mr", validate=validate.OneOf(LANGUAGES))
