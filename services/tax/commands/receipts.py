"""Give receipts their numbers, and cancel them."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from palika.errors import Conflict, NotFound
from palika.india import day_of
from services.tax.domain.receipts import series
from services.tax.models import Payment, Receipt, ReceiptSeries
from services.tax.reference import channels


def give_receipt(session: Session, payment: Payment, place: str, now: datetime) -> str:
    """The number of a payment's receipt; the same payment has one only.

    It is best the last thing that a transaction does: whoever takes a number of the same series
    waits for its end, and what is rolled back has used none.

    Args:
        session: in the transaction of the payment, which is written down.
        payment: of a property: what waits in suspense has no receipt.
        place: of the series.
        now: when the receipt is given, aware.
    """
    if payment.receipt_number is not None:
        return payment.receipt_number
    if payment.property_id is None:
        raise ValueError("what waits in suspense has no receipt")
    of = series(channels().prefix, place, day_of(now))
    taken = insert(ReceiptSeries).values(year=of.year, place=of.place, last=1)
    serial = session.scalar(
        taken.on_conflict_do_update(
            index_elements=[ReceiptSeries.year, ReceiptSeries.place],
            set_={"last": ReceiptSeries.last + 1},
        ).returning(ReceiptSeries.last)
    )
    assert serial is not None
    payment.receipt_number = of.number(serial)
    session.add(
        Receipt(
            number=payment.receipt_number,
            year=of.year,
            place=of.place,
            serial=serial,
            payment_id=payment.id,
            given_at=now,
        )
    )
    return payment.receipt_number


def cancel_receipt(
    session: Session, payment: Payment, by: str, why: str, now: datetime
) -> Receipt | None:
    """Cancel a payment's receipt: its number stays with it; None: it had none.

    Raises:
        Conflict: it is cancelled already.
    """
    if payment.receipt_number is None:
        return None
    found = session.scalar(
        select(Receipt).where(Receipt.number == payment.receipt_number).with_for_update()
    )
    if found is None:
        raise NotFound(f"there is no receipt {payment.receipt_number}")
    if found.cancelled_at is not None:
        raise Conflict(f"receipt {found.number} is cancelled already", {"number": found.number})
    found.cancelled_at, found.cancelled_by, found.cancelled_for = now, by, why
    return found
