"""Which properties a credit of the bank may be for."""

import re
import uuid
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from palika.india import day_of
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.receiving import Quote, quote
from services.tax.domain.payment import PAYABLE
from services.tax.domain.reconciliation import (
    Candidate,
    Credit,
    Reference,
    Suggestion,
    suggest,
)
from services.tax.ledger_store import entries_of
from services.tax.models import Bill, PaymentOrder, Property
from services.tax.reference import channels, rules
from services.tax.stays import stays_of

_DATED = re.compile(r"([A-Z]{1,20})([0-9]{4})([0-9]{2})([0-9]{6,})")
_BARE = func.regexp_replace(func.upper(Property.number), "[^0-9A-Z]", "", "g")
_RECENT: Final = timedelta(days=550)
_MOST: Final = 50
_REFERENCES_MAX: Final = 10


def named_by(session: Session, text: str, on: date, now: datetime) -> list[Candidate]:
    """The properties whose own number, bill or order a note names; what they owed ``on`` a day."""
    return _candidates(session, _all_named(session, text), on, now)


def ids_named_by(session: Session, text: str) -> set[uuid.UUID]:
    """The properties that a note names, whether or not they are paid for."""
    return set(_all_named(session, text))


def suggestions(
    session: Session, credit: Credit, text: str, on: date, now: datetime
) -> list[Suggestion]:
    """What a credit may be for, the likeliest first: what it names, and bills of that amount."""
    candidates = named_by(session, text, on, now)
    known = {each.id for each in candidates}
    payable = Bill.amount_paise + Bill.arrears_paise - Bill.advance_paise
    alike = session.scalars(
        select(Bill.property_id)
        .where(payable == credit.amount_paise, Bill.billed_at > now - _RECENT)
        .order_by(Bill.billed_at.desc())
        .limit(_MOST)
    )
    others: dict[uuid.UUID, dict[Reference, str]] = {
        each: {} for each in alike if str(each) not in known
    }
    candidates += _candidates(session, others, on, now)
    return suggest(credit, candidates, channels().matching)


def _all_named(session: Session, text: str) -> dict[uuid.UUID, dict[Reference, str]]:
    named: dict[uuid.UUID, dict[Reference, str]] = {}
    for kind, keys in channels().matching.references(text).items():
        for key in keys[:_REFERENCES_MAX]:
            for property_id, number in _named(session, kind, key):
                named.setdefault(property_id, {})[kind] = number
    return named


def _named(session: Session, kind: Reference, key: str) -> Iterable[tuple[uuid.UUID, str]]:
    if kind is Reference.PROPERTY:
        rows = session.execute(select(Property.id, Property.number).where(key == _BARE))
        return [(row.id, row.number) for row in rows]
    dated = _DATED.fullmatch(key)
    if dated is None:
        return []
    prefix, year, end, serial = dated.groups()
    number = f"{prefix}-{year}-{end}-{serial}"
    table: Any = Bill if kind is Reference.BILL else PaymentOrder
    rows = session.execute(select(table.property_id).where(table.number == number))
    return [(row.property_id, number) for row in rows]


def _candidates(
    session: Session,
    named: Mapping[uuid.UUID, Mapping[Reference, str]],
    on: date,
    now: datetime,
) -> list[Candidate]:
    rows = session.execute(
        select(Property.id, Property.number, Property.owner_name)
        .where(Property.id.in_(list(named)), Property.status.in_(PAYABLE))
        .where(select(Bill.id).where(Bill.property_id == Property.id).exists())
        .order_by(Property.number)
    )
    found = []
    for row in rows:
        owed = owed_by(session, row.id, on, now)
        found.append(
            Candidate(
                id=str(row.id),
                number=row.number,
                owner=row.owner_name,
                balance_paise=max(sum(owed.dues.values()) - owed.advance, 0),
                payable_paise=owed.payable_paise,
                named=named[row.id],
            )
        )
    return found


def owed_by(session: Session, property_id: uuid.UUID, on: date, now: datetime) -> Quote:
    """What a property owed on a day, and what settled it."""
    book = Book.of(entries_of(session, property_id), on)
    return quote(book, on, rules(day_of(now)), stays_of(session, property_id))
