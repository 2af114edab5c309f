"""Certify that nothing is owed for a property."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict
from palika.india import day_of, rupees
from services.tax.commands.cheques import check_cleared
from services.tax.domain.billing import half_years_of
from services.tax.domain.half_year import HalfYear
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.statement import balance
from services.tax.ledger_store import entries_of, lock
from services.tax.models import Bill, Certificate, Property
from services.tax.reference import rules
from services.tax.register_store import register_of
from services.tax.stays import stays_of


def certify(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Certificate:
    """Issue a no-dues certificate: all that was demanded is paid, and the half-year of today was
    demanded, as was every one before it since the first that was (a city that takes its roll over
    has years that were billed elsewhere). It holds until the end of the last half-year that is
    paid.

    The same again on the same day gives the first one.

    Raises:
        NotFound: no such property.
        Conflict: something is owed (the message says how much), a cheque has not cleared yet, this
            half-year was not demanded, or one before it never was (the message names each).
    """
    owed = lock(session, args["property_id"])
    today = day_of(now)
    known = session.scalar(
        select(Certificate)
        .where(Certificate.property_id == owed.id, Certificate.issued_on == today)
        .order_by(Certificate.issued_at.desc())
        .limit(1)
    )
    book = Book.of(entries_of(session, owed.id), today)
    left = balance(book, today, rules(today).interest, stays_of(session, owed.id))
    if (owes := sum(paise for paise in left.dues.values() if paise > 0)) > 0:
        raise Conflict(
            f"property {owed.number} owes {rupees(owes)}",
            {"number": owed.number, "owed_paise": owes},
        )
    check_cleared(session, owed)
    paid_to = max(book.taxes, default=None)
    if paid_to is None or paid_to < HalfYear.of(today):
        raise Conflict(
            f"property {owed.number} was not billed for {HalfYear.of(today)} yet",
            {"number": owed.number, "half_year": str(HalfYear.of(today))},
        )
    if never := _never_demanded(session, owed, book, HalfYear.of(today)):
        raise Conflict(
            f"property {owed.number} was never billed for {', '.join(never)}",
            {"number": owed.number, "half_years": never},
        )
    if known is not None and known.paid_to == str(paid_to):
        return known
    serial = session.scalars(select(func.nextval("document_serial"))).one()
    certificate = Certificate(
        id=uuid7(),
        number=f"ND-{HalfYear.of(today).financial_year}-{serial:06d}",
        property_id=owed.id,
        paid_to=str(paid_to),
        issued_on=today,
        valid_until=paid_to.last_day,
        issued_at=now,
        by=caller.subject,
    )
    session.add(certificate)
    session.flush()
    return certificate


def _never_demanded(session: Session, owed: Property, book: Book, last: HalfYear) -> list[str]:
    """The half-years since the first demanded one that were assessable and are on no bill.

    One that is on a bill and bore no tax has no demand in the ledger.
    """
    billed = set(book.taxes)
    for period in session.scalars(select(Bill.period).where(Bill.property_id == owed.id)):
        billed.update(half_years_of(period))
    register = register_of(session, owed)
    return [
        str(each)
        for each in min(book.taxes).to(last)
        if each not in billed and register.assessable(each) is not None
    ]
