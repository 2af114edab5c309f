"""What the events carry."""

from marshmallow import Schema, fields, validate

from palika.events import event_type
from palika.fields import Moment
from services.tax.schemas.common import paise

_LEAST_0 = validate.Range(min=0)
_LEAST_1 = validate.Range(min=1)


class TaxBilled(Schema):
    """Data of ``tax.billed.v1``.

    ``period`` is a financial year like 2026-27, or a half of one, 2026-27/1; ``amount_paise`` its
    tax. The bill asks for the arrears too, less the owner's credit (``advance_paise``).
    """

    property_id = fields.UUID(required=True)
    bill_id = fields.UUID(required=True)
    ward = fields.String(required=True)
    bill_number = fields.String(required=True)
    period = fields.String(required=True)
    amount_paise = paise(required=True, validate=_LEAST_1)
    arrears_paise = paise(validate=_LEAST_0)
    advance_paise = paise(validate=_LEAST_0)
    billed_at = Moment(required=True)
    due_on = fields.Date(required=True)


class TaxPaid(Schema):
    """Data of ``tax.paid.v1``; ``bill_id`` is the property's latest bill, and the
    property itself where a fee was paid before it was ever billed.

    ``balance_paise`` is what the property still owes, ``advance_paise`` its owner's credit; both
    after the payment. ``received_on`` is the day from which it counts. The payer's reference is
    not in it: a UPI id may be a telephone number.
    """

    property_id = fields.UUID(required=True)
    bill_id = fields.UUID(required=True)
    ward = fields.String(required=True)
    payment_id = fields.UUID(required=True)
    amount_paise = paise(required=True, validate=_LEAST_1)
    balance_paise = paise(required=True, validate=_LEAST_0)
    advance_paise = paise(validate=_LEAST_0)
    paid_at = Moment(required=True)
    received_on = fields.Date()
    mode = fields.String(required=True)


class TaxReminderDue(Schema):
    """Data of ``tax.reminder_due.v1``: an owner is to be reminded, by an approved campaign.

    ``action`` is ``message`` or ``call``, ``channel`` how it is wanted (``whatsapp``, ``voice``);
    ``arrears_paise`` is all that is owed that day, with interest; ``due_on`` was the last day to
    pay the latest bill. Who the owner is, and their number, is told by ``contacts``.
    """

    property_id = fields.UUID(required=True)
    campaign_id = fields.UUID(required=True)
    item_id = fields.UUID(required=True)
    ward = fields.String(required=True)
    action = fields.String(required=True)
    channel = fields.String(required=True)
    language = fields.String(required=True)
    arrears_paise = paise(required=True, validate=_LEAST_1)
    due_on = fields.Date(required=True)
    reminded_at = Moment(required=True)


class TaxNoticeIssued(Schema):
    """Data of ``tax.notice_issued.v1``: a step of the ladder of recovery left the office.

    ``step`` is of the city's ladder (demand-notice, warrant, attachment, sealing); ``owed_paise``
    what was owed that day without the step's own fee.
    """

    property_id = fields.UUID(required=True)
    notice_id = fields.UUID(required=True)
    ward = fields.String(required=True)
    notice_number = fields.String(required=True)
    step = fields.String(required=True)
    owed_paise = paise(required=True, validate=_LEAST_1)
    fee_paise = paise(required=True, validate=_LEAST_0)
    issued_at = Moment(required=True)


BILLED = event_type("tax.billed.v1", TaxBilled, "A property was billed for a period.")
PAID = event_type("tax.paid.v1", TaxPaid, "A payment for a property was taken.")
REMINDER_DUE = event_type(
    "tax.reminder_due.v1", TaxReminderDue, "An owner is to be reminded of what is late."
)
NOTICE_ISSUED = event_type(
    "tax.notice_issued.v1", TaxNoticeIssued, "A notice of the ladder of recovery was issued."
)
