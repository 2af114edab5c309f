"""Sessions of counters, cheques by where they are, and series of receipts."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.tax.domain.billing import check_financial_year
from services.tax.models import (
    Cheque,
    CounterPayment,
    CounterSession,
    DepositSlip,
    Payment,
    Receipt,
    ReceiptSeries,
)
from services.tax.schemas.counter import ChequeView, SessionView, SlipView

_session, _slip = SessionView(), SlipView()
_cheques = ChequeView(many=True)


def session_view(session: Session, work: CounterSession) -> dict[str, Any]:
    """A session, with what was taken in it by mode and how often, as the books have it."""
    shown: dict[str, Any] = _session.dump(work)
    rows = session.execute(
        select(Payment.mode, func.count(), func.sum(Payment.amount_paise))
        .join(CounterPayment, CounterPayment.payment_id == Payment.id)
        .where(CounterPayment.session_id == work.id, Payment.state != "reversed")
        .group_by(Payment.mode)
        .order_by(Payment.mode)
    )
    books = {mode: {"count": count, "paise": int(paise)} for mode, count, paise in rows}
    return shown | {"books": books}


def sessions_of(session: Session, day: date, place: str | None) -> list[dict[str, Any]]:
    """The sessions of a day, of a place or of all."""
    found = select(CounterSession).where(CounterSession.day == day)
    if place is not None:
        found = found.where(CounterSession.place == place)
    rows = session.scalars(found.order_by(CounterSession.place, CounterSession.opened_at))
    return [session_view(session, each) for each in rows]


def slip_view(slip: DepositSlip) -> dict[str, Any]:
    """A slip."""
    shown: dict[str, Any] = _slip.dump(slip)
    return shown


def cheques(session: Session, args: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The cheques in a state, the oldest first."""
    rows = session.scalars(
        select(Cheque)
        .where(Cheque.state == args["state"])
        .order_by(Cheque.dated, Cheque.payment_id)
        .limit(args["limit"])
    )
    return cheque_views(rows.all())


def cheque_views(rows: Any) -> list[dict[str, Any]]:
    """Cheques as the outside sees them."""
    shown: list[dict[str, Any]] = _cheques.dump(rows)
    return shown


def receipts(session: Session, year: str, place: str) -> dict[str, Any]:
    """A series: its last serial, how many receipts it has, and which are cancelled.

    ``missing`` are serials that no receipt has: there are none.

    Raises:
        Invalid: the year is no financial year (2026-27).
    """
    check_financial_year(year)
    last = session.scalar(
        select(ReceiptSeries.last).where(ReceiptSeries.year == year, ReceiptSeries.place == place)
    )
    rows = session.execute(
        select(Receipt.serial, Receipt.number, Receipt.cancelled_at, Receipt.cancelled_for)
        .where(Receipt.year == year, Receipt.place == place)
        .order_by(Receipt.serial)
    ).all()
    given = {row.serial for row in rows}
    return {
        "year": year,
        "place": place,
        "last": last or 0,
        "count": len(rows),
        "missing": [each for each in range(1, (last or 0) + 1) if each not in given],
        "cancelled": [
            {"number": row.number, "reason": row.cancelled_for}
            for row in rows
            if row.cancelled_at is not None
        ],
    }
