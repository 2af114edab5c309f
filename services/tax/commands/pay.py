"""Take a payment for a bill, once."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import NotFound
from palika.events import Event
from palika.outbox import record
from services.tax.domain.payment import check_same
from services.tax.models import Bill, Payment, Property
from services.tax.schemas import PAID


def pay_bill(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> Payment:
    """Take a payment of all or a part of a bill's balance.

    The same reference for the same bill and amount gives the first payment and no second event,
    however often and however concurrently it comes.

    Raises:
        NotFound: no such bill.
        Invalid: not an amount.
        Conflict: more than the balance, or the reference stands for another payment.
    """
    # The bill is locked: payments of one bill wait for each other and see each other's balance.
    row = session.execute(
        select(Bill, Property.ward)
        .join(Property, Property.id == Bill.property_id)
        .where(Bill.id == args["bill_id"])
        .with_for_update(of=Bill)
    ).one_or_none()
    if row is None:
        raise NotFound(f"there is no bill {args['bill_id']}", {"bill_id": str(args["bill_id"])})
    bill, ward = row
    known = _by_reference(session, args["reference"])
    if known is None:
        payment, event = make_payment(
            bill, ward, args["amount_paise"], args["reference"], args["mode"], now
        )
        fresh = insert(Payment).on_conflict_do_nothing(index_elements=[Payment.reference])
        stored = session.scalar(fresh.returning(Payment), values_of(payment))
        if stored is not None:
            record(session, event)
            return stored
        # The reference was used for another bill since we looked: this bill's own payments wait.
        # The conflict that follows rolls the bill's new balance back.
        known = session.scalars(select(Payment).where(Payment.reference == args["reference"])).one()
    check_same(
        args["reference"],
        bill=known.bill_id == bill.id,
        amount=known.amount_paise == args["amount_paise"],
    )
    return known


def make_payment(
    bill: Bill, ward: str, amount: Any, reference: str, mode: str, now: datetime
) -> tuple[Payment, Event]:
    """Change the bill's balance; give the payment and its event. Nothing is stored.

    Raises:
        Invalid: not an amount.
        Conflict: more than the balance.
    """
    account = bill.account.pay(amount)
    bill.paid_paise = account.paid_paise
    bill.version += 1
    payment = Payment(
        id=uuid7(),
        bill_id=bill.id,
        reference=reference,
        amount_paise=amount,
        balance_paise=account.balance_paise,
        mode=mode,
        paid_at=now,
    )
    return payment, PAID.new(
        subject=str(bill.id),
        sequence=bill.version,
        time=now,
        data={
            "property_id": bill.property_id,
            "bill_id": bill.id,
            "ward": ward,
            "payment_id": payment.id,
            "amount_paise": amount,
            "balance_paise": payment.balance_paise,
            "paid_at": now,
            "mode": mode,
        },
    )


def values_of(payment: Payment) -> dict[str, Any]:
    """A payment's columns, for an insert."""
    return {column.key: getattr(payment, column.key) for column in Payment.__table__.columns}


def _by_reference(session: Session, reference: str) -> Payment | None:
    return session.scalar(select(Payment).where(Payment.reference == reference))
