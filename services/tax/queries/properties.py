"""A property with its bills, and how its owner is reached."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.errors import NotFound
from palika.india import day_of
from services.tax.domain.billing import half_years_of
from services.tax.domain.ledger.accounts import Part, part_of
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.entries import Entry, Kind
from services.tax.domain.ledger.statement import balance
from services.tax.domain.numbers import plain_number
from services.tax.domain.register import GIVEN_WAY
from services.tax.ledger_store import entries_of
from services.tax.models import Bill, Payment, Property
from services.tax.queries import matters
from services.tax.reference import rules
from services.tax.schemas.correlating import PROPERTY
from services.tax.schemas.views import BillView, PaymentView, PropertyView
from services.tax.stays import stays_of

_property = PropertyView()
_bill = BillView()
_payment = PaymentView()


def property_view(owed: Property) -> dict[str, Any]:
    """A property as the outside sees it."""
    shown: dict[str, Any] = _property.dump(owed)
    return shown


def bill_view(bill: Bill) -> dict[str, Any]:
    """A bill as the outside sees it: what it said, not what is paid of it."""
    shown: dict[str, Any] = _bill.dump(bill)
    return shown


def payment_view(payment: Payment) -> dict[str, Any]:
    """A payment as the outside sees it."""
    shown: dict[str, Any] = _payment.dump(payment)
    return shown


def find(session: Session, args: Mapping[str, Any]) -> Property:
    """The property of ``args["id"]`` or, when that is None, of ``args["number"]``.

    Raises:
        NotFound: there is none.
    """
    if args["id"] is not None:
        key = args["id"]
        owed = session.scalar(select(Property).where(Property.id == key))
    else:
        key = args["number"]
        owed = by_number(session, [key]).get(key)
    if owed is None:
        raise NotFound(f"there is no property {key}", {"id": str(key)})
    return owed


def by_number(session: Session, numbers: Sequence[str]) -> dict[str, Property]:
    """The properties of numbers, by these as they are given: of just that number, else of what it
    is plainly (an order of before names them as they were written then); unknown ones are left
    out."""
    plain = {number: plain_number(number) for number in numbers}
    rows = session.scalars(select(Property).where(Property.number.in_({*numbers, *plain.values()})))
    known = {row.number: row for row in rows}
    found = {number: known.get(number) or known.get(plain[number]) for number in numbers}
    return {number: owed for number, owed in found.items() if owed is not None}


def get(session: Session, args: Mapping[str, Any], now: datetime, *, staff: bool) -> dict[str, Any]:
    """A property, what it owes today, and its bills, newest first.

    ``balance_paise`` is what is owed with interest up to today, less all credit: below 0 is credit.
    A bill's ``status`` says what is open of the tax of its period: ``unpaid``, ``part_paid``,
    ``paid``; or ``carried``, when what was open went to what is in the property's place.

    Args:
        session: on the service's database.
        args: what identifies the property.
        now: aware.
        staff: with each bill what was paid since it was raised, and with the property the matters
            of several services. References and modes are the payer's own affair, and who knows a
            number need not be the owner.

    Raises:
        NotFound: there is none.
    """
    owed = find(session, args)
    today = day_of(now)
    entries = entries_of(session, owed.id)
    book = Book.of(entries, today)
    left = balance(book, today, rules(today).interest, stays_of(session, owed.id))
    bills = session.scalars(
        select(Bill).where(Bill.property_id == owed.id).order_by(Bill.billed_at.desc(), Bill.id)
    ).all()
    shown = [
        bill_view(bill) | _paid_of(bill, book, _carried(owed, entries, book, bill))
        for bill in bills
    ]
    beside = {}
    if staff:
        received = _payments(session, owed)
        shown = [bill | {"payments": received[bill["id"]]} for bill in shown]
        beside = {"matters": matters.of(session, PROPERTY, owed.id)}
    return property_view(owed) | {"balance_paise": left.total, "bills": shown} | beside


def _carried(owed: Property, entries: Sequence[Entry], book: Book, bill: Bill) -> bool:
    """Whether a bill's tax went to others: what was open of it was carried to them, or all of it
    was demanded of them instead."""
    half_years = half_years_of(bill.period)
    demanded = sum(
        paise
        for (half_year, head), paise in book.charged.items()
        if half_year in half_years and part_of(head) is Part.TAX
    )
    # What came back, when the order was revoked, is no more carried.
    out = -sum(
        line.paise
        for entry in entries
        if entry.kind is Kind.CARRIED
        for line in entry.lines
        if line.half_year in half_years and part_of(line.head) is Part.TAX
    )
    return out > 0 or (owed.status in GIVEN_WAY and not demanded)


def _paid_of(bill: Bill, book: Book, carried: bool) -> dict[str, Any]:
    """How much of the tax of a bill's period is open by now, and what that is called."""
    half_years = half_years_of(bill.period)
    open_ = sum(
        paise
        for (half_year, head), paise in book.open().items()
        if half_year in half_years and part_of(head) is Part.TAX
    )
    nothing = "carried" if carried else "paid"
    status = nothing if not open_ else "unpaid" if open_ >= bill.amount_paise else "part_paid"
    return {"open_paise": open_, "status": status}


def _payments(session: Session, owed: Property) -> dict[str, list[dict[str, Any]]]:
    """The property's payments, in order, by the id of the bill that they came after."""
    payments: dict[str, list[dict[str, Any]]] = defaultdict(list)
    received = select(Payment).where(Payment.property_id == owed.id)
    for payment in session.scalars(received.order_by(Payment.paid_at, Payment.id)):
        payments[str(payment.bill_id)].append(payment_view(payment))
    return payments


def contacts(session: Session, ids: Sequence[uuid.UUID]) -> list[dict[str, Any]]:
    """How to reach the owners whom the bills go to.

    Returns:
        One for each known property id: ``id``, ``name``, ``phone``, ``email``, ``language``,
        ``number`` (the property's). Unknown ids are left out.
    """
    found = session.execute(
        select(
            Property.id,
            Property.owner_name,
            Property.owner_phone,
            Property.owner_email,
            Property.language,
            Property.number,
        ).where(Property.id.in_(ids))
    )
    return [
        {
            "id": str(row.id),
            "name": row.owner_name,
            "phone": row.owner_phone,
            "email": row.owner_email,
            "language": row.language,
            "number": row.number,
        }
        for row in found
    ]
