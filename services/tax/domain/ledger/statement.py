"""What a property owes on a day, and how each rupee of it came about."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from services.tax.domain.half_year import HalfYear
from services.tax.domain.ledger.accounts import INTEREST, Account
from services.tax.domain.ledger.book import Book, Key
from services.tax.domain.ledger.entries import Entry, Kind
from services.tax.domain.ledger.interest import Charge, MonthlyInterest, Stay, accrued, explain

_OWNERS = frozenset({Account.RECEIVABLE, Account.ADVANCE, Account.REFUND_PAYABLE})


@dataclass(frozen=True, slots=True)
class Balance:
    """What is owed on a day.

    Attributes:
        dues: paise by due, in no order, with the interest that no entry has charged yet; below 0 is
            an excess.
        advance: the owner's credit.
        refund_payable: what is promised to be given back; no due is settled with it.
    """

    dues: dict[Key, int]
    advance: int
    refund_payable: int

    @property
    def total(self) -> int:
        """All dues less all credit, in paise."""
        return sum(self.dues.values()) - self.advance - self.refund_payable

    def before(self, half_year: HalfYear) -> int:
        """What is owed for earlier half-years: the arrears of a bill."""
        return sum(paise for key, paise in self.dues.items() if key[0] < half_year)


def balance(book: Book, on: date, rule: MonthlyInterest, stays: Sequence[Stay] = ()) -> Balance:
    """What is owed on a day.

    Args:
        book: of the entries with value dates up to that day.
        on: the day.
        rule: of interest.
        stays: of courts.
    """
    dues = dict(book.receivable)
    for half_year, paise in accrued(book, on, rule, stays).items():
        key = (half_year, INTEREST)
        dues[key] = dues.get(key, 0) + paise
    dues = {key: paise for key, paise in dues.items() if paise}
    return Balance(dues, book.advance, book.refund_payable)


class Row(NamedTuple):
    """One line of a statement.

    Attributes:
        value_date: from when it counts.
        posted_at: when it was written down.
        kind: why.
        reference: the bill, the receipt, the order.
        entry: the id of its entry.
        account: what the owner owes, or one of their credits.
        half_year: of the due; None of credit.
        head: of the due; "" of credit.
        paise: what is owed more, or less, in all.
        balance: what is owed in all after it.
    """

    value_date: date
    posted_at: datetime
    kind: Kind
    reference: str
    entry: str
    account: Account
    half_year: HalfYear | None
    head: str
    paise: int
    balance: int


@dataclass(frozen=True, slots=True)
class Statement:
    """How the balance of a day came about.

    Attributes:
        rows: by value date, then as they were written down; the last ``balance`` and
            ``interest_to_come`` are together the balance's total.
        interest: by half-year, from the first late month on, how all interest up to the day came
            about: what is charged in ``rows``, and what is not yet.
        interest_to_come: by half-year what no entry has charged yet; below 0 what is to be lowered.
        balance: of the day.
    """

    rows: tuple[Row, ...]
    interest: dict[HalfYear, list[Charge]]
    interest_to_come: dict[HalfYear, int]
    balance: Balance


def statement(
    entries: Iterable[Entry],
    on: date,
    rule: MonthlyInterest,
    stays: Sequence[Stay] = (),
    known_at: datetime | None = None,
) -> Statement:
    """The statement of a property.

    Args:
        entries: its own, all of them, in any order.
        on: the last value date, and the day up to which interest runs.
        rule: of interest.
        stays: of courts.
        known_at: only what was written down by this moment; None is all.
    """
    counted = [
        each
        for each in entries
        if each.value_date <= on and (known_at is None or each.posted_at <= known_at)
    ]
    rows: list[Row] = []
    total = 0
    for each in sorted(counted, key=lambda entry: (entry.value_date, entry.posted_at, entry.id)):
        for line in each.lines:
            if line.account in _OWNERS:
                total += line.paise
                rows.append(
                    Row(
                        each.value_date,
                        each.posted_at,
                        each.kind,
                        each.reference,
                        each.id,
                        *line,
                        total,
                    )
                )
    book = Book.of(counted)
    return Statement(
        tuple(rows),
        explain(book, on, rule, stays),
        accrued(book, on, rule, stays),
        balance(book, on, rule, stays),
    )
