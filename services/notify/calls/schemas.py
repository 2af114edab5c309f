"""What the methods about calls take and give."""

from marshmallow import Schema, fields, validate

from palika.fields import Base64, Date, Moment
from services.notify.calls import addresses
from services.notify.domain.call.life import CallState
from services.notify.domain.call.states import Deed

MAX_PAGE = 500
_BODY_MAX = 100_000
_LIMIT = validate.Range(1, MAX_PAGE)


class CallOwnerArgs(Schema):
    """A call to the owner of a property. ``id`` is the caller's own: asked for again under it,
    nobody is called twice."""

    id = fields.UUID(required=True)
    property_id = fields.UUID(required=True)
    flow = fields.String(load_default="reminder", validate=validate.Length(1, 60))


class CallArgs(Schema):
    """One call."""

    id = fields.UUID(required=True)


class CallsArgs(Schema):
    """Calls, the newest first; ``after`` is the ``next`` of the page before."""

    property_id = fields.UUID(load_default=None)
    state = fields.String(
        load_default=None, validate=validate.OneOf([each.value for each in CallState])
    )
    deed = fields.String(load_default=None, validate=validate.OneOf([each.value for each in Deed]))
    limit = fields.Integer(load_default=50, strict=True, validate=_LIMIT)
    after = fields.UUID(load_default=None)


class PromisesArgs(Schema):
    """Promises, the newest first; of a property, or with a day from and to (both included)."""

    property_id = fields.UUID(load_default=None)
    from_day = Date(load_default=None)
    to_day = Date(load_default=None)
    limit = fields.Integer(load_default=50, strict=True, validate=_LIMIT)
    after = fields.UUID(load_default=None)


class VoiceWebhookArgs(Schema):
    """What the telephone provider has sent, passed on as it came.

    ``path`` is of the address, ``query`` as it came, ``headers`` with small letters as keys,
    ``body`` in base64.
    """

    path = fields.String(
        required=True,
        validate=validate.OneOf(
            [
                addresses.ANSWER,
                addresses.TURN,
                addresses.DIALLED,
                addresses.STATUS,
                addresses.AUDIO,
            ]
        ),
    )
    query = fields.String(load_default="", validate=validate.Length(max=2_000))
    headers = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)
    body = Base64(_BODY_MAX, load_default=b"")


class CallOut(Schema):
    """A call, for the staff: the number is masked."""

    id = fields.UUID()
    request_id = fields.UUID(allow_none=True)
    flow = fields.String()
    property_id = fields.UUID(allow_none=True)
    number = fields.String()
    language = fields.String()
    state = fields.String()
    reason = fields.String(allow_none=True)
    outcome = fields.String(allow_none=True)
    deeds = fields.List(fields.String())
    tries = fields.Integer()
    next_try_at = Moment()
    created_at = Moment()
    dialled_at = Moment(allow_none=True)
    taken_at = Moment(allow_none=True)
    ended_at = Moment(allow_none=True)


class TurnOut(Schema):
    """One turn of a call, by codes."""

    turn = fields.Integer()
    ear = fields.String()
    understood = fields.String()
    place = fields.String()
    said = fields.List(fields.String())
    language = fields.String()
    at = Moment()


class PromiseOut(Schema):
    """A promise."""

    id = fields.UUID()
    call_id = fields.UUID()
    property_id = fields.UUID()
    promised_on = Date()
    amount_paise = fields.Integer()
    at = Moment()
