"""The use of credit, worked out again when entries of the past have come or gone.

For each day on which credit was used it is found what the use should have been, and the difference
is entered. What was refunded of money that turned out not to be there follows: a refund that was
only promised shrinks; one that was used or paid out is owed, under the head ``fee_refund_recovery``
(illustrative).
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Final

from services.tax.domain.half_year import HalfYear
from services.tax.domain.ledger.accounts import RECOVERY, Account
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.entries import Draft, Kind, merged, negated, owed, plain
from services.tax.domain.ledger.order import Order
from services.tax.domain.ledger.transfers import settle

Correct = Callable[[Book, date], Draft | None]

CREDIT_KINDS: Final = frozenset(
    {Kind.DEMAND, Kind.PAYMENT, Kind.TRANSFER, Kind.REFUND, Kind.CARRIED}
)
"""Entries on whose days credit may come, or be used."""


def rework(
    entries: Sequence[Draft], days: Iterable[date], order: Order, correct: Correct | None = None
) -> list[Draft]:
    """The differences between what the use of credit was on some days, and what it should be.

    Args:
        entries: of the property, all of them.
        days: value dates.
        order: the city's.
        correct: makes the entry that corrects the interest of a day on which some was charged; None
            leaves it to the next interest entry.
    """
    book, found = Book(), list[Draft]()
    waiting = deque(sorted(entries, key=lambda each: each.value_date))
    for day in sorted(set(days)):
        of_day: list[Draft] = []
        while waiting and waiting[0].value_date <= day:
            entry = waiting.popleft()
            if entry.value_date == day:
                of_day.append(entry)
            else:
                book.post(entry)
        were = [line for each in of_day if each.kind is Kind.TRANSFER for line in each.lines]
        for each in of_day:
            if each.kind is not Kind.TRANSFER:
                book.post(each)
        if correct is not None and any(each.kind is Kind.INTEREST for each in of_day):
            found += _posted(book, correct(book, day))
        if (right := settle(book, day, order)) is not None:
            book.post(right)
        lines = merged([*(right.lines if right else ()), *negated(were)])
        if lines:
            found.append(Draft(kind=Kind.TRANSFER, value_date=day, lines=lines))
        found += _posted(book, _promised_less(book, of_day, day))
        found += _posted(book, _owed_back(book, day))
    return found


def _posted(book: Book, draft: Draft | None) -> list[Draft]:
    if draft is None:
        return []
    book.post(draft)
    return [draft]


def _promised_less(book: Book, of_day: Iterable[Draft], day: date) -> Draft | None:
    """So much less is promised of the day's refunds as the advance is short of."""
    promised = sum(
        line.paise
        for each in of_day
        if each.kind is Kind.REFUND
        for line in each.lines
        if line.account is Account.ADVANCE
    )
    back = min(-book.advance, promised)
    if back <= 0:
        return None
    lines = (plain(Account.ADVANCE, -back), plain(Account.REFUND_PAYABLE, back))
    return Draft(kind=Kind.REFUND, value_date=day, lines=lines)


def _owed_back(book: Book, day: date) -> Draft | None:
    """What was given back though it was not there."""
    credit = ((Account.ADVANCE, book.advance), (Account.REFUND_PAYABLE, book.refund_payable))
    lines = [
        line
        for account, paise in credit
        if paise < 0
        for line in (owed(HalfYear.of(day), RECOVERY, -paise), plain(account, paise))
    ]
    return Draft(kind=Kind.REFUND, value_date=day, lines=merged(lines)) if lines else None
