"""What is paid online: orders, and all that waits for a person."""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, func, literal_column, select
from sqlalchemy.orm import Session

from palika.india import day_of
from services.tax.models import (
    GatewayDispute,
    GatewayNotice,
    GatewayRefund,
    GatewayRefusal,
    PaymentOrder,
)
from services.tax.schemas.online import DisputeView, NoticeView, OrderView, RefundView

_order, _refund = OrderView(), RefundView()
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
