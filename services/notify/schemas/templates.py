"""What comes in about templates."""

from marshmallow import Schema, fields, validate

from services.notify.domain.template_data import NAME
from services.notify.domain.templates import CHANNELS
from services.notify.domain.wording import ALL_LANGUAGES

MAX_VERSION = 2**31 - 1
_NAME_RULE = "Two words in small letters with a full stop between them."


class PreviewArgs(Schema):
    """A template over each of its channels, or over one, with the given fields, or with its own
    sample when there are none; ``sampled``: what the fields lack is as in the sample."""

    template = fields.String(required=True, validate=validate.Length(1, 100))
    language = fields.String(required=True, validate=validate.OneOf(ALL_LANGUAGES))
    channel = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(CHANNELS))
    version = fields.Integer(
        load_default=None, allow_none=True, validate=validate.Range(1, MAX_VERSION)
    )
    fields_ = fields.Dict(
        keys=fields.String(), load_default=None, allow_none=True, data_key="fields"
    )
    sampled = fields.Boolean(load_default=False)


class SaveTemplateArgs(Schema):
    """A template as `data/templates/*.yaml` have it."""

    template = fields.String(
        required=True,
        validate=validate.Regexp(f"{NAME.pattern}\\Z", error=_NAME_RULE),
    )
    content = fields.Dict(keys=fields.String(), required=True)
    note = fields.String(load_default="", validate=validate.Length(max=500))
