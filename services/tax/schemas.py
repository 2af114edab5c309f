"""What comes in, what goes out, and what the events carry. Money is integer paise."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from palika.events import event_type
from palika.fields import Date, Moment, Phone, Words
from services.tax.domain.payment import MODES

LANGUAGES = ("mr", "en")
CONTACTS_LIMIT = 500


def _paise(**options: Any) -> fields.Integer:
    # Strict: 100.0, "100" and true are no amounts.
    return fields.Integer(strict=True, required=True, **options)


# ---- in


class Registering(Schema):
    """A property and its owner."""

    number = Words(50, required=True)
    ward = Words(100, required=True)
    address = Words(500, required=True)
    owner_name = Words(200, required=True)
    owner_phone = Phone(load_default=None)
    owner_email = fields.Email(load_default=None, validate=validate.Length(max=254))
    language = fields.String(load_default="mr", validate=validate.OneOf(LANGUAGES))


class Billing(Schema):
    """A bill for a property and a financial year."""

    property_id = fields.UUID(required=True)
    period = Words(7, required=True)
    amount_paise = _paise()
    due_on = Date(load_default=None)


class Paying(Schema):
    """A payment of all or a part of a bill; ``reference`` is the payer's or the gateway's own."""

    bill_id = fields.UUID(required=True)
    amount_paise = _paise()
    reference = Words(100, required=True)
    mode = fields.String(required=True, validate=validate.OneOf(MODES))


class Getting(Schema):
    """A property with its bills, by its id or by its number."""

    id = fields.UUID(load_default=None)
    number = Words(50, load_default=None)

    @validates_schema(skip_on_field_errors=True)
    def one_key(self, data: dict[str, Any], **_: Any) -> None:
        """Exactly one of the two."""
        if (data["id"] is None) == (data["number"] is None):
            raise ValidationError("give either id or number", "id")


class ContactsOf(Schema):
    """Properties whose owners are to be reached."""

    ids = fields.List(fields.UUID(), required=True, validate=validate.Length(max=CONTACTS_LIMIT))


# ---- out


class PropertyView(Schema):
    """A property as everybody may see it; who owns it is told by ``contacts``."""

    id = fields.UUID()
    number = fields.String()
    ward = fields.String()
    address = fields.String()
    language = fields.String()
    registered_at = Moment()


class PaymentView(Schema):
    """A payment; ``balance_paise`` is what its bill still asked for after it."""

    id = fields.UUID()
    bill_id = fields.UUID()
    reference = fields.String()
    amount_paise = fields.Integer()
    balance_paise = fields.Integer()
    mode = fields.String()
    paid_at = Moment()


class BillView(Schema):
    """A bill; ``status`` is unpaid, part_paid or paid."""

    id = fields.UUID()
    number = fields.String()
    property_id = fields.UUID()
    period = fields.String()
    amount_paise = fields.Integer()
    paid_paise = fields.Integer()
    balance_paise = fields.Integer(attribute="account.balance_paise")
    status = fields.String(attribute="account.status")
    billed_at = Moment()
    due_on = fields.Date()
    version = fields.Integer()


# ---- events


class TaxBilled(Schema):
    """Data of ``tax.billed.v1``; ``period`` is a financial year like 2026-27."""

    property_id = fields.UUID(required=True)
    bill_id = fields.UUID(required=True)
    ward = fields.String(required=True)
    bill_number = fields.String(required=True)
    period = fields.String(required=True)
    amount_paise = _paise(validate=validate.Range(min=1))
    billed_at = Moment(required=True)
    due_on = fields.Date(required=True)


class TaxPaid(Schema):
    """Data of ``tax.paid.v1``; ``balance_paise`` is what the bill still asks for.

    The payer's reference is not in it: a UPI id may be a telephone number.
    """

    property_id = fields.UUID(required=True)
    bill_id = fields.UUID(required=True)
    ward = fields.String(required=True)
    payment_id = fields.UUID(required=True)
    amount_paise = _paise(validate=validate.Range(min=1))
    balance_paise = _paise(validate=validate.Range(min=0))
    paid_at = Moment(required=True)
    mode = fields.String(required=True)


BILLED = event_type("tax.billed.v1", TaxBilled, "A property was billed for a period.")
PAID = event_type("tax.paid.v1", TaxPaid, "All or a part of a bill was paid.")
