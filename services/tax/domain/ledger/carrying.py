"""Dues and credit that go from one property to another, when it is split or merged.

Each carries through SUSPENSE: what leaves one property and what comes to others are entries of one
transaction, and their sum in suspense is nothing. No income is touched: the demand stays where it
was billed, so that demand, collection and balance of the whole city do not move by it.

Interest that was charged is carried as it is. A tax that comes is late from the first month on
that has not begun where it came from, so that no month is charged twice and none is left out.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from services.tax.domain.half_year import HalfYear
from services.tax.domain.ledger.accounts import Account, Part, part_of
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.entries import Draft, Kind, Line, merged, owed, plain
from services.tax.domain.ledger.interest import next_month
from services.tax.domain.proportion import divided


class Due(NamedTuple):
    """A due as it is carried.

    Attributes:
        late_from: of a tax the day from which it costs interest where it goes; None of the rest.
    """

    late_from: date | None
    half_year: HalfYear
    head: str


def carried(book: Book, on: date) -> dict[Due, int]:
    """All that is open in a book, in paise, as it is carried.

    What was demanded of a half-year in several steps is late from several days on; what is open of
    it is of those that were late last, since the others are settled first.

    Args:
        book: of the property, with interest up to the day (``charge_interest``).
        on: the day.
    """
    found: dict[Due, int] = {}
    layers: dict[HalfYear, dict[date, int]] = {}
    for (half_year, head), paise in sorted(book.open().items()):
        if part_of(head) is not Part.TAX:
            found[Due(None, half_year, head)] = paise
            continue
        if half_year not in layers:
            layers[half_year] = _layers(book, half_year)
        for late, part in _taken(layers[half_year], paise):
            due = Due(next_month(late, on), half_year, head)
            found[due] = found.get(due, 0) + part
    return found


def carry_out(dues: Mapping[Due, int], advance: int, on: date) -> list[Draft]:
    """The entries by which dues and credit leave a property.

    Args:
        dues: what leaves it, each above 0.
        advance: the credit that leaves it; 0 is none.
        on: the day.
    """
    found = []
    if dues:
        lines = [plain(Account.SUSPENSE, sum(dues.values()))]
        lines += merged(owed(due.half_year, due.head, -paise) for due, paise in dues.items())
        found.append(Draft(kind=Kind.CARRIED, value_date=on, lines=tuple(lines)))
    if advance:
        lines = [plain(Account.ADVANCE, advance), plain(Account.SUSPENSE, -advance)]
        found.append(Draft(kind=Kind.CARRIED, value_date=on, lines=tuple(lines)))
    return found


def carry_in(dues: Mapping[Due, int], advance: int, on: date) -> list[Draft]:
    """The entries by which they come to another one; dues and advance as in ``carry_out``."""
    found = []
    if advance:
        lines = [plain(Account.SUSPENSE, advance), plain(Account.ADVANCE, -advance)]
        found.append(Draft(kind=Kind.CARRIED, value_date=on, lines=tuple(lines)))
    by_late: dict[date | None, dict[Due, int]] = {}
    for due, paise in dues.items():
        by_late.setdefault(due.late_from, {})[due] = paise
    for late, part in by_late.items():
        lines = [owed(due.half_year, due.head, paise) for due, paise in part.items()]
        lines.append(plain(Account.SUSPENSE, -sum(part.values())))
        found.append(Draft(kind=Kind.CARRIED, value_date=on, lines=tuple(lines), late_from=late))
    return found


def handed_back(
    dues: Mapping[Due, int],
    advance: int,
    brought: Sequence[Iterable[Line]],
    weights: Sequence[int],
    on: date,
) -> list[tuple[dict[Due, int], int]]:
    """What each of several properties has again of what they had been merged into.

    To each goes what it had brought: credit of one that has settled what another one owed is credit
    again, and what it settled is owed again. What has come since (interest) is divided by who had
    brought the dues of the same half-year, and what nobody has brought by the weights.

    Args:
        dues, advance: what is open and in credit of the merged one.
        brought: of each the lines of the entries by which its dues and credit had left it.
        weights: of each, for what nobody has brought; one is above 0.
        on: the day.

    Returns:
        Dues and credit of each; together as much as ``dues`` less ``advance``.
    """
    owing: list[dict[tuple[HalfYear, str], int]] = []
    credits = []
    for lines in brought:
        of: dict[tuple[HalfYear, str], int] = {}
        credits.append(0)
        for line in lines:
            if line.account is Account.ADVANCE:
                credits[-1] += line.paise
            elif line.half_year is not None:
                key = line.half_year, line.head
                of[key] = of.get(key, 0) - line.paise
        owing.append(of)
    open_ = dict(dues)
    used = max(sum(credits) - advance, 0)
    for key in sorted({key for of in owing for key in of}):
        left = sum(paise for due, paise in open_.items() if (due.half_year, due.head) == key)
        again = min(sum(of.get(key, 0) for of in owing) - left, used)
        if again > 0:
            half_year, head = key
            late = next_month(on, on) if part_of(head) is Part.TAX else None
            due = Due(late, half_year, head)
            open_[due] = open_.get(due, 0) + again
            used, advance = used - again, advance + again
    found: list[tuple[dict[Due, int], int]] = [
        ({}, part) for part in divided(advance, credits if any(credits) else weights)
    ]
    by_key: dict[tuple[HalfYear, str], list[tuple[Due, int]]] = {}
    for due, paise in open_.items():
        by_key.setdefault((due.half_year, due.head), []).append((due, paise))
    for key, layers in by_key.items():
        by = [of.get(key, 0) for of in owing]
        if not any(by):
            by = [
                sum(part for (half_year, _), part in of.items() if half_year == key[0])
                for of in owing
            ]
        parts = divided(sum(paise for _, paise in layers), by if any(by) else weights)
        for (own, _), part in zip(found, parts, strict=True):
            while part:
                due, paise = layers.pop()
                taken = min(part, paise)
                own[due], part = taken, part - taken
                if paise > taken:
                    layers.append((due, paise - taken))
    return found


def _layers(book: Book, half_year: HalfYear) -> dict[date, int]:
    """What was demanded by the day on which it is late, the last day first."""
    sums: dict[date, int] = {}
    for _, late, paise in book.taxes[half_year]:
        if late is not None:
            sums[late] = sums.get(late, 0) + paise
    return dict(sorted(sums.items(), reverse=True))


def _taken(layers: dict[date, int], paise: int) -> list[tuple[date, int]]:
    """An amount off the first layers that have something left, which are changed."""
    found = []
    for late, left in layers.items():
        part = min(paise, left)
        if part > 0:
            found.append((late, part))
            layers[late] = left - part
            paise -= part
    assert not paise, "no more is open than was demanded"
    return found
