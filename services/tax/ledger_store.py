"""The ledger of ``domain/ledger`` in the database: the one place that reads and writes entries."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.errors import NotFound
from services.tax.domain.half_year import HalfYear
from services.tax.domain.ledger.accounts import Account
from services.tax.domain.ledger.entries import Draft, Entry, Kind, Line
from services.tax.models import LedgerEntry, Property


def lock(session: Session, property_id: uuid.UUID) -> Property:
    """The property, locked: whoever writes to its ledger does it one after the other.

    Raises:
        NotFound: there is none.
    """
    found = session.scalar(
        select(Property).where(Property.id == property_id).with_for_update(key_share=True)
    )
    if found is None:
        raise NotFound(f"there is no property {property_id}", {"property_id": str(property_id)})
    return found


def entries_of(session: Session, property_id: uuid.UUID) -> list[Entry]:
    """All entries of a property, as they were written down."""
    rows = session.scalars(
        select(LedgerEntry)
        .where(LedgerEntry.property_id == property_id)
        .order_by(LedgerEntry.posted_at, LedgerEntry.id)
    )
    return [entry_of(row) for row in rows]


def entries_of_all(
    session: Session, property_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, list[Entry]]:
    """The entries of some properties, in one query; those without any are not in it."""
    rows = session.scalars(
        select(LedgerEntry)
        .where(LedgerEntry.property_id.in_(property_ids))
        .order_by(LedgerEntry.posted_at, LedgerEntry.id)
    )
    found: dict[uuid.UUID, list[Entry]] = {}
    for row in rows:
        if row.property_id is not None:
            found.setdefault(row.property_id, []).append(entry_of(row))
    return found


def post(
    session: Session,
    drafts: Iterable[Draft],
    *,
    property_id: uuid.UUID | None,
    reference: str,
    posted_at: datetime,
) -> list[Entry]:
    """Write entries down, for good. The property is ``lock``ed by the caller.

    Args:
        session: in the caller's transaction.
        drafts: in their order.
        property_id: whose; None while that is not known.
        reference: the bill's, the payment's, the order's.
        posted_at: aware.
    """
    entries = made(drafts, property_id=property_id, reference=reference, posted_at=posted_at)
    if entries:
        session.execute(insert(LedgerEntry), [row_of(entry) for entry in entries])
    return entries


def made(
    drafts: Iterable[Draft], *, property_id: uuid.UUID | None, reference: str, posted_at: datetime
) -> list[Entry]:
    """The entries that ``post`` writes down."""
    return [
        Entry.post(
            draft,
            id=str(uuid7()),
            property=str(property_id) if property_id else None,
            posted_at=posted_at,
            reference=reference,
        )
        for draft in drafts
    ]


def row_of(entry: Entry) -> dict[str, Any]:
    """The columns of an entry."""
    return {
        "id": uuid.UUID(entry.id),
        "property_id": uuid.UUID(entry.property) if entry.property else None,
        "kind": entry.kind.value,
        "value_date": entry.value_date,
        "posted_at": entry.posted_at,
        "reference": entry.reference,
        "late_from": entry.late_from,
        "if_paid_to": code_of(entry.if_paid_to) if entry.if_paid_to else None,
        "undoes": uuid.UUID(entry.undoes) if entry.undoes else None,
        "half_year": demanded(entry),
        "accounts": [line.account.value for line in entry.lines],
        "half_years": [code_of(line.half_year) if line.half_year else None for line in entry.lines],
        "heads": [line.head for line in entry.lines],
        "paise": [line.paise for line in entry.lines],
    }


def entry_of(row: LedgerEntry) -> Entry:
    """The entry of a row."""
    return Entry(
        kind=Kind(row.kind),
        value_date=row.value_date,
        lines=lines_of(row.accounts, row.half_years, row.heads, row.paise),
        late_from=row.late_from,
        if_paid_to=half_year_of(row.if_paid_to) if row.if_paid_to else None,
        undoes=str(row.undoes) if row.undoes else None,
        id=str(row.id),
        property=str(row.property_id) if row.property_id else None,
        posted_at=row.posted_at,
        reference=row.reference,
    )


def lines_of(
    accounts: Sequence[str],
    half_years: Sequence[int | None],
    heads: Sequence[str],
    paise: Sequence[int],
) -> tuple[Line, ...]:
    """The lines of a row's four arrays."""
    return tuple(
        Line(Account(account), half_year_of(code) if code else None, head, amount)
        for account, code, head, amount in zip(accounts, half_years, heads, paise, strict=True)
    )


def demanded(draft: Draft) -> int | None:
    """The half-year of a demand, as the database has it: it is unique there."""
    first = draft.lines[0].half_year
    return code_of(first) if draft.kind is Kind.DEMAND and first is not None else None


def code_of(half_year: HalfYear) -> int:
    """``20261``, as the database has it."""
    return half_year.year * 10 + half_year.half


@lru_cache(maxsize=1024)
def half_year_of(code: int) -> HalfYear:
    """The half-year of ``code_of``; one object for each, which makes sums over entries quicker."""
    return HalfYear(code // 10, code % 10)
