"""What makes an owner owe: demands, reassessments, fees."""

from collections.abc import Mapping
from datetime import date

from palika.errors import Invalid
from services.tax.domain.half_year import HalfYear
from services.tax.domain.ledger.accounts import FEE_PREFIX, Account, Part, part_of
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.entries import Draft, Kind, Line, charged
from services.tax.domain.money import paise as checked


def demand(half_year: HalfYear, heads: Mapping[str, int], on: date, late_from: date) -> Draft:
    """The demand of a half-year.

    Args:
        half_year: whose.
        heads: paise by tax head, net of concessions; a head of 0 makes no line.
        on: the day of the bill.
        late_from: the first day on which it is late (Schedule D, Chapter VIII, rule 41: three
            months from the bill, or 1 January; the rate sheet has it).

    Raises:
        Invalid: a head that is no tax, an amount below 0, nothing at all, or late before the bill.
    """
    if late_from < on:
        raise _invalid("late_from", f"must not be before the day of the bill, {on.isoformat()}")
    for head, paise in heads.items():
        if type(paise) is not int or paise < 0 or not head or part_of(head) is not Part.TAX:
            _check_tax(head)
            raise _invalid(head, f"must be a whole number of paise, 0 or more, not {paise!r:.40}")
    lines = _income(half_year, heads)
    if not lines:
        raise _invalid("heads", "must have an amount above 0")
    return Draft(kind=Kind.DEMAND, value_date=on, lines=lines, late_from=late_from)


def adjust(
    book: Book,
    half_year: HalfYear,
    heads: Mapping[str, int],
    back_to: date,
    late_from: date | None = None,
) -> list[Draft]:
    """The adjustment after a reassessment or a changed rule, up and down, as entries.

    Args:
        book: of the property, with all its entries.
        half_year: whose demand is changed.
        heads: what is right by tax head, net of concessions. A head that is not named stays.
        back_to: from which day on the demand is what is right: its own day, when it was wrong from
            the start, so that the interest on the rest falls away.
        late_from: the first day on which what it adds is late; needed when a head is raised, since
            nobody is late with what they were not asked for.

    Returns:
        What is lowered and what is raised, each an entry; nothing, when all is right already.

    Raises:
        Invalid: a head that is no tax, an amount below 0, or ``late_from`` is missing or too early.
    """
    lowered: dict[str, int] = {}
    raised: dict[str, int] = {}
    for head, right in heads.items():
        _check_tax(head)
        if type(right) is not int or right < 0:
            raise _invalid(head, f"must be a whole number of paise, 0 or more, not {right!r:.40}")
        change = right - book.charged.get((half_year, head), 0)
        (raised if change > 0 else lowered)[head] = change
    found = []
    if lines := _income(half_year, lowered):
        found.append(Draft(kind=Kind.ADJUSTMENT, value_date=back_to, lines=lines))
    if lines := _income(half_year, raised):
        if late_from is None or late_from < back_to:
            raise _invalid("late_from", "must be a day, and not before the adjustment's own")
        found.append(
            Draft(kind=Kind.ADJUSTMENT, value_date=back_to, lines=lines, late_from=late_from)
        )
    return found


def fee(head: str, amount_paise: int, on: date) -> Draft:
    """A fee: of a bounced cheque, a notice, a warrant. It bears no interest.

    Raises:
        Invalid: not the head of a fee, or not an amount.
    """
    if part_of(head) is not Part.FEE:
        raise _invalid("head", f"must begin with {FEE_PREFIX}, not {head!r:.40}")
    lines = charged(Account.INCOME, HalfYear.of(on), head, checked(amount_paise))
    return Draft(kind=Kind.FEE, value_date=on, lines=lines)


def _income(half_year: HalfYear, heads: Mapping[str, int]) -> tuple[Line, ...]:
    lines: list[Line] = []
    for head, paise in heads.items():
        if paise:
            lines += charged(Account.INCOME, half_year, head, paise)
    return tuple(lines)


def _check_tax(head: str) -> None:
    if not head or part_of(head) is not Part.TAX:
        raise _invalid("head", f"must be the head of a tax, not {head!r:.40}")


def _invalid(field: str, rule: str) -> Invalid:
    return Invalid("not a demand", {field: [rule]})
