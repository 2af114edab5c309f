"""What is paid online: orders, and all that waits for a person."""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, func, literal_column, select
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.india import day_of
from palika.roles import HELPDESK, STAFF
from services.tax.models import (
    GatewayDispute,
    GatewayNotice,
    GatewayRefund,
    GatewayRefusal,
    Payment,
    PaymentOrder,
    Property,
)
from services.tax.schemas.online import (
    DisputeView,
    NoticeView,
    OrderStandingView,
    OrderView,
    RefundView,
)

_order, _standing, _refund = OrderView(), OrderStandingView(), RefundView()
_notices, _disputes = NoticeView(many=True), DisputeView(many=True)
_DAYS: Final = 30


def came_as(reference: Any) -> ColumnElement[str]:
    """The gateway's id of a payment that came through it, of the reference of the payment itself,
    or of what was made of it later: ``pay_1`` of ``pay_1#rfnd_2``."""
    # The constants are written out: only so is the index's expression this one.
    return func.split_part(reference, literal_column("'#'"), literal_column("1"))


def order_view(order: PaymentOrder) -> dict[str, Any]:
    """An order as the outside sees it."""
    shown: dict[str, Any] = _order.dump(order)
    return shown


ALONE: Final = ("citizen:", "api:")
"""The subjects of who is known and acts for nobody else: a citizen, a program with a token of its
own."""


def is_alone(caller: Identity) -> bool:
    """Whether a caller is one of these."""
    return caller.subject.startswith(ALONE)


def may_read_payment(caller: Identity, order: PaymentOrder) -> bool:
    """Whether a caller is told how an order was paid: the staff and clerks, and who made it, if
    that is known. The portal asks as itself for an owner (``documents_of``)."""
    if is_alone(caller):
        return order.made_by == caller.subject
    return caller.has_any(STAFF | {HELPDESK})


def standing(session: Session, order: PaymentOrder, *, whole: bool = True) -> dict[str, Any]:
    """An order as its payer is told of it: with the property's number, whether the last try failed,
    and of a payment that was posted its receipt. Nothing of the owner is in it: who has paid need
    not be the owner.

    Args:
        session: on the service's database.
        order: of which.
        whole: whether also receipt, day and mode: see ``may_read_payment``.

    Returns:
        as ``OrderStandingView``; ``payment_state`` is that of the payment (``received``,
        ``bounced``, ``reversed``), ``taken_back`` why it, or a part, does not stand any more
        (``refund``, ``dispute``, ``other``; None: it stands), ``left_paise`` what of it does.
    """
    shown: dict[str, Any] = _standing.dump(order)
    owed = session.get(Property, order.property_id)
    paid = order.payment_id and session.get(Payment, order.payment_id)
    shown |= {
        "property_number": owed and owed.number,
        # Of one that is open a reason is that of a payment that failed (commands/settle.py).
        "failed": order.state in ("open", "expired") and order.reason is not None,
        "receipt_number": None,
        "paid_on": None,
        "paid_paise": None,
        "mode": None,
        "payment_state": None,
        "taken_back": None,
        "left_paise": None,
        "waits": False,
        "whole": whole,
    }
    if paid:
        shown |= {
            "payment_state": paid.state,
            "paid_paise": paid.amount_paise,
            "waits": paid.property_id is None,
        }
        shown |= _taken_back(session, paid)
        if whole:
            shown |= {
                "receipt_number": paid.receipt_number,
                "paid_on": paid.received_on.isoformat(),
                "mode": paid.mode,
            }
    return shown


def _taken_back(session: Session, paid: Payment) -> dict[str, Any]:
    """Why a payment, or a part of it, stands no more, and what of it does; nothing if it stands."""
    refunded = session.scalar(
        select(func.sum(GatewayRefund.amount_paise)).where(
            GatewayRefund.payment_ref == paid.reference, GatewayRefund.state == "processed"
        )
    )
    disputed = session.scalar(
        select(func.sum(GatewayDispute.amount_paise)).where(
            GatewayDispute.payment_ref == paid.reference, GatewayDispute.entry_id.is_not(None)
        )
    )
    gone = int(refunded or 0) + int(disputed or 0)
    if not gone and paid.state == "received":
        return {}
    return {
        "taken_back": "dispute" if disputed else "refund" if refunded else "other",
        "left_paise": max(paid.amount_paise - gone, 0) if gone else 0,
    }


def refund_view(refund: GatewayRefund) -> dict[str, Any]:
    """A refund as the outside sees it."""
    shown: dict[str, Any] = _refund.dump(refund)
    return shown


def held(session: Session, limit: int, now: datetime) -> dict[str, Any]:
    """What of the gateway waits for a person, the newest first.

    Returns:
        ``orders`` that are held, ``refused`` webhooks that were signed, ``disputes`` that are not
        settled, ``refunds`` that were made at the gateway's dashboard; ``unsigned``: how many of
        the last 30 days were not the gateway's, by day and rule.
    """
    orders = session.scalars(
        select(PaymentOrder)
        .where(PaymentOrder.state == "held")
        .order_by(PaymentOrder.made_at.desc())
        .limit(limit)
    )
    refused = session.scalars(
        select(GatewayNotice)
        .where(GatewayNotice.outcome == "refused")
        .order_by(GatewayNotice.received_at.desc())
        .limit(limit)
    )
    disputes = session.scalars(
        select(GatewayDispute)
        .where(GatewayDispute.status.not_in(("won", "closed")), GatewayDispute.entry_id.is_(None))
        .order_by(GatewayDispute.opened_at.desc())
        .limit(limit)
    )
    foreign = session.scalars(
        select(GatewayRefund)
        .where(GatewayRefund.state == "foreign")
        .order_by(GatewayRefund.asked_at.desc())
        .limit(limit)
    )
    unsigned = session.scalars(
        select(GatewayRefusal)
        .where(GatewayRefusal.day > day_of(now) - timedelta(days=_DAYS))
        .order_by(GatewayRefusal.day.desc(), GatewayRefusal.rule)
    )
    return {
        "orders": [order_view(each) for each in orders],
        "refused": _notices.dump(refused.all()),
        "disputes": _disputes.dump(disputes.all()),
        "refunds": [refund_view(each) for each in foreign],
        "unsigned": [
            {"day": each.day.isoformat(), "rule": each.rule, "times": each.times}
            for each in unsigned
        ],
    }
