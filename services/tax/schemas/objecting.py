"""What objections and holds take."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from palika.fields import Date, Moment, Words
from services.tax.domain.holding import KINDS
from services.tax.domain.objections import OUTCOMES
from services.tax.schemas.changing import check_days, states
from services.tax.schemas.common import Number, OfProperty, paise

_SOME_PAISE = validate.Range(min=1, max=10**15)


class Objecting(OfProperty):
    """An objection to a bill (by its number), or to an order about the property.

    ``disputed_paise`` is what is not accepted of what is asked for, None all of it;
    ``received_on`` the day on which it came, None today; ``reason`` says why one that came long ago
    is written down only now.
    """

    bill_number = Words(50, load_default=None)
    order_number = Words(100, load_default=None)
    objector = Words(200, required=True)
    grounds = Words(4000, required=True)
    disputed_paise = paise(load_default=None, validate=_SOME_PAISE)
    received_on = Date(load_default=None)
    reason = Words(1000, load_default=None)

    @validates_schema(skip_on_field_errors=True)
    def against_one(self, data: dict[str, Any], **_: Any) -> None:
        """Exactly one of the two."""
        if (data["bill_number"] is None) == (data["order_number"] is None):
            raise ValidationError("give either bill_number or order_number", "bill_number")


class OfObjection(Schema):
    """One objection."""

    objection_number = Words(50, required=True)


class SettingHearing(OfObjection):
    """A day for the hearing."""

    hearing_at = Moment(required=True)
    place = Words(300, required=True)


class Adjourning(SettingHearing):
    """Another day for the hearing."""

    reason = Words(1000, required=True)


class Hearing(OfObjection):
    """What was said at the hearing, and by whom."""

    present = fields.List(Words(200), required=True, validate=validate.Length(max=50))
    minutes = Words(8000, required=True)


class Deciding(OfObjection):
    """A decision; with ``states`` the property is assessed anew, by the order that is named."""

    outcome = fields.String(required=True, validate=validate.OneOf(OUTCOMES))
    reasons = Words(8000, required=True)
    order_number = Words(100, load_default=None)
    order_date = Date(load_default=None)
    states = states(load_default=list)

    @validates_schema(skip_on_field_errors=True)
    def order_for_states(self, data: dict[str, Any], **_: Any) -> None:
        """States need an order, and each a day of its own."""
        check_days(data["states"])
        if bool(data["states"]) != (data["order_number"] is not None):
            raise ValidationError("states and order_number go together", "order_number")


class Withdrawing(OfObjection):
    """It is taken back."""

    reason = Words(1000, required=True)


class Objections(OfProperty):
    """A property's objections."""


class Holding(Schema):
    """A hold: of one property (``number``), or of all of a ``zone``.

    ``half_years`` are what it is about (2026-27/1), None is everything.
    """

    number = Number(load_default=None)
    zone = Words(100, load_default=None)
    kind = fields.String(required=True, validate=validate.OneOf(tuple(KINDS)))
    reference = Words(100, required=True)
    since = Date(required=True)
    half_years = fields.List(
        fields.String(), load_default=None, validate=validate.Length(min=1, max=400)
    )
    remark = Words(1000, load_default=None)

    @validates_schema(skip_on_field_errors=True)
    def whose(self, data: dict[str, Any], **_: Any) -> None:
        """Exactly one of the two."""
        if (data["number"] is None) == (data["zone"] is None):
            raise ValidationError("give either number or zone", "number")


class Lifting(Schema):
    """The end of a hold; ``reference`` is of the order that lifts it."""

    id = fields.UUID(required=True)
    last_day = Date(required=True)
    reference = Words(100, required=True)


class Holds(OfProperty):
    """A property's holds."""
