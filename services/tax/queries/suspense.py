"""What waits in suspense: a list by age, and what each may be for."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from palika.errors import NotFound
from palika.india import day_of
from services.tax.domain.reconciliation import Credit
from services.tax.models import BankLine, Payment, SuspenseUse
from services.tax.queries.matching import suggestions

_made = aliased(Payment)
TAKEN = (
    select(func.coalesce(func.sum(SuspenseUse.amount_paise), 0))
    .outerjoin(_made, _made.id == SuspenseUse.made_id)
    .where(
        SuspenseUse.payment_id == Payment.id,
        _made.id.is_(None) | (_made.state == "received"),
    )
    .correlate(Payment)
    .scalar_subquery()
)
"""How much of a payment in suspense is not there any more: for a query of ``Payment``."""
_LEFT = Payment.amount_paise - TAKEN


def waiting(session: Session, limit: int, now: datetime) -> dict[str, Any]:
    """What waits, the oldest first.

    Returns:
        ``count`` and ``left_paise`` of all; ``items``, at most ``limit`` of them, with what is left
        of each, for how many days it has been here, and the narration of its bank line.
    """
    still = Payment.property_id.is_(None) & (_LEFT > 0)
    total = session.execute(
        select(func.count(), func.coalesce(func.sum(_LEFT), 0)).select_from(Payment).where(still)
    ).one()
    rows = session.execute(
        select(Payment, _LEFT.label("left"), BankLine.narration)
        .outerjoin(BankLine, BankLine.payment_id == Payment.id)
        .where(still)
        .order_by(Payment.received_on, Payment.id)
        .limit(limit)
    )
    return {
        "count": total[0],
        "left_paise": int(total[1]),
        "items": [_item(row.Payment, int(row.left), row.narration, now) for row in rows],
    }


def one(session: Session, args: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """One that waits, with ``suggestions`` for all that is left of it, the likeliest first.

    Raises:
        NotFound: nothing of that id waits.
    """
    key: uuid.UUID = args["payment_id"]
    row = session.execute(
        select(Payment, _LEFT.label("left"), BankLine.narration)
        .outerjoin(BankLine, BankLine.payment_id == Payment.id)
        .where(Payment.id == key, Payment.property_id.is_(None))
    ).one_or_none()
    if row is None:
        raise NotFound(f"nothing of {key} waits in suspense", {"payment_id": str(key)})
    text = row.narration or row.Payment.reference
    credit = Credit(int(row.left), text, text)
    found = suggestions(session, credit, text, row.Payment.received_on, now)
    return _item(row.Payment, int(row.left), row.narration, now) | {
        "suggestions": [
            {
                "property_id": each.candidate.id,
                "number": each.candidate.number,
                "balance_paise": each.candidate.balance_paise,
                "payable_paise": each.candidate.payable_paise,
                "score": each.score,
                "reasons": [reason.in_(args["language"]) for reason in each.reasons],
            }
            for each in found
        ]
    }


def _item(payment: Payment, left: int, narration: str | None, now: datetime) -> dict[str, Any]:
    return {
        "payment_id": str(payment.id),
        "reference": payment.reference,
        "channel": payment.channel,
        "mode": payment.mode,
        "amount_paise": payment.amount_paise,
        "left_paise": left,
        "received_on": payment.received_on.isoformat(),
        "days": (day_of(now) - payment.received_on).days,
        "narration": narration,
    }
