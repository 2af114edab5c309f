"""What the events carry: ids, codes and moments; no address."""

from marshmallow import Schema, fields, validate

from palika.events import event_type
from palika.fields import Date, Moment
from services.notify.domain.care import Lane, Purpose
from services.notify.domain.routes import Channel

_PURPOSE = validate.OneOf([each.value for each in Purpose])
_LANE = validate.OneOf([each.value for each in Lane])
_CHANNEL = validate.OneOf([each.value for each in Channel])


class _AboutDelivery(Schema):
    delivery_id = fields.UUID(required=True)
    event_id = fields.UUID(required=True)
    event_type = fields.String(required=True)
    template = fields.String(required=True)
    purpose = fields.String(required=True, validate=_PURPOSE)
    lane = fields.String(required=True, validate=_LANE)
    audience = fields.String(allow_none=True)
    recipient_ref = fields.String(required=True)


class NotifyDelivered(_AboutDelivery):
    """Data of ``notify.delivered.v1``: a provider says that a message has arrived.

    ``event_id`` and ``event_type`` are of what the message told; ``recipient_ref`` is the id by
    which ``audience`` knows the citizen. Channels without receipts (e-mail, the log) tell nothing.
    """

    channel = fields.String(required=True, validate=_CHANNEL)
    delivered_at = Moment(required=True)


class NotifyFailed(_AboutDelivery):
    """Data of ``notify.failed.v1``: no channel has carried a message, and none is tried any more.

    ``reason`` is a code of notify or of the provider that was asked last. Of what was never offered
    to a provider nothing is told: that is a skip.
    """

    channel = fields.String(allow_none=True, validate=_CHANNEL)
    reason = fields.String(required=True)
    failed_at = Moment(required=True)


class NotifyOptedOut(Schema):
    """Data of ``notify.opted_out.v1``: a citizen wants no more messages of a purpose.

    ``recipient_key`` is what notify knows the citizen's address by; no other service can tell from
    it who that is. ``source`` is how it was said: ``whatsapp``, ``sms``, ``voice``, ``officer``.
    """

    recipient_key = fields.String(required=True)
    purpose = fields.String(required=True, validate=_PURPOSE)
    source = fields.String(required=True)
    said_at = Moment(required=True)


class NotifyPromised(Schema):
    """Data of ``notify.promised.v1``: an owner has promised, in a call, to pay by a day.

    Whoever took the call had dialled what only the owner's papers show. ``amount_paise`` is what
    was owed then. One call makes one promise at the most.
    """

    property_id = fields.UUID(required=True)
    promised_on = Date(required=True)
    amount_paise = fields.Integer(strict=True, required=True)
    call_id = fields.UUID(required=True)
    at = Moment(required=True)


DELIVERED = event_type("notify.delivered.v1", NotifyDelivered, "A message has reached a citizen.")
FAILED = event_type("notify.failed.v1", NotifyFailed, "No channel has carried a message.")
OPTED_OUT = event_type(
    "notify.opted_out.v1", NotifyOptedOut, "A citizen has opted out of messages of a purpose."
)
PROMISED = event_type(
    "notify.promised.v1", NotifyPromised, "An owner has promised to pay by a day."
)
