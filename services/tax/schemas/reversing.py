"""What the event of a payment that is taken back carries."""

from marshmallow import Schema, fields, validate

from palika.events import event_type
from palika.fields import Moment
from services.tax.schemas.common import paise


class TaxPaymentReversed(Schema):
    """Data of ``tax.payment_reversed.v1``; ``bill_id`` is the property's latest bill, and the
    property itself where a fee was paid before it was ever billed.

    ``paid_at`` is when it was taken, as its ``tax.paid`` said. ``outcome`` is ``bounced`` (of a
    cheque) or ``reversed`` (taken by mistake, or charged back); ``balance_paise`` is what the
    property owes after it, the fee of a bounced cheque included.
    """

    property_id = fields.UUID(required=True)
    bill_id = fields.UUID(required=True)
    ward = fields.String(required=True)
    payment_id = fields.UUID(required=True)
    amount_paise = paise(required=True, validate=validate.Range(min=1))
    balance_paise = paise(required=True, validate=validate.Range(min=0))
    paid_at = Moment(required=True)
    reversed_at = Moment(required=True)
    mode = fields.String(required=True)
    outcome = fields.String(required=True, validate=validate.OneOf(("bounced", "reversed")))


REVERSED = event_type(
    "tax.payment_reversed.v1",
    TaxPaymentReversed,
    "A payment was taken back: its cheque bounced, it was a mistake, or it was charged back.",
)
