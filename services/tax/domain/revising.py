"""What a change of the register, or of a rule, makes of half-years that are billed already."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.tax.domain.assessment import Assessment, assess
from services.tax.domain.collection import late_from
from services.tax.domain.half_year import HalfYear
from services.tax.domain.ledger.accounts import Part, part_of
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.entries import Entry, Kind
from services.tax.domain.ledger.receiving import Revision
from services.tax.domain.rates import Sheet
from services.tax.domain.register import Register


@dataclass(frozen=True, slots=True)
class Revised:
    """A half-year that was billed, and what is right for it.

    Attributes:
        was: paise by head as it is demanded by now.
        right: paise by head as it should be; 0 of what is demanded no more.
        assessment: the one that ``right`` is of; None when it is not assessed any more.
        billed_on: the day of its demand: what is lowered is so from then on.
        late_from: the first day on which what is raised is late.
    """

    half_year: HalfYear
    was: Mapping[str, int]
    right: Mapping[str, int]
    assessment: Assessment | None
    billed_on: date
    late_from: date

    @property
    def lines(self) -> dict[str, int]:
        """Paise by head, right less was; no head with 0."""
        found = {head: paise - self.was.get(head, 0) for head, paise in self.right.items()}
        return {head: paise for head, paise in found.items() if paise}

    @property
    def difference(self) -> int:
        """All lines together: below 0 is what was demanded too much."""
        return sum(self.lines.values())

    @property
    def revision(self) -> Revision:
        """The same, for the ledger."""
        return Revision(self.half_year, self.right, self.billed_on, self.late_from)


def billed(entries: Iterable[Entry]) -> dict[HalfYear, Entry]:
    """The demands of a property that stand, by half-year, the oldest first."""
    entries = list(entries)
    undone = {each.undoes for each in entries if each.undoes is not None}
    demands = (each for each in entries if each.kind is Kind.DEMAND and each.id not in undone)
    found = {each.lines[0].half_year: each for each in demands}
    return {half: entry for half, entry in sorted(found.items()) if half is not None}


def revised(
    register: Register,
    entries: Sequence[Entry],
    sheet: Sheet,
    today: date,
    *,
    since: date | None = None,
    whole_years: Iterable[HalfYear] = (),
) -> list[Revised]:
    """The half-years whose demand is not what is right, by the register and the rules as known
    today.

    What is lowered was wrong from the day of its bill on, so that the interest on it falls away.
    What is raised is late as if it were billed today: nobody is late with what they were not asked
    for (``collection.late_from``).

    Args:
        register: as it is known now.
        entries: of the property, all of them.
        sheet: the city's rates.
        today: the day of the order.
        since: only half-years that begin on this day or later; None is all. What a property is on
            the first day is what it is assessed by.
        whole_years: demands, by their half-year, that stand for both halves of their year: bills
            of before there was an assessment.

    Raises:
        Invalid: as ``assess``.
    """
    whole, book, found = set(whole_years), Book.of(entries), []
    for half_year, demand in billed(entries).items():
        if since is not None and half_year.first_day < since:
            continue
        was = {
            head: paise
            for (half, head), paise in book.charged.items()
            if half == half_year and part_of(head) is Part.TAX
        }
        right: dict[str, int] = dict.fromkeys(was, 0)
        halves = [half_year, half_year.plus(1)] if half_year in whole else [half_year]
        assessment = None
        for half in halves:
            owed = register.assessable(half)
            if owed is not None:
                assessment = assess(owed, sheet, half, today)
                for head, paise in assessment.by_head().items():
                    right[head] = right.get(head, 0) + paise
        late = late_from(sheet, half_year, today)
        each = Revised(half_year, was, right, assessment, demand.value_date, late)
        if each.lines:
            found.append(each)
    return found
