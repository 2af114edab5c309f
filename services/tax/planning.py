"""What an order about a property would make of its tax: the figures, and the entries that give
them. Nothing is written.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.india import day_of
from services.tax.domain.half_year import HalfYear
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.entries import Draft, Entry
from services.tax.domain.ledger.receiving import revise
from services.tax.domain.ledger.statement import Balance, balance
from services.tax.domain.register import Recorded, Register, State
from services.tax.domain.revising import Revised, revised
from services.tax.ledger_store import entries_of, half_year_of
from services.tax.models import Bill, Property
from services.tax.reference import rates, rules
from services.tax.stays import stays_of


@dataclass(frozen=True, slots=True)
class Plan:
    """What changes by an order.

    Attributes:
        register: with the order's states.
        half_years: that were billed, and are to be another amount.
        drafts: the entries that make them so.
        before, after: what is owed today, without and with them.
    """

    register: Register
    half_years: tuple[Revised, ...]
    drafts: tuple[Draft, ...]
    before: Balance
    after: Balance

    @property
    def difference_paise(self) -> int:
        """Of all half-years: below 0 is what was demanded too much."""
        return sum(each.difference for each in self.half_years)

    def told(self) -> dict[str, Any]:
        """The figures, in paise."""
        return {
            "half_years": [
                {
                    "half_year": str(each.half_year),
                    "was_paise": sum(each.was.values()),
                    "right_paise": sum(each.right.values()),
                    "difference_paise": each.difference,
                    "heads": each.lines,
                    "late_from": each.late_from.isoformat() if each.difference > 0 else None,
                }
                for each in self.half_years
            ],
            "difference_paise": self.difference_paise,
            "balance_before_paise": self.before.total,
            "balance_paise": self.after.total,
            "advance_paise": self.after.advance,
        }


def plan(
    session: Session,
    owed: Property,
    register: Register,
    states: Mapping[date, State],
    now: datetime,
    entries: Sequence[Entry] | None = None,
) -> Plan:
    """What new states of a property change.

    Args:
        session: on the service's database.
        owed: the property.
        register: as it is known without the order.
        states: what it is, by the day from which that holds.
        now: aware.
        entries: of the property, where they are read already.

    Raises:
        Invalid: as ``domain.revising.revised``.
    """
    if entries is None:
        entries = entries_of(session, owed.id)
    more = tuple(Recorded(state, day, now) for day, state in sorted(states.items()))
    after = Register(register.number, (*register.states, *more))
    found = revised(
        after,
        entries,
        rates(),
        day_of(now),
        since=min(states),
        whole_years=whole_years(session, owed.id),
    )
    return planned(session, owed.id, after, entries, found, now)


def planned(
    session: Session,
    property_id: uuid.UUID,
    register: Register,
    entries: Sequence[Entry],
    half_years: Sequence[Revised],
    now: datetime,
) -> Plan:
    """The entries that revised half-years need, and what they make of what is owed."""
    today = day_of(now)
    by, stays = rules(today), stays_of(session, property_id)
    drafts = (
        revise(entries, [each.revision for each in half_years], today, by, stays)
        if half_years
        else []
    )
    before = balance(Book.of(entries, today), today, by.interest, stays)
    after = balance(Book.of([*entries, *drafts], today), today, by.interest, stays)
    return Plan(register, tuple(half_years), tuple(drafts), before, after)


def whole_years(session: Session, property_id: uuid.UUID) -> set[HalfYear]:
    """The half-years whose demand is a whole year's: bills of before there was an assessment."""
    periods = session.scalars(
        select(Bill.period).where(Bill.property_id == property_id, Bill.lines == {})
    )
    return {half_year_of(int(f"{period[:4]}1")) for period in periods if "/" not in period}
