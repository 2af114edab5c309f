"""Give an owner's credit back by bank: what was paid too much, however it had come."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Conflict
from palika.india import day_of
from services.tax.commands.cheques import check_cleared
from services.tax.commands.once import alone
from services.tax.domain.ledger import refunds
from services.tax.domain.ledger.accounts import Account
from services.tax.domain.ledger.book import Book
from services.tax.domain.money import paise
from services.tax.ledger_store import entries_of, lock, post
from services.tax.models import CreditRefund


def refund_credit(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> CreditRefund:
    """Pay a property's credit, or a part of it, to its owner out of the city's bank account.

    The same reference, for the same property and amount, gives the first refund.

    Args:
        session: in the caller's transaction.
        caller: who answers for it.
        args: ``property_id``, ``amount_paise``, ``reference`` (of the bank order), ``reason``.
        now: aware.

    Raises:
        NotFound: no such property.
        Invalid: not an amount.
        Conflict: more than its credit, a cheque paid for it has not cleared yet, or the reference
            stands for another refund.
    """
    amount, reference = paise(args["amount_paise"]), args["reference"]
    alone(session, f"refund_credit {reference}")
    owed = lock(session, args["property_id"])
    known = session.get(CreditRefund, reference)
    if known is not None:
        if (known.property_id, known.amount_paise) != (owed.id, amount):
            raise Conflict(
                "the reference of the refund is used already, for another one",
                {"reference": reference},
            )
        return known
    check_cleared(session, owed)
    today = day_of(now)
    book = Book.of(entries_of(session, owed.id), today)
    promised = refunds.promise(book, amount, today)
    book.post(promised)
    paid = refunds.pay_out(book, amount, today, Account.BANK)
    _, entry = post(
        session,
        [promised, paid],
        property_id=owed.id,
        reference=f"refund:{reference}",
        posted_at=now,
    )
    refund = CreditRefund(
        reference=reference,
        property_id=owed.id,
        amount_paise=amount,
        reason=args["reason"],
        by=caller.subject,
        at=now,
        entry_id=uuid.UUID(entry.id),
    )
    session.add(refund)
    return refund
