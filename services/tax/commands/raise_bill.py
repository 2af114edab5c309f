"""Bill one property; the bill run (``billrun/``) bills them all."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict
from palika.events import Event
from palika.india import day_of
from palika.outbox import record
from services.tax.commands.estates import carry_over, heirs_locked
from services.tax.commands.succession import left_by
from services.tax.domain.billing import Asked, ask, bill_number, half_years_of, lines_as_json
from services.tax.domain.half_year import HalfYear
from services.tax.domain.ledger.book import Book
from services.tax.domain.register import GIVEN_WAY
from services.tax.ledger_store import entries_of, lock, post
from services.tax.models import Bill, Property, RegisterOrder
from services.tax.reference import billing, rates, rules
from services.tax.register_store import register_of
from services.tax.schemas.events import BILLED
from services.tax.stays import stays_of


def raise_bill(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> Bill:
    """Raise a property's one bill for ``args["period"]``: a financial year, or a half of one.

    The same bill again gives the first one and no second event: a call that was repeated because
    its answer was lost does no harm. What a property that was split or merged is asked for (of the
    half-years before) is carried on at once to what is in its place, which pays it.

    Raises:
        NotFound: no such property.
        Invalid: not a period, its financial year has not begun, or the rate sheet has no rate for
            a floor.
        Conflict: a part of the period is billed already, there is nothing to demand, or an order
            was written down after ``now``, while it waited for the property: ask again.
    """
    half_years = half_years_of(args["period"])
    owed, order, heirs = _locked(session, args["property_id"], now)
    known = session.scalar(
        select(Bill).where(Bill.property_id == owed.id, Bill.period == args["period"])
    )
    if known is not None:
        return known
    on = day_of(now)
    register = register_of(session, owed)
    if register.changed_since(half_years, now):
        raise Conflict(
            f"an order has just changed property {owed.number}: bill it again",
            {"number": owed.number},
        )
    book = Book.of(entries_of(session, owed.id), on)
    stays = stays_of(session, owed.id)
    properties = {each: register.assessable(each, now) for each in half_years}
    asked = ask(properties, book, rates(), rules(on), on, stays)
    if asked is None:
        raise Conflict(
            f"there is nothing to demand of property {owed.number} for {args['period']}",
            {"number": owed.number, "period": args["period"]},
        )
    (number,) = bill_numbers(session, half_years[0], 1)
    bill, event = make_bill(owed, number, args["period"], asked, now)
    session.execute(insert(Bill), values_of(bill))
    post(session, asked.drafts, property_id=owed.id, reference=number, posted_at=now)
    record(session, event)
    if order is not None:
        # The moment after: what the bill asks for was still here.
        carry_over(session, owed, order, heirs, now + timedelta(microseconds=1))
    return bill


def _locked(
    session: Session, property_id: uuid.UUID, now: datetime
) -> tuple[Property, RegisterOrder | None, Mapping[Property, int]]:
    """The property, locked; of one that gave way the order by which it did, too, and what is in its
    place now, with the weights by which that has its dues."""
    order, found = None, session.get(Property, property_id)
    if found is not None:
        session.refresh(found)
        order = left_by(session, found)
        # What was put on the roll as gone, by no order of ours, has nothing in its place.
        if order is not None and order.details.get("to"):
            return found, order, heirs_locked(session, found, order, now)
    owed = lock(session, property_id)
    session.refresh(owed)
    if order is None and owed.status in GIVEN_WAY:
        raise Conflict(
            f"an order has just changed property {owed.number}: bill it again",
            {"number": owed.number},
        )
    return owed, None, {}


def make_bill(
    owed: Property, number: str, period: str, asked: Asked, now: datetime
) -> tuple[Bill, Event]:
    """A bill and the event that tells of it; nothing is stored."""
    values = bill_values(uuid7(), owed.id, number, period, asked, now)
    return Bill(**values), BILLED.new(
        subject=str(values["id"]),
        sequence=1,
        time=now,
        data=billed_data(values, owed.ward),
    )


def bill_values(
    id: Any, property_id: Any, number: str, period: str, asked: Asked, now: datetime
) -> dict[str, Any]:
    """A bill's columns; the ids are as the caller has them, UUIDs or their text."""
    return {
        "id": id,
        "number": number,
        "property_id": property_id,
        "period": period,
        "amount_paise": asked.amount_paise,
        "arrears_paise": asked.arrears_paise,
        "advance_paise": asked.advance_paise,
        "rateable_value_paise": asked.assessments[-1].valuation.rateable_value_paise,
        "lines": lines_as_json(asked.assessments),
        "known_on": day_of(now),
        "billed_at": now,
        "due_on": asked.due_on,
        "version": 1,
    }


def billed_data(values: Mapping[str, Any], ward: str) -> dict[str, Any]:
    """The data of a bill's event."""
    return {
        "property_id": values["property_id"],
        "bill_id": values["id"],
        "ward": ward,
        "bill_number": values["number"],
        "period": values["period"],
        "amount_paise": values["amount_paise"],
        "arrears_paise": values["arrears_paise"],
        "advance_paise": values["advance_paise"],
        "billed_at": values["billed_at"],
        "due_on": values["due_on"].isoformat(),
    }


def bill_numbers(session: Session, first: HalfYear, count: int) -> Sequence[str]:
    """So many new bill numbers of a financial year; those that are not used leave gaps."""
    serials = session.scalars(select(func.bill_serials(first.year, count)))
    return [bill_number(billing().bill_prefix, first.year, serial) for serial in serials]


def values_of(bill: Bill) -> dict[str, Any]:
    """A bill's columns, for an insert."""
    return {column.key: getattr(bill, column.key) for column in Bill.__table__.columns}
