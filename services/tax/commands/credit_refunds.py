"""What was promised to be given back in a year becomes credit, and settles what is open."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from palika.errors import Invalid
from palika.india import day_of
from services.tax.domain.half_year import HalfYear
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.refunds import credit
from services.tax.domain.ledger.transfers import settle
from services.tax.ledger_store import entries_of, lock, post
from services.tax.models import RefundInstalment, RegisterOrder
from services.tax.reference import rules


@dataclass(slots=True)
class Credited:
    """What a run has credited, or would.

    Attributes:
        instalments: how many.
        paise: of all of them.
        short: of what was promised that was not there any more (a payment had come back).
    """

    instalments: int = 0
    paise: int = 0
    short: int = 0

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "instalments": self.instalments,
            "credited_paise": self.paise,
            "short_paise": self.short,
        }


def due(session: Session, year: int) -> Credited:
    """What is still to be credited up to a financial year, by the year in which it begins."""
    row = session.execute(
        select(func.count(), func.coalesce(func.sum(RefundInstalment.paise), 0)).where(
            RefundInstalment.year <= year, RefundInstalment.credited_paise.is_(None)
        )
    ).one()
    return Credited(int(row[0]), int(row[1]))


def credit_refunds(
    sessions: sessionmaker[Session],
    year: int,
    now: Callable[[], datetime],
    advance: Callable[[int], None],
) -> Credited:
    """Credit all instalments up to a financial year, a property a transaction.

    Stopped and begun again it goes on: what is credited is not credited again.

    Args:
        sessions: on the service's database.
        year: the one in which the financial year begins.
        now: the time, aware.
        advance: told of each instalment.

    Raises:
        Invalid: the year is to come.
    """
    if year > HalfYear.of(day_of(now())).year:
        raise Invalid("not yet", {"year": [f"{year} has not begun"]})
    total = Credited()
    while True:
        with sessions.begin() as session:
            found = session.execute(
                select(RefundInstalment.property_id)
                .where(RefundInstalment.year <= year, RefundInstalment.credited_paise.is_(None))
                .order_by(RefundInstalment.year, RefundInstalment.property_id)
                .limit(1)
            ).first()
            if found is None:
                return total
            owed = lock(session, found.property_id)
            _credit(session, owed.id, year, now(), total, advance)


def _credit(
    session: Session,
    property_id: Any,
    year: int,
    now: datetime,
    total: Credited,
    advance: Callable[[int], None],
) -> None:
    today = day_of(now)
    rows = session.execute(
        select(RefundInstalment, RegisterOrder.number)
        .join(RegisterOrder, RegisterOrder.id == RefundInstalment.order_id)
        .where(
            RefundInstalment.property_id == property_id,
            RefundInstalment.year <= year,
            RefundInstalment.credited_paise.is_(None),
        )
        .order_by(RefundInstalment.year)
        .with_for_update(of=RefundInstalment)
    ).all()
    for row, number in rows:
        book = Book.of(entries_of(session, property_id), today)
        paise = min(row.paise, max(book.refund_payable, 0))
        drafts = []
        if paise:
            drafts.append(credit(book, paise, today))
            book.post(drafts[0])
        if (moved := settle(book, today, rules(today).order)) is not None:
            drafts.append(moved)
        reference = f"{number}/{row.year}"
        post(session, drafts, property_id=property_id, reference=reference, posted_at=now)
        row.credited_paise, row.credited_at = paise, now
        total.instalments += 1
        total.paise += paise
        total.short += row.paise - paise
        session.flush()
        advance(1)
