"""What is paid online takes and gives."""

from marshmallow import Schema, fields, validate

from palika.fields import Base64, Moment, Words
from services.tax.schemas.common import LANGUAGES, OfProperty, paise

_WEBHOOK_MAX = 200_000
_PAGE = 200


class Ordering(Schema):
    """An order to pay an amount; ``key`` is the caller's own: the same one is the same order."""

    property_id = fields.UUID(required=True)
    amount_paise = paise(required=True)
    key = Words(100, required=True)


class Linking(OfProperty):
    """A link to pay an amount; None is what settles all of it today. With a ``language`` the payer
    is led back to the portal's page of the order in it."""

    amount_paise = paise(load_default=None)
    language = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(LANGUAGES))


class OneOrder(Schema):
    """An order by its id."""

    order_id = fields.UUID(required=True)


class Confirming(OneOrder):
    """What the gateway's checkout gave the payer's browser."""

    gateway_order_id = Words(60, required=True)
    gateway_payment_id = Words(60, required=True)
    signature = Words(200, required=True)


class Webhook(Schema):
    """A webhook as it came: the body's bytes in base64, and two headers."""

    body = Base64(_WEBHOOK_MAX, required=True)
    signature = fields.String(load_default="", validate=validate.Length(max=500))
    event_id = fields.String(load_default=None, validate=validate.Length(max=100))


class Refunding(Schema):
    """Give an online payment, or a part of it, back."""

    payment_id = fields.UUID(required=True)
    amount_paise = paise(required=True)
    reason = Words(300, required=True)
    key = Words(100, required=True)


class ChargingBack(Schema):
    """A refund that was made at the gateway's dashboard, or a dispute that was lost, by its id
    there; ``note`` says what is known of it."""

    kind = fields.String(required=True, validate=validate.OneOf(("refund", "dispute")))
    id = Words(60, required=True)
    note = Words(300, required=True)


class AcceptingHeld(OneOrder):
    """A held order whose money is taken as it came."""

    note = Words(300, required=True)


class Held(Schema):
    """What of the gateway waits for a person."""

    limit = fields.Integer(load_default=50, validate=validate.Range(1, _PAGE))


class OrderView(Schema):
    """An order; ``key_id`` is what a checkout needs beside ``gateway_id``; ``link_url`` is the page
    of one that is paid by a link."""

    id = fields.UUID()
    number = fields.String()
    property_id = fields.UUID()
    amount_paise = fields.Integer()
    state = fields.String()
    gateway_id = fields.String()
    link_url = fields.String()
    made_at = Moment()
    expires_at = Moment()
    payment_id = fields.UUID()
    reason = fields.String()


class OrderStandingView(OrderView):
    """An order as its payer is told of it: ``failed`` is whether the last try that the gateway told
    of came to nothing; ``receipt_number``, ``paid_on``, ``paid_paise`` and ``mode`` are of the
    payment, ``whole`` whether the caller is told them; ``waits``: it is of no property so far;
    ``payment_state``, ``taken_back`` and ``left_paise`` say whether it still stands."""

    property_number = fields.String()
    is_link = fields.Boolean()
    failed = fields.Boolean()
    receipt_number = fields.String()
    paid_on = fields.Date()
    paid_paise = fields.Integer()
    mode = fields.String()
    payment_state = fields.String()
    taken_back = fields.String()
    left_paise = fields.Integer()
    waits = fields.Boolean()
    whole = fields.Boolean()


class RefundView(Schema):
    """A refund through the gateway."""

    id = fields.UUID()
    payment_id = fields.UUID()
    payment_ref = fields.String()
    gateway_id = fields.String()
    amount_paise = fields.Integer()
    state = fields.String()
    reason = fields.String()
    asked_by = fields.String()
    asked_at = Moment()


class NoticeView(Schema):
    """A webhook that was refused."""

    event = fields.String()
    event_id = fields.String()
    received_at = Moment()
    times = fields.Integer()
    order_ref = fields.String()
    payment_ref = fields.String()
    reason = fields.String()


class DisputeView(Schema):
    """A payment that is disputed."""

    id = fields.String()
    payment_ref = fields.String()
    amount_paise = fields.Integer()
    phase = fields.String()
    status = fields.String()
    reason = fields.String()
    opened_at = Moment()
