"""What of a property's dues is late on a day: all that a notice of recovery may ask for.

A half-year is late from its demand's ``late_from`` (Schedule D, Chapter VIII, rules 39 to 41 of the
Maharashtra Municipal Corporations Act): what is not due yet is owed, but no default. A bill that
never came to its owner asks for nothing either.
"""

from collections.abc import Set
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from services.tax.domain.half_year import HalfYear
from services.tax.domain.ledger.accounts import INTEREST, Part, part_of
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.statement import Balance


class LateDue(NamedTuple):
    """Of a half-year the tax that is late, and the interest on it, in paise."""

    half_year: HalfYear
    tax_paise: int
    interest_paise: int


@dataclass(frozen=True, slots=True)
class Late:
    """What is late on a day.

    Attributes:
        dues: by half-year, oldest first.
        fees_paise: of earlier steps, of cheques that came back.
        more_from: the next day on which tax of a bill that was served is late; None when all is.
    """

    dues: tuple[LateDue, ...] = ()
    fees_paise: int = 0
    more_from: date | None = None

    @property
    def total_paise(self) -> int:
        """All of it, less all credit."""
        return self.fees_paise + sum(each.tax_paise + each.interest_paise for each in self.dues)


def late(book: Book, open_: Balance, on: date, unserved: Set[HalfYear] = frozenset()) -> Late:
    """What is late on a day, the interest up to it included; of fees all.

    All credit is taken off, of the oldest half-year first. Of several demands of a half-year the
    one that was late first is taken to be settled first, as interest takes it.

    Args:
        book: of the entries with value dates up to that day.
        open_: its balance of that day.
        on: the day.
        unserved: the half-years whose bill did not come to the owner by that day.
    """
    tax: dict[HalfYear, int] = {}
    fees = 0
    credit = open_.advance + open_.refund_payable
    for (half_year, head), paise in open_.dues.items():
        if part_of(head) is Part.TAX:
            tax[half_year] = tax.get(half_year, 0) + paise
        elif part_of(head) is Part.FEE:
            fees += paise
    found: list[LateDue] = []
    comes: list[date] = []
    charged = {half_year for half_year, head in open_.dues if head == INTEREST}
    for half_year in sorted(tax.keys() | charged):
        left, interest = tax.get(half_year, 0), open_.dues.get((half_year, INTEREST), 0)
        if half_year not in unserved:
            to_come = _to_come(book, half_year, on)
            if to_come and left > 0:
                comes.append(min(to_come))
            now = min(left, max(left - sum(to_come.values()), 0))
            credit -= min(now, 0) + min(interest, 0)
            if now > 0 or interest > 0:
                found.append(LateDue(half_year, max(now, 0), max(interest, 0)))
        else:
            credit -= min(left + interest, 0)
    settled: list[LateDue] = []
    for half_year, now, interest in found:
        off = min(max(credit, 0), now)
        off_interest = min(max(credit - off, 0), interest)
        credit -= off + off_interest
        if now > off or interest > off_interest:
            settled.append(LateDue(half_year, now - off, interest - off_interest))
    return Late(tuple(settled), max(fees - max(credit, 0), 0), min(comes, default=None))


def _to_come(book: Book, half_year: HalfYear, on: date) -> dict[date, int]:
    """The demands of a half-year that are not late yet, by the days from which they are."""
    layers: dict[date, int] = {}
    for change in book.taxes.get(half_year, ()):
        if change.late_from is not None and change.late_from > on:
            layers[change.late_from] = layers.get(change.late_from, 0) + change.paise
    return {day: paise for day, paise in layers.items() if paise > 0}
