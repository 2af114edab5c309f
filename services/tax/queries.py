"""Reads."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.errors import NotFound
from services.tax.models import Bill, Payment, Property
from services.tax.schemas import BillView, PaymentView, PropertyView

_property = PropertyView()
_bill = BillView()
_payment = PaymentView()


def property_view(owed: Property) -> dict[str, Any]:
    """A property as the outside sees it."""
    shown: dict[str, Any] = _property.dump(owed)
    return shown


def bill_view(bill: Bill) -> dict[str, Any]:
    """A bill as the outside sees it, without its payments."""
    shown: dict[str, Any] = _bill.dump(bill)
    return shown


def payment_view(payment: Payment) -> dict[str, Any]:
    """A payment as the outside sees it."""
    shown: dict[str, Any] = _payment.dump(payment)
    return shown


def get(session: Session, args: Mapping[str, Any], *, payments: bool) -> dict[str, Any]:
    """A property by ``id`` or ``number``, and its bills, newest first.

    ``balance_paise`` is the sum of the bills' balances.

    Args:
        session: on the service's database.
        args: what identifies the property.
        payments: with each bill its payments. Their references and modes are the payer's own
            affair, and who knows a number need not be the owner.

    Raises:
        NotFound: there is none.
    """
    key, column = (
        (args["id"], Property.id) if args["id"] is not None else (args["number"], Property.number)
    )
    owed = session.scalar(select(Property).where(column == key))
    if owed is None:
        raise NotFound(f"there is no property {key}", {"id": str(key)})
    bills = session.scalars(
        select(Bill).where(Bill.property_id == owed.id).order_by(Bill.period.desc())
    ).all()
    shown = [bill_view(bill) for bill in bills]
    if payments:
        received = _payments(session, bills)
        shown = [bill | {"payments": received[bill["id"]]} for bill in shown]
    balance = sum(bill.account.balance_paise for bill in bills)
    return property_view(owed) | {"balance_paise": balance, "bills": shown}


def _payments(session: Session, bills: Sequence[Bill]) -> dict[str, list[dict[str, Any]]]:
    """The payments of each bill, in order, by the bill's id."""
    payments: dict[str, list[dict[str, Any]]] = {str(bill.id): [] for bill in bills}
    received = select(Payment).where(Payment.bill_id.in_([bill.id for bill in bills]))
    for payment in session.scalars(received.order_by(Payment.paid_at, Payment.id)):
        payments[str(payment.bill_id)].append(payment_view(payment))
    return payments


def contacts(session: Session, ids: Sequence[uuid.UUID]) -> list[dict[str, Any]]:
    """How to reach the owners.

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
