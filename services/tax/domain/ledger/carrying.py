"""Dues and credit that go from one property to another, when it is split or merged.

Each carries through SUSPENSE: what leaves one property and what comes to others are entries of one
transaction, and their sum in suspense is nothing. No income is touched: the demand stays where it
was billed, so that demand, collection and balance of the whole city do not move by it.

Interest that was charged is carried as it is. A tax that comes is late from the first month on
that has not begun where it came from, so that no month is charged twice.
"""

from collections.abc import Mapping
from datetime import date

from services.tax.domain.half_year import HalfYear
from services.tax.domain.ledger.accounts import Account, Part, part_of
from services.tax.domain.ledger.book import Book, Key
from services.tax.domain.ledger.entries import Draft, Kind, owed, plain
from services.tax.domain.ledger.interest import next_month

Late = Mapping[HalfYear, date]
"""By half-year the first day on which what is unpaid of it costs another month."""


def late_days(book: Book, on: date) -> dict[HalfYear, date]:
    """From when a half-year's open tax bears interest where it is carried to.

    Of several demands with different days the earliest one counts.
    """
    found: dict[HalfYear, date] = {}
    for half_year, changes in book.taxes.items():
        days = [late for _, late, paise in changes if late is not None and paise > 0]
        if days:
            found[half_year] = min(next_month(day, on) for day in days)
    return found


def carry_out(dues: Mapping[Key, int], advance: int, on: date) -> list[Draft]:
    """The entries by which dues and credit leave a property.

    Args:
        dues: what leaves it by due, each above 0.
        advance: the credit that leaves it; 0 is none.
        on: the day.
    """
    found = []
    if dues:
        lines = [plain(Account.SUSPENSE, sum(dues.values()))]
        lines += [owed(half_year, head, -paise) for (half_year, head), paise in dues.items()]
        found.append(Draft(kind=Kind.CARRIED, value_date=on, lines=tuple(lines)))
    if advance:
        lines = [plain(Account.ADVANCE, advance), plain(Account.SUSPENSE, -advance)]
        found.append(Draft(kind=Kind.CARRIED, value_date=on, lines=tuple(lines)))
    return found


def carry_in(dues: Mapping[Key, int], advance: int, on: date, late: Late) -> list[Draft]:
    """The entries by which they come to another one.

    Args:
        dues: by due, each above 0.
        advance: the credit; 0 is none.
        on: the day.
        late: of each half-year whose tax is among the dues (``late_days``).
    """
    by_late: dict[date | None, dict[Key, int]] = {}
    for (half_year, head), paise in sorted(dues.items()):
        day = late[half_year] if part_of(head) is Part.TAX else None
        by_late.setdefault(day, {})[half_year, head] = paise
    found = []
    if advance:
        lines = [plain(Account.SUSPENSE, advance), plain(Account.ADVANCE, -advance)]
        found.append(Draft(kind=Kind.CARRIED, value_date=on, lines=tuple(lines)))
    for day, part in by_late.items():
        lines = [owed(half_year, head, paise) for (half_year, head), paise in part.items()]
        lines.append(plain(Account.SUSPENSE, -sum(part.values())))
        found.append(Draft(kind=Kind.CARRIED, value_date=on, lines=tuple(lines), late_from=day))
    return found
