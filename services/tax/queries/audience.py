"""Whom other services may ask for by a name: ids of properties, page by page, and no contacts."""

import uuid
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from palika.india import day_of
from services.tax.domain.holding import STAY, stays
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.statement import balance
from services.tax.domain.register import ACTIVE
from services.tax.ledger_store import entries_of_all
from services.tax.models import Bill, Property
from services.tax.reference import check_ward, rules
from services.tax.stays import holds_of, recorded_of

LOOKED_AT: Final = 1_000
"""Properties that one call looks at, at the most: its page may be short, or empty."""
_TOGETHER: Final = 100


def audience(session: Session, args: dict[str, Any], now: datetime) -> dict[str, Any]:
    """A page of the audience ``owing``: properties that owe so much today, with interest.

    Properties of which nothing, or not all, may be recovered today (a stay, a case, a dispute, an
    open objection) are not in it.

    Args:
        session: on the service's database.
        args: as ``AudienceOf`` has them.
        now: aware; its day in Asia/Kolkata counts.

    Returns:
        ``ids``, in the order of the ids; ``fields``: by id ``arrears_paise`` and ``due_on`` (of the
        last bill; left out where there is none); ``next``: what to give as ``after`` for the page
        behind, None at the end.

    Raises:
        Invalid: there is no such ward.
    """
    asked = args["arguments"]
    for ward in asked["ward"] or ():
        check_ward(ward)
    least: int = asked["least_paise"]
    today = day_of(now)
    last: uuid.UUID | None = args["after"]
    found: dict[str, int] = {}
    for _ in range(LOOKED_AT // _TOGETHER):
        ids = _next(session, asked["ward"], last)
        owed = _owed(session, ids, today)
        for last in ids:
            if owed.get(last, 0) >= least:
                found[str(last)] = owed[last]
                if len(found) == args["limit"]:
                    return _page(session, found, last)
        if len(ids) < _TOGETHER:
            return _page(session, found, None)
    return _page(session, found, last)


def _page(session: Session, found: dict[str, int], last: uuid.UUID | None) -> dict[str, Any]:
    fields: dict[str, dict[str, Any]] = {
        each: {"arrears_paise": paise} for each, paise in found.items()
    }
    newest = (
        select(Bill.property_id, Bill.due_on)
        .where(Bill.property_id.in_(list(found)))
        .order_by(Bill.property_id, Bill.billed_at.desc())
        .ext(distinct_on(Bill.property_id))
    )
    for property_id, due_on in session.execute(newest):
        if due_on is not None:
            fields[str(property_id)]["due_on"] = due_on.isoformat()
    return {"ids": list(found), "fields": fields, "next": str(last) if last else None}


def _next(session: Session, wards: list[str] | None, after: uuid.UUID | None) -> list[uuid.UUID]:
    asked = select(Property.id).where(Property.status == ACTIVE).order_by(Property.id)
    if wards is not None:
        asked = asked.where(Property.ward.in_(wards))
    if after is not None:
        asked = asked.where(Property.id > after)
    return list(session.scalars(asked.limit(_TOGETHER)))


def _owed(session: Session, ids: list[uuid.UUID], today: date) -> dict[uuid.UUID, int]:
    """What properties owe; those that nothing may be recovered from are not in it."""
    held = holds_of(session, ids, today)
    entries = entries_of_all(session, [each for each in ids if each not in held])
    rule = rules(today).interest
    # A stay that was lifted stopped interest while it lasted.
    stayed = recorded_of(session, list(entries), (STAY,))
    return {
        each: balance(Book.of(own, today), today, rule, stays(stayed.get(each, []))).total
        for each, own in entries.items()
    }
