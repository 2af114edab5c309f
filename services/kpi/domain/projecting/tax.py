"""What the events of property tax add; all of them to the department `property-tax`, in paise."""

from datetime import timedelta

from services.kpi.domain.projecting.fields import (
    Data,
    Delta,
    Given,
    Rule,
    code,
    india_day,
    optional,
    ward,
    whole,
)
from services.kpi.domain.sketches import register

PROPERTY_TAX = "property-tax"


def _given(data: Data, field: str, *given: Delta) -> Given:
    return (PROPERTY_TAX, ward(data), india_day(data, field)), data, given


def _once(field: str, *given: Delta) -> Rule:
    """A rule that gives the same of every event, on the day of `field`."""

    def rule(data: Data) -> list[Given]:
        return [_given(data, field, *given)]

    return rule


def _billed(data: Data) -> list[Given]:
    given = (
        ("tax.billed", 0, 1),
        ("tax.billed_paise", 0, whole(data, "amount_paise")),
        ("tax.arrears_paise", 0, optional(data, "arrears_paise")),
        ("tax.advance_paise", 0, optional(data, "advance_paise")),
        ("tax.properties_billed", register(code(data, "property_id")), 1),
    )
    return [_given(data, "billed_at", *given)]


def _payment(data: Data, sign: int) -> Given:
    """What a payment gives (+1) or, when it is taken back, takes (-1), on its own day."""
    return _given(
        data,
        "paid_at",
        ("tax.paid", 0, sign),
        ("tax.paid_paise", 0, sign * whole(data, "amount_paise")),
        ("tax.properties_paid", register(code(data, "property_id")), sign),
    )


def _paid(data: Data) -> list[Given]:
    return [_payment(data, 1)]


def _payment_reversed(data: Data) -> list[Given]:
    given = (
        ("tax.payment_reversed", 0, 1),
        ("tax.reversed_paise", 0, whole(data, "amount_paise")),
    )
    return [_given(data, "reversed_at", *given), _payment(data, -1)]


def _hearing_set(data: Data) -> list[Given]:
    put_off = int(whole(data, "adjourned") > 0)
    given = (("tax.hearings_set", 0, 1), ("tax.hearings_adjourned", 0, put_off))
    # The day on which it was set is not told; it is counted on the day of the hearing.
    return [_given(data, "hearing_at", *given)]


def _notice_issued(data: Data) -> list[Given]:
    given = (
        ("tax.notices", 0, 1),
        ("tax.notice_owed_paise", 0, whole(data, "owed_paise")),
        ("tax.notice_fee_paise", 0, whole(data, "fee_paise")),
        ("tax.properties_noticed", register(code(data, "property_id")), 1),
    )
    return [_given(data, "issued_at", *given)]


def _hold(field: str, measure: str, sign: int) -> Rule:
    """Recovery stopped (+1) or goes on (-1); of a property or a zone, and of no ward."""
    given: tuple[Delta, ...] = ((measure, 0, 1), ("tax.holds_open", 0, sign))

    def rule(data: Data) -> list[Given]:
        return [((PROPERTY_TAX, "", india_day(data, field)), data, given)]

    return rule


def _reassessed(data: Data) -> list[Given]:
    given = (
        ("tax.reassessed", 0, 1),
        ("tax.reassessed_paise", 0, whole(data, "difference_paise")),
    )
    return [_given(data, "reassessed_at", *given)]


def _reminder_due(data: Data) -> list[Given]:
    given = (
        ("tax.reminders", 0, 1),
        ("tax.reminded_arrears_paise", 0, whole(data, "arrears_paise")),
    )
    return [_given(data, "reminded_at", *given)]


RULES: dict[str, Rule] = {
    "tax.billed.v1": _billed,
    "tax.paid.v1": _paid,
    "tax.payment_reversed.v1": _payment_reversed,
    "tax.objected.v1": _once("objected_at", ("tax.objected", 0, 1), ("tax.objections_open", 0, 1)),
    "tax.hearing_set.v1": _hearing_set,
    "tax.objection_decided.v1": _once(
        "decided_at", ("tax.objections_decided", 0, 1), ("tax.objections_open", 0, -1)
    ),
    "tax.notice_issued.v1": _notice_issued,
    "tax.held.v1": _hold("held_at", "tax.held", 1),
    "tax.released.v1": _hold("released_at", "tax.released", -1),
    "tax.reassessed.v1": _reassessed,
    "tax.transferred.v1": _once("transferred_at", ("tax.transferred", 0, 1)),
    "tax.replaced.v1": _once("replaced_at", ("tax.replaced", 0, 1)),
    "tax.reminder_due.v1": _reminder_due,
}

_NONE: frozenset[str] = frozenset()
_BILL = frozenset({"period"})
_PAYMENT = frozenset({"mode"})
_REVERSAL = frozenset({"mode", "outcome"})
_STEP = frozenset({"step"})
_KIND = frozenset({"kind"})
_REMINDER = frozenset({"action", "channel", "language"})

ATTRIBUTES: dict[str, frozenset[str]] = {
    "tax.billed": _BILL,
    "tax.billed_paise": _BILL,
    "tax.arrears_paise": _BILL,
    "tax.advance_paise": _BILL,
    "tax.properties_billed": _BILL,
    "tax.paid": _PAYMENT,
    "tax.paid_paise": _PAYMENT,
    "tax.properties_paid": _PAYMENT,
    "tax.payment_reversed": _REVERSAL,
    "tax.reversed_paise": _REVERSAL,
    "tax.objected": frozenset({"against"}),
    "tax.objections_decided": frozenset({"outcome"}),
    "tax.objections_open": _NONE,
    "tax.hearings_set": _NONE,
    "tax.hearings_adjourned": _NONE,
    "tax.notices": _STEP,
    "tax.notice_owed_paise": _STEP,
    "tax.notice_fee_paise": _STEP,
    "tax.properties_noticed": _STEP,
    "tax.held": _KIND,
    "tax.released": _KIND,
    "tax.holds_open": _KIND,
    "tax.reassessed": _KIND,
    "tax.reassessed_paise": _KIND,
    "tax.transferred": frozenset({"reason"}),
    "tax.replaced": _KIND,
    "tax.reminders": _REMINDER,
    "tax.reminded_arrears_paise": _REMINDER,
}
EARLY: dict[str, timedelta] = dict.fromkeys(
    # Counted on the day of the hearing; nobody sets one for more than a year ahead.
    ("tax.hearings_set", "tax.hearings_adjourned"),
    timedelta(days=366),
)
DISTRIBUTIONS: frozenset[str] = frozenset()
DISTINCT = frozenset({"tax.properties_billed", "tax.properties_paid", "tax.properties_noticed"})
