"""What bills, payments and questions about dues take."""

from marshmallow import Schema, fields, validate

from palika.fields import Date, Words
from services.tax.domain.payment import MODES
from services.tax.schemas.common import OfProperty, paise


class Billing(Schema):
    """A property's bill for a financial year (2026-27), or a half of one (2026-27/1)."""

    property_id = fields.UUID(required=True)
    period = Words(9, required=True)


class Paying(Schema):
    """A payment; ``reference`` is the payer's or the gateway's own.

    ``received_on`` is the day from which it counts; None is today. One that is longer ago than
    ``channels.yaml`` lets an officer say takes a supervisor, with a ``reason``.
    """

    property_id = fields.UUID(required=True)
    amount_paise = paise(required=True)
    reference = Words(100, required=True)
    mode = fields.String(required=True, validate=validate.OneOf(MODES))
    received_on = Date(load_default=None)
    reason = Words(500, load_default=None)


class Getting(OfProperty):
    """A property with its bills."""


class Dues(OfProperty):
    """What a property owes on a day, None is today; ``ahead``: and until when that stays so."""

    on = Date(load_default=None)
    ahead = fields.Boolean(load_default=False)


class OnDay(OfProperty):
    """A property on a day; None is today."""

    on = Date(load_default=None)
