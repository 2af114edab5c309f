"""What the events of the register, of objections and of holds carry."""

from marshmallow import Schema, fields, validate

from palika.events import event_type
from palika.fields import Moment
from services.tax.schemas.common import paise

_LEAST_1 = validate.Range(min=1)


class TaxReassessed(Schema):
    """Data of ``tax.reassessed.v1``; ``kind`` says by what kind of order.

    ``half_years`` are those that were billed and are another amount now, like 20261;
    ``difference_paise`` is theirs in all, below 0 what was demanded too much. ``balance_paise`` and
    ``advance_paise`` are what is owed and what is in credit after it.
    """

    property_id = fields.UUID(required=True)
    order_id = fields.UUID(required=True)
    ward = fields.String(required=True)
    kind = fields.String(required=True)
    effective_from = fields.Date(required=True)
    half_years = fields.List(fields.Integer(strict=True), required=True)
    difference_paise = paise(required=True)
    balance_paise = paise(required=True)
    advance_paise = paise(required=True)
    reassessed_at = Moment(required=True)


class TaxTransferred(Schema):
    """Data of ``tax.transferred.v1``; ``owners`` is how many there are, ``reason`` why title
    passed (sale, gift, inheritance, ...)."""

    property_id = fields.UUID(required=True)
    order_id = fields.UUID(required=True)
    ward = fields.String(required=True)
    reason = fields.String(required=True)
    effective_from = fields.Date(required=True)
    owners = fields.Integer(required=True, strict=True, validate=_LEAST_1)
    transferred_at = Moment(required=True)


class TaxReplaced(Schema):
    """Data of ``tax.replaced.v1``: of ``kind`` split, merger, or revocation (of one
    of these: the successors are those of before).

    ``properties`` are no more from ``effective_from`` on, ``successors`` are in their place.
    """

    order_id = fields.UUID(required=True)
    ward = fields.String(required=True)
    kind = fields.String(required=True)
    effective_from = fields.Date(required=True)
    properties = fields.List(fields.UUID(), required=True)
    successors = fields.List(fields.UUID(), required=True)
    replaced_at = Moment(required=True)


class TaxObjected(Schema):
    """Data of ``tax.objected.v1``; ``against`` is what it is about: bill or order."""

    objection_id = fields.UUID(required=True)
    number = fields.String(required=True)
    property_id = fields.UUID(required=True)
    ward = fields.String(required=True)
    against = fields.String(required=True)
    objected_at = Moment(required=True)


class TaxHearingSet(Schema):
    """Data of ``tax.hearing_set.v1``; ``adjourned`` is how often it was put off by now."""

    objection_id = fields.UUID(required=True)
    number = fields.String(required=True)
    property_id = fields.UUID(required=True)
    ward = fields.String(required=True)
    hearing_at = Moment(required=True)
    adjourned = fields.Integer(required=True, strict=True)


class TaxObjectionDecided(Schema):
    """Data of ``tax.objection_decided.v1``; ``outcome`` is upheld, partly, rejected or withdrawn,
    ``order_id`` the order by which the property is assessed anew."""

    objection_id = fields.UUID(required=True)
    number = fields.String(required=True)
    property_id = fields.UUID(required=True)
    ward = fields.String(required=True)
    outcome = fields.String(required=True)
    order_id = fields.UUID()
    decided_at = Moment(required=True)


class TaxHeld(Schema):
    """Data of ``tax.held.v1``: nothing may be recovered since a day.

    Without ``property_id`` it is about all properties of a zone. ``kind`` is stay, court_case,
    dispute or merged_village.
    """

    hold_id = fields.UUID(required=True)
    property_id = fields.UUID()
    kind = fields.String(required=True)
    since = fields.Date(required=True)
    held_at = Moment(required=True)


class TaxReleased(Schema):
    """Data of ``tax.released.v1``: a hold ends with ``last_day``."""

    hold_id = fields.UUID(required=True)
    property_id = fields.UUID()
    kind = fields.String(required=True)
    last_day = fields.Date(required=True)
    released_at = Moment(required=True)


REASSESSED = event_type(
    "tax.reassessed.v1", TaxReassessed, "An order, or a rule, changed what a property is taxed by."
)
TRANSFERRED = event_type("tax.transferred.v1", TaxTransferred, "A property has other owners.")
REPLACED = event_type(
    "tax.replaced.v1", TaxReplaced, "A property was split, or several became one."
)
OBJECTED = event_type("tax.objected.v1", TaxObjected, "An assessment was objected to.")
HEARING_SET = event_type(
    "tax.hearing_set.v1", TaxHearingSet, "The day of an objection's hearing was set, or moved."
)
OBJECTION_DECIDED = event_type(
    "tax.objection_decided.v1", TaxObjectionDecided, "An objection has come to its end."
)
HELD = event_type("tax.held.v1", TaxHeld, "Recovery has to stop.")
RELEASED = event_type("tax.released.v1", TaxReleased, "Recovery may go on.")
