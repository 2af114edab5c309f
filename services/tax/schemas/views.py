"""What goes out."""

from marshmallow import Schema, fields

from palika.fields import Moment


class PropertyView(Schema):
    """A property as everybody may see it; who owns it is told by ``contacts``."""

    id = fields.UUID()
    number = fields.String()
    ward = fields.String()
    zone = fields.String()
    use = fields.String()
    status = fields.String()
    address = fields.String()
    language = fields.String()
    registered_at = Moment()


class PaymentView(Schema):
    """A payment; ``balance_paise`` is what its property still owed after it."""

    id = fields.UUID()
    property_id = fields.UUID()
    bill_id = fields.UUID()
    reference = fields.String()
    amount_paise = fields.Integer()
    balance_paise = fields.Integer()
    mode = fields.String()
    channel = fields.String()
    received_on = fields.Date()
    paid_at = Moment()
    state = fields.String()
    receipt_number = fields.String()
    taken_by = fields.String()
    reason = fields.String()


class BillView(Schema):
    """A bill as it was raised; ``payable_paise`` is what it asked for in all."""

    id = fields.UUID()
    number = fields.String()
    property_id = fields.UUID()
    period = fields.String()
    amount_paise = fields.Integer()
    arrears_paise = fields.Integer()
    advance_paise = fields.Integer()
    payable_paise = fields.Integer()
    rateable_value_paise = fields.Integer()
    lines = fields.Raw()
    billed_at = Moment()
    due_on = fields.Date()
    version = fields.Integer()
