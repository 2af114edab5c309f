"""What each property owes on a day, one after the other: to simulate a rule on the whole ledger."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.tax.domain.half_year import HalfYear
from services.tax.domain.ledger.accounts import INTEREST, Part, part_of
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.entries import Entry
from services.tax.domain.ledger.interest import Stay
from services.tax.domain.ledger.statement import balance
from services.tax.domain.simulation import Position
from services.tax.ledger_store import entry_of
from services.tax.models import LedgerEntry, Property
from services.tax.reference import rules
from services.tax.stays import stays_of_many

_AT_ONCE = 2000
_TOGETHER = 500
"""Of so many properties the stays are asked for at once."""


class _Owing(NamedTuple):
    """A property's place and entries."""

    ward: str
    use: str
    entries: list[Entry]


def positions(session: Session, on: date, year: int | None) -> Iterator[Position]:
    """The position of every property that the ledger knows, with interest up to a day.

    Rows come through a server-side cursor, so many at a time: memory does not grow with the city.

    Args:
        session: on the service's database.
        on: the day; entries of later value dates are left out.
        year: whose taxes are given too; None is none.
    """
    rows = session.execute(
        select(LedgerEntry, Property.ward, Property.use)
        .join(Property, Property.id == LedgerEntry.property_id)
        .where(LedgerEntry.value_date <= on)
        .order_by(LedgerEntry.property_id, LedgerEntry.posted_at, LedgerEntry.id)
        .execution_options(yield_per=_AT_ONCE)
    )
    many: list[_Owing] = []
    for row, ward, use in rows:
        entry = entry_of(row)
        # What was read is let go: the session would keep it.
        session.expunge(row)
        if not many or many[-1].entries[0].property != entry.property:
            if len(many) == _TOGETHER:
                yield from _positions(session, many, on, year)
                many = []
            many.append(_Owing(ward, use or "", []))
        many[-1].entries.append(entry)
    yield from _positions(session, many, on, year)


def _positions(
    session: Session, many: list[_Owing], on: date, year: int | None
) -> Iterator[Position]:
    """Of so many properties at once: their stays are asked for together."""
    ids = [uuid.UUID(each.entries[0].property or "") for each in many]
    stays = stays_of_many(session, ids) if ids else {}
    for id_, each in zip(ids, many, strict=True):
        yield _position(each, stays.get(id_, ()), on, year)


def _position(owing: _Owing, stays: Sequence[Stay], on: date, year: int | None) -> Position:
    book = Book.of(owing.entries, on)
    interest: dict[HalfYear, int] = {}
    other: dict[HalfYear, int] = {}
    for (half_year, head), paise in balance(book, on, rules(on).interest, stays).dues.items():
        if paise > 0:
            sums = interest if head == INTEREST else other
            sums[half_year] = sums.get(half_year, 0) + paise
    taxes = {
        (half_year, head): paise
        for (half_year, head), paise in book.charged.items()
        if half_year.year == year and part_of(head) is Part.TAX
    }
    return Position(owing.ward, owing.use, interest, other, taxes)
