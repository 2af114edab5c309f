"""What comes in and what goes out of the RPC."""

import base64
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from palika.fields import Moment
from services.notify.domain.care import ALWAYS, SOURCES, Purpose
from services.notify.domain.routes import Channel
from services.notify.domain.states import State
from services.notify.domain.templates import LANGUAGES

MAX_PAGE = 500
MAX_ATTACHED = 5 * 1024 * 1024
"""Bytes: in base64 they travel by RPC (docs/decisions/0012), and mailboxes take them."""
_NAME = validate.Length(1, 100)
_PURPOSES = [each.value for each in Purpose if each not in ALWAYS]


class Base64(fields.Field[bytes]):
    """Bytes, in base64 as they travel."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> bytes:
        try:
            found = base64.b64decode(value, validate=True)
        except (ValueError, TypeError) as error:
            raise ValidationError("is not base64") from error
        if not found:
            raise ValidationError("must not be empty")
        return found


class DeliveriesArgs(Schema):
    """Which deliveries; each filter is optional. ``after`` is the ``next`` of the page before.

    ``recipient`` is a mobile number or an e-mail address: what went to it.
    """

    event_id = fields.UUID(load_default=None)
    recipient_ref = fields.String(load_default=None, validate=_NAME)
    recipient = fields.String(load_default=None, validate=validate.Length(1, 254))
    state = fields.String(load_default=None, validate=validate.OneOf([str(s) for s in State]))
    template = fields.String(load_default=None, validate=_NAME)
    reason = fields.String(load_default=None, validate=_NAME)
    after = fields.UUID(load_default=None, allow_none=True)
    limit = fields.Integer(load_default=100, validate=validate.Range(1, MAX_PAGE))


class ReachedArgs(Schema):
    """The events of which is asked whether they have reached whom they named."""

    events = fields.List(fields.UUID(), required=True, validate=validate.Length(1, MAX_PAGE))


class GetArgs(Schema):
    """One delivery."""

    id = fields.UUID(required=True)


class ReportArgs(Schema):
    """From when to when, by the moment of handing over; ``until`` is not included."""

    since = Moment(required=True)
    until = Moment(required=True)

    @validates_schema(skip_on_field_errors=True)
    def in_order(self, data: dict[str, Any], **_: object) -> None:
        """Raises ValidationError: it ends before it begins."""
        if data["until"] <= data["since"]:
            raise ValidationError("must be later than since", "until")


class ContactIn(Schema):
    """Whom: a mobile number or an e-mail address, or both."""

    phone = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 30))
    email = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 254))
    name = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 200))
    language = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(LANGUAGES))


class AttachmentIn(Schema):
    """A file that goes with a message; ``name`` without a path."""

    name = fields.String(required=True, validate=_NAME)
    media_type = fields.String(
        required=True, validate=validate.Regexp(r"[a-z]+/[a-z0-9.+-]+\Z", error="no media type")
    )
    content = Base64(data_key="content_base64", required=True)


class SendArgs(Schema):
    """A message for one citizen. ``id`` is the caller's: under it nothing goes twice.

    ``attachments``, at most 5 MiB in all, go by e-mail.
    """

    id = fields.UUID(required=True)
    attachments = fields.List(
        fields.Nested(AttachmentIn), load_default=list, validate=validate.Length(max=5)
    )
    template = fields.String(required=True, validate=_NAME)
    contact = fields.Nested(ContactIn, required=True)
    fields_ = fields.Dict(keys=fields.String(), load_default=dict, data_key="fields")

    @validates_schema(skip_on_field_errors=True)
    def not_too_large(self, data: dict[str, Any], **_: object) -> None:
        """Raises ValidationError: the attachments are more than a mailbox takes."""
        if sum(len(each["content"]) for each in data["attachments"]) > MAX_ATTACHED:
            raise ValidationError(f"at most {MAX_ATTACHED} bytes in all", "attachments")


class ConsentArgs(Schema):
    """A citizen's word about purposes, as an officer or a service has heard it."""

    recipient = fields.String(required=True, validate=validate.Length(1, 254))
    purposes = fields.List(
        fields.String(validate=validate.OneOf(_PURPOSES)),
        required=True,
        validate=validate.Length(1, len(_PURPOSES)),
    )
    agreed = fields.Boolean(required=True)
    source = fields.String(required=True, validate=validate.OneOf(SOURCES))
    wording = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 1_000))


class PreferArgs(Schema):
    """Which channels a citizen likes best, and in which language."""

    recipient = fields.String(required=True, validate=validate.Length(1, 254))
    channels = fields.List(
        fields.String(validate=validate.OneOf([c.value for c in Channel if c != Channel.LOG])),
        required=True,
    )
    language = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(LANGUAGES))

    @validates_schema
    def each_once(self, data: dict[str, list[str]], **_: object) -> None:
        """Raises ValidationError: a channel is named twice."""
        if len(set(data["channels"])) != len(data["channels"]):
            raise ValidationError("each at most once", "channels")


class RecipientArgs(Schema):
    """One citizen, by an address of theirs."""

    recipient = fields.String(required=True, validate=validate.Length(1, 254))


class DeliveryOut(Schema):
    """A delivery as RPC gives it; the address is masked, and no body is kept."""

    id = fields.UUID()
    event_id = fields.UUID()
    event_type = fields.String()
    template = fields.String()
    template_version = fields.Integer()
    purpose = fields.String()
    lane = fields.String()
    audience = fields.String()
    recipient_ref = fields.String()
    state = fields.String()
    reason = fields.String()
    detail = fields.String()
    attempts = fields.Integer()
    next_attempt_at = Moment()
    of_use_until = Moment()
    fallback_at = Moment()
    channel = fields.String()
    spent = fields.List(fields.String())
    skipped = fields.Dict()
    language = fields.String()
    address = fields.String()
    subject = fields.String()
    created_at = Moment()
    sending_at = Moment()
    sent_at = Moment()
    delivered_at = Moment()
    read_at = Moment()


class ReachedOut(Schema):
    """Whether a recipient of an event was reached; ``reached`` is null while it is under way."""

    event_id = fields.UUID()
    recipient_ref = fields.String()
    reached = fields.Boolean()
    state = fields.String()
    channel = fields.String()
    reason = fields.String()
    why = fields.String()
    skipped = fields.Dict()
    at = Moment()


class AttemptOut(Schema):
    """One hand-over of a delivery."""

    id = fields.UUID()
    channel = fields.String()
    provider = fields.String()
    units = fields.Integer()
    state = fields.String()
    reason = fields.String()
    detail = fields.String()
    reference = fields.String()
    made_at = Moment()
    answered_at = Moment()
    delivered_at = Moment()
    read_at = Moment()


class ReceiptOut(Schema):
    """What a provider said of an attempt."""

    attempt_id = fields.UUID()
    told = fields.String()
    at = Moment()
    received_at = Moment()
    reason = fields.String()
    detail = fields.String()


class ResendOut(Schema):
    """Who has sent which delivery (``original_id``) again as which (``id``), and why."""

    id = fields.UUID()
    original_id = fields.UUID()
    by = fields.String()
    reason = fields.String()
    at = Moment()
