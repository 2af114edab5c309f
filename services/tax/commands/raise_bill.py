"""Bill a property for a financial year."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict, NotFound
from palika.events import Event
from palika.india import rupees
from palika.outbox import record
from services.tax.domain.billing import bill_number, first_year
from services.tax.domain.money import paise
from services.tax.models import Bill, Property
from services.tax.reference import billing
from services.tax.schemas import BILLED


def raise_bill(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> Bill:
    """Raise a property's one bill for ``args["period"]``.

    The same bill again (same amount; same due date, if one is given) gives the first one and no
    second event: a call that was repeated because its answer was lost does no harm.

    Raises:
        NotFound: no such property.
        Invalid: the period, the amount or the due date.
        Conflict: the period is billed already, with another amount or due date.
    """
    amount = paise(args["amount_paise"])
    first_year(args["period"])
    wanted: date | None = args["due_on"]
    row = session.execute(
        select(Property, Bill)
        .outerjoin(Bill, (Bill.property_id == Property.id) & (Bill.period == args["period"]))
        .where(Property.id == args["property_id"])
    ).one_or_none()
    if row is None:
        raise NotFound(
            f"there is no property {args['property_id']}",
            {"property_id": str(args["property_id"])},
        )
    owed, known = row
    if known is None:
        (number,) = bill_numbers(session, args["period"], 1)
        bill, event = make_bill(owed, number, args["period"], amount, now, wanted)
        fresh = insert(Bill).on_conflict_do_nothing(index_elements=[Bill.property_id, Bill.period])
        stored = session.scalar(fresh.returning(Bill), values_of(bill))
        if stored is not None:
            record(session, event)
            return stored
        # Another caller was quicker since we looked.
        known = session.scalars(
            select(Bill).where(Bill.property_id == owed.id, Bill.period == args["period"])
        ).one()
    _check_same(known, amount, wanted)
    return known


def make_bill(
    owed: Property,
    number: str,
    period: str,
    amount: int,
    now: datetime,
    due_on: date | None = None,
) -> tuple[Bill, Event]:
    """A bill and the event that tells of it; nothing is stored."""
    bill = Bill(
        id=uuid7(),
        number=number,
        property_id=owed.id,
        period=period,
        amount_paise=amount,
        paid_paise=0,
        billed_at=now,
        due_on=billing().due_on(period, now, due_on),
        version=1,
    )
    return bill, BILLED.new(
        subject=str(bill.id),
        sequence=bill.version,
        time=now,
        data={
            "property_id": owed.id,
            "bill_id": bill.id,
            "ward": owed.ward,
            "bill_number": number,
            "period": period,
            "amount_paise": amount,
            "billed_at": now,
            "due_on": bill.due_on.isoformat(),
        },
    )


def bill_numbers(session: Session, period: str, count: int) -> Sequence[str]:
    """So many new bill numbers of a period; those that are not used leave gaps."""
    serials = session.scalars(select(func.bill_serials(first_year(period), count)))
    return [bill_number(billing().bill_prefix, period, serial) for serial in serials]


def values_of(bill: Bill) -> dict[str, Any]:
    """A bill's columns, for an insert."""
    return {column.key: getattr(bill, column.key) for column in Bill.__table__.columns}


def _check_same(known: Bill, amount: int, wanted: date | None) -> None:
    if known.amount_paise == amount and wanted in (None, known.due_on):
        return
    raise Conflict(
        f"the property is billed already for {known.period}: bill {known.number} "
        f"of {rupees(known.amount_paise)}, due on {known.due_on.isoformat()}",
        {"bill_id": str(known.id), "number": known.number, "period": known.period},
    )
