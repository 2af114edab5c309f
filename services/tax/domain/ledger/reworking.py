"""The use of credit, worked out again when entries of the past have come or gone.

For each day on which credit was used it is found what the use should have been, and the difference
is entered. What was refunded of money that turned out not to be there follows: a refund that was
only promised shrinks; one that was used or paid out is owed, under the head ``fee_refund_recovery``
(illustrative).
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from services.tax.domain.half_year import HalfYear
from services.tax.domain.ledger.accounts import RECOVERY, Account
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.entries import Draft, Kind, Line, merged, negated, owed, plain
from services.tax.domain.ledger.order import Order
from services.tax.domain.ledger.transfers import settle

CREDIT_KINDS: Final = frozenset({Kind.DEMAND, Kind.PAYMENT, Kind.TRANSFER, Kind.REFUND})
"""Entries on whose days credit may come, or be used."""


def rework(entries: Sequence[Draft], days: Iterable[date], order: Order) -> list[Draft]:
    """The differences between what the use of credit was on some days, and what it should be.

    Args:
        entries: of the property, all of them.
        days: value dates.
        order: the city's.
    """
    found: list[Draft] = []
    for day in sorted(set(days)):
        for part in (_transfers, _promises, _given_back):
            lines = merged(part([*entries, *found], day, order))
            if lines:
                kind = Kind.TRANSFER if part is _transfers else Kind.REFUND
                found.append(Draft(kind=kind, value_date=day, lines=lines))
    return found


def _transfers(entries: list[Draft], day: date, order: Order) -> list[Line]:
    """What the day's use of credit should have been, less what it was."""
    were = [
        line
        for each in entries
        if each.kind is Kind.TRANSFER and each.value_date == day
        for line in each.lines
    ]
    others = (each for each in entries if each.kind is not Kind.TRANSFER or each.value_date != day)
    right = settle(Book.of(others, day), day, order)
    return [*(right.lines if right else ()), *negated(were)]


def _promises(entries: list[Draft], day: date, order: Order) -> list[Line]:
    """So much less is promised of the day's refunds as the advance was short of."""
    short = -Book.of(entries, day).advance
    promised = sum(
        line.paise
        for each in entries
        if each.kind is Kind.REFUND and each.value_date == day
        for line in each.lines
        if line.account is Account.ADVANCE
    )
    back = min(short, promised)
    if back <= 0:
        return []
    return [plain(Account.ADVANCE, -back), plain(Account.REFUND_PAYABLE, back)]


def _given_back(entries: list[Draft], day: date, order: Order) -> list[Line]:
    """What was given back though it was not there is owed."""
    book = Book.of(entries, day)
    half_year = HalfYear.of(day)
    return [
        line
        for account, balance in (
            (Account.ADVANCE, book.advance),
            (Account.REFUND_PAYABLE, book.refund_payable),
        )
        if balance < 0
        for line in (owed(half_year, RECOVERY, -balance), plain(account, balance))
    ]
