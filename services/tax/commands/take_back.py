"""Take a payment back: it counts as never made. The one way, whatever the reason."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from palika.errors import Conflict
from palika.india import day_of
from palika.outbox import record
from services.tax.commands.pay import latest_bill, next_about
from services.tax.commands.receipts import cancel_receipt
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.statement import balance
from services.tax.domain.ledger.undoing import bounce, take_back
from services.tax.ledger_store import entries_of, entry_of, lock, post
from services.tax.models import LedgerEntry, Payment
from services.tax.reference import rules
from services.tax.schemas.reversing import REVERSED
from services.tax.stays import stays_of


@dataclass(frozen=True, slots=True)
class Bounce:
    """A cheque's return: on which day, and the fee, which may be 0."""

    on: date
    fee_paise: int


def take_payment_back(
    session: Session,
    payment: Payment,
    now: datetime,
    *,
    by: str,
    why: str,
    bounced: Bounce | None = None,
) -> uuid.UUID:
    """Take a payment of a property back, with all that hung on it, and cancel its receipt.

    Args:
        session: in the caller's transaction; the payment's row is locked by it.
        payment: that stands.
        now: aware.
        by: the subject who does.
        why: for the receipt.
        bounced: of a cheque that came back.

    Returns:
        The id of the ledger's entry.

    Raises:
        Conflict: it is taken back already, or waits in suspense.
        Invalid: the cheque came back before it was paid.
    """
    if payment.state != "received" or payment.property_id is None:
        raise Conflict(
            f"payment {payment.reference} is {payment.state} already, or of no property",
            {"state": payment.state},
        )
    owed = lock(session, payment.property_id)
    today = day_of(now)
    before = entries_of(session, owed.id)
    undone = entry_of(session.get_one(LedgerEntry, payment.entry_id))
    order = rules(today).order
    if bounced is None:
        drafts = take_back(before, undone, order)
    else:
        drafts = bounce(before, undone, bounced.fee_paise, bounced.on, order)
    posted = post(
        session,
        drafts,
        property_id=owed.id,
        reference=payment.reference,
        posted_at=now,
    )
    payment.state = "reversed" if bounced is None else "bounced"
    cancel_receipt(session, payment, by, why, now)
    book = Book.of([*before, *posted], today)
    owes = balance(book, today, rules(today).interest, stays_of(session, owed.id)).total
    about, sequence = next_about(session, owed, latest_bill(session, owed))
    event = REVERSED.new(
        subject=str(about),
        sequence=sequence,
        time=now,
        data={
            "property_id": owed.id,
            "bill_id": about,
            # Where it was counted, wherever the property is by now.
            "ward": payment.ward,
            "payment_id": payment.id,
            "amount_paise": payment.amount_paise,
            "balance_paise": max(owes, 0),
            "paid_at": payment.paid_at,
            "reversed_at": now,
            "mode": payment.mode,
            "outcome": payment.state,
        },
    )
    record(session, event)
    return uuid.UUID(posted[0].id)
