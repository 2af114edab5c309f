"""Sessions of counters, cheques by where they are, and series of receipts."""

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import NotFound
from palika.india import day_of
from palika.roles import post_of
from services.tax.domain.billing import check_financial_year
from services.tax.domain.counter import Act, SessionState
from services.tax.models import (
    Cheque,
    CounterPayment,
    CounterSession,
    DepositSlip,
    Payment,
    Property,
    Receipt,
    ReceiptSeries,
)
from services.tax.reference import channels
from services.tax.schemas.counter import ChequeView, SessionView, SlipView

_session, _slip = SessionView(), SlipView()
_cheques = ChequeView(many=True)


def session_view(session: Session, work: CounterSession) -> dict[str, Any]:
    """A session, with what was taken in it by mode and how often, as the books have it.

    ``corrections`` are payments of closed sessions that were taken back in this one, ``corrected``
    its own that were taken back in a later one.
    """
    shown: dict[str, Any] = _session.dump(work)
    return shown | {
        "books": books(session, work.id),
        "corrections": _corrections(session, CounterPayment.corrected_in == work.id),
        "corrected": _corrections(session, CounterPayment.session_id == work.id),
    }


def books(session: Session, session_id: uuid.UUID) -> dict[str, dict[str, int]]:
    """What was taken in a session by mode: ``count`` and ``paise``.

    What was taken back while it was open is in no books; what was taken back after its closing is
    in its own, and off those of the session in which that was done.
    """
    found = select(Payment.mode, func.count(), func.sum(Payment.amount_paise))
    found = found.join(CounterPayment, CounterPayment.payment_id == Payment.id)
    found = found.group_by(Payment.mode).order_by(Payment.mode)
    stands = (Payment.state != "reversed") | CounterPayment.corrected_in.is_not(None)
    of_it = found.where(CounterPayment.session_id == session_id, stands)
    shown = {
        mode: {"count": count, "paise": int(paise)} for mode, count, paise in session.execute(of_it)
    }
    for mode, _, paise in session.execute(found.where(CounterPayment.corrected_in == session_id)):
        shown.setdefault(mode, {"count": 0, "paise": 0})["paise"] -= int(paise)
    return shown


def _corrections(session: Session, which: ColumnElement[bool]) -> list[dict[str, Any]]:
    rows = session.execute(
        select(
            Payment.id,
            Payment.mode,
            Payment.amount_paise,
            Payment.received_on,
            Receipt.number,
            Receipt.cancelled_at,
            Receipt.cancelled_for,
        )
        .join(CounterPayment, CounterPayment.payment_id == Payment.id)
        .join(Receipt, Receipt.payment_id == Payment.id)
        .where(which, CounterPayment.corrected_in.is_not(None))
        .order_by(Receipt.cancelled_at, Receipt.number)
    )
    return [
        {
            "payment_id": str(row.id),
            "receipt_number": row.number,
            "mode": row.mode,
            "amount_paise": row.amount_paise,
            "received_on": row.received_on.isoformat(),
            "corrected_on": day_of(row.cancelled_at).isoformat(),
            "reason": row.cancelled_for,
        }
        for row in rows
    ]


def sessions_of(session: Session, day: date, place: str | None) -> list[dict[str, Any]]:
    """The sessions of a day, of a place or of all."""
    found = select(CounterSession).where(CounterSession.day == day)
    if place is not None:
        found = found.where(CounterSession.place == place)
    rows = session.scalars(found.order_by(CounterSession.place, CounterSession.opened_at))
    return [session_view(session, each) for each in rows]


def check_may(caller: Identity, *acts: Act) -> None:
    """Refuse who may do none of these at counters. Raises as ``CounterPosts.check``."""
    channels().posts.check(post_of(caller.subject), caller.roles, *acts)


def my_counter(session: Session, caller: Identity) -> dict[str, Any]:
    """The caller's ``session`` that is open or None, the ``places`` of counters with their names,
    the denominations of ``cash``, in paise, the largest first, and what the caller ``may`` do: who
    may nothing has nothing to do with counters."""
    found = session.scalar(
        select(CounterSession).where(
            CounterSession.cashier == caller.subject,
            CounterSession.state == SessionState.OPEN.value,
        )
    )
    rules = channels()
    return {
        "session": None if found is None else session_view(session, found),
        "places": [
            {"code": code, "mr": name.mr, "en": name.en} for code, name in rules.places.items()
        ],
        "cash": sorted(rules.cash, reverse=True),
        "may": [str(act) for act in rules.posts.may(post_of(caller.subject), caller.roles)],
    }


def payments_in(session: Session, session_id: uuid.UUID) -> list[dict[str, Any]]:
    """What was taken in a session, the last first, with the number of the property and of the
    receipt; of a cheque where it is. ``state`` is ``reversed`` of what was taken back.

    Raises:
        NotFound: there is no such session.
    """
    if session.get(CounterSession, session_id) is None:
        raise NotFound(f"there is no session {session_id}", {"session_id": str(session_id)})
    rows = session.execute(
        select(Payment, Property.number, Receipt.number.label("receipt"), Cheque.state)
        .join(CounterPayment, CounterPayment.payment_id == Payment.id)
        .join(Property, Property.id == Payment.property_id)
        .join(Receipt, Receipt.payment_id == Payment.id)
        .outerjoin(Cheque, Cheque.payment_id == Payment.id)
        .where(CounterPayment.session_id == session_id)
        .order_by(Payment.paid_at.desc(), Payment.id.desc())
    )
    return [
        {
            "payment_id": str(payment.id),
            "property_number": number,
            "receipt_number": receipt,
            "mode": payment.mode,
            "amount_paise": payment.amount_paise,
            "paid_at": payment.paid_at.isoformat(),
            "state": payment.state,
            "cheque_state": cheque,
        }
        for payment, number, receipt, cheque in rows
    ]


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
