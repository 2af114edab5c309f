"""What comes in and what goes out of the notify service's RPC. It publishes no events yet."""

from marshmallow import Schema, fields, validate

from services.notify.domain.sending import STATES
from services.notify.domain.template_data import NAME
from services.notify.domain.templates import CHANNELS
from services.notify.domain.wording import ALL_LANGUAGES

MAX_PAGE = 500
MAX_VERSION = 2**31 - 1
_NAME_RULE = "Two words in small letters with a full stop between them."


class DeliveriesArgs(Schema):
    """Which deliveries; each filter is optional. `after` is the `next` of the page before."""

    event_id = fields.UUID(load_default=None)
    recipient_ref = fields.String(load_default=None, validate=validate.Length(1, 100))
    state = fields.String(load_default=None, validate=validate.OneOf(STATES))
    after = fields.UUID(load_default=None, allow_none=True)
    limit = fields.Integer(load_default=100, validate=validate.Range(1, MAX_PAGE))


class GetArgs(Schema):
    """One delivery."""

    id = fields.UUID(required=True)


class PreviewArgs(Schema):
    """A template over each of its channels, or over one, with the given fields, or with its own
    sample when there are none."""

    template = fields.String(required=True, validate=validate.Length(1, 100))
    language = fields.String(required=True, validate=validate.OneOf(ALL_LANGUAGES))
    channel = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(CHANNELS))
    version = fields.Integer(
        load_default=None, allow_none=True, validate=validate.Range(1, MAX_VERSION)
    )
    fields_ = fields.Dict(
        keys=fields.String(), load_default=None, allow_none=True, data_key="fields"
    )


class SaveTemplateArgs(Schema):
    """A template as `data/templates/*.yaml` have it."""

    template = fields.String(
        required=True,
        validate=validate.Regexp(f"{NAME.pattern}\\Z", error=_NAME_RULE),
    )
    content = fields.Dict(keys=fields.String(), required=True)
    note = fields.String(load_default="", validate=validate.Length(max=500))


class DeliveryOut(Schema):
    """A delivery as RPC gives it; the address is masked, and no body is kept."""

    id = fields.UUID()
    event_id = fields.UUID()
    event_type = fields.String()
    template = fields.String()
    audience = fields.String()
    recipient_ref = fields.String()
    state = fields.String()
    reason = fields.String()
    detail = fields.String()
    attempts = fields.Integer()
    next_attempt_at = fields.AwareDateTime(format="iso")
    channel = fields.String()
    language = fields.String()
    address = fields.String()
    subject = fields.String()
    reference = fields.String()
    created_at = fields.AwareDateTime(format="iso")
    sending_at = fields.AwareDateTime(format="iso")
    sent_at = fields.AwareDateTime(format="iso")
