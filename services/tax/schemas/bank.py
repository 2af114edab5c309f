"""What reconciliation takes."""

from marshmallow import Schema, fields, validate

from palika.fields import Words
from services.tax.schemas.common import LANGUAGES, paise

_MOST = 500


class Waiting(Schema):
    """What waits in suspense, the oldest first."""

    limit = fields.Integer(load_default=100, validate=validate.Range(1, _MOST))


class OneWaiting(Schema):
    """One that waits, with suggestions."""

    payment_id = fields.UUID(required=True)
    language = fields.String(load_default="mr", validate=validate.OneOf(LANGUAGES))


class _Using(Schema):
    payment_id = fields.UUID(required=True)
    amount_paise = paise(required=True)
    key = Words(60, required=True)
    note = Words(500, required=True)


class Identifying(_Using):
    """Whose a payment in suspense, or a part of it, is; ``note`` says how that is known."""

    property_id = fields.UUID(required=True)


class Returning(_Using):
    """What of a payment in suspense goes back by bank; ``note`` says why."""


class RefundingCredit(Schema):
    """Credit that goes back by bank; ``reference`` is the bank order's, ``reason`` says why."""

    property_id = fields.UUID(required=True)
    amount_paise = paise(required=True)
    reference = Words(60, required=True)
    reason = Words(300, required=True)
