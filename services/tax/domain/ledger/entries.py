"""Entries: what happens to money, in lines that sum to nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final, NamedTuple

from services.tax.domain.half_year import HalfYear
from services.tax.domain.ledger.accounts import BY_HEAD, CHARGES, MONEY, Account
from services.tax.domain.money import LARGEST


class Kind(StrEnum):
    """Why an entry was made."""

    DEMAND = "demand"
    ADJUSTMENT = "adjustment"
    """A reassessment or a changed rule: more or less is demanded, back to a day."""
    INTEREST = "interest"
    FEE = "fee"
    REBATE = "rebate"
    WAIVER = "waiver"
    PAYMENT = "payment"
    TRANSFER = "transfer"
    """Credit of the owner is used for what is open, or becomes an advance."""
    CARRIED = "carried"
    """Dues or credit go to another property, or come from one (``carrying``)."""
    REFUND = "refund"
    DEPOSIT = "deposit"
    """Money of the city is in another of its own accounts: at the bank, settled by the gateway."""
    CHEQUE_BOUNCE = "cheque_bounce"
    REVERSAL = "reversal"
    """Takes back an entry that should not have been made, or a reward that is not earned."""


_OWNER: Final = frozenset({Account.RECEIVABLE, Account.ADVANCE})
_PAID: Final = MONEY | _OWNER | {Account.SUSPENSE}

ACCOUNTS_OF: Final = {
    Kind.DEMAND: frozenset({Account.RECEIVABLE, Account.INCOME}),
    Kind.ADJUSTMENT: frozenset({Account.RECEIVABLE, Account.INCOME}),
    Kind.INTEREST: frozenset({Account.RECEIVABLE, Account.INTEREST_INCOME}),
    Kind.FEE: frozenset({Account.RECEIVABLE, Account.INCOME}),
    Kind.REBATE: frozenset({Account.RECEIVABLE, Account.REBATE_GIVEN}),
    Kind.WAIVER: frozenset({Account.RECEIVABLE, Account.WAIVER_GIVEN}),
    Kind.PAYMENT: _PAID,
    Kind.TRANSFER: _OWNER,
    Kind.CARRIED: _OWNER | {Account.SUSPENSE},
    Kind.REFUND: MONEY | _OWNER | {Account.REFUND_PAYABLE, Account.SUSPENSE},
    Kind.DEPOSIT: MONEY,
    Kind.CHEQUE_BOUNCE: _PAID,
    Kind.REVERSAL: frozenset(Account),
}
"""The accounts that an entry of a kind may have lines in."""

NO_HEAD: Final = ""
_tuple = tuple.__new__


class Line(NamedTuple):
    """One line: so many paise are added to an account (a debit), or taken (a credit, below 0).

    ``half_year`` and ``head`` are of the accounts that are kept by them, else None and "".
    """

    account: Account
    half_year: HalfYear | None
    head: str
    paise: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An entry before it is written down.

    Attributes:
        kind: why.
        value_date: from which day it counts, in Asia/Kolkata.
        lines: they sum to 0.
        late_from: of a demand, of an adjustment that raises one, and of what takes these back: the
            first day on which what it adds is late, and interest begins.
        if_paid_to: of a rebate or a waiver that holds only if all was paid in time: the last
            half-year of which all had to be. It is taken back when a payment is.
        undoes: the id of the entry that it takes back.
    """

    kind: Kind
    value_date: date
    lines: tuple[Line, ...]
    late_from: date | None = None
    if_paid_to: HalfYear | None = None
    undoes: str | None = None

    def __post_init__(self) -> None:
        """Refuse what is no entry. Raises ValueError: it is the program that is wrong."""
        allowed = ACCOUNTS_OF[self.kind]
        total, charges = 0, False
        for account, half_year, head, paise in self.lines:
            if account not in allowed:
                raise ValueError(f"a {self.kind} has no line in {account}")
            by_head = half_year is not None
            if (account in BY_HEAD) is not by_head or by_head is not (head != NO_HEAD):
                raise ValueError(f"{account} with half-year {half_year} and head {head!r}")
            if type(paise) is not int or not paise or not -LARGEST <= paise <= LARGEST:
                raise ValueError(f"{paise!r:.40} is no amount of a line")
            total += paise
            charges = charges or account in CHARGES
        if total or not self.lines:
            raise ValueError(f"the lines of a {self.kind} sum to {total} paise, or there are none")
        if charges and not _paired(self.lines):
            raise ValueError(f"what a {self.kind} charges or forgives is not owed under that head")
        if self.kind is Kind.DEMAND and self.late_from is None:
            raise ValueError("a demand has a first day on which it is late")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Draft):
    """An entry as it is written down, for good.

    Attributes:
        id: its own.
        property: whose it is; None while the property is not known (suspense).
        posted_at: when it was written down, aware.
        reference: the bill, the receipt, the order, the case: unique by kind and property.
    """

    id: str
    property: str | None
    posted_at: datetime
    reference: str

    @classmethod
    def post(
        cls, draft: Draft, *, id: str, property: str | None, posted_at: datetime, reference: str
    ) -> "Entry":
        """The entry of a draft."""
        return cls(
            kind=draft.kind,
            value_date=draft.value_date,
            lines=draft.lines,
            late_from=draft.late_from,
            if_paid_to=draft.if_paid_to,
            undoes=draft.undoes,
            id=id,
            property=property,
            posted_at=posted_at,
            reference=reference,
        )


def owed(half_year: HalfYear, head: str, paise: int) -> Line:
    """A line of what the owner owes."""
    return Line(Account.RECEIVABLE, half_year, head, paise)


def charged(account: Account, half_year: HalfYear, head: str, paise: int) -> tuple[Line, Line]:
    """The two lines by which a head is charged: below 0, by which it is lowered or forgiven.

    Args:
        account: income, or where what is forgiven is counted.
        half_year: of the due.
        head: of the due.
        paise: what is owed more.
    """
    # As Line(…), in half of the time: a bill has two dozen.
    due = _tuple(Line, (Account.RECEIVABLE, half_year, head, paise))
    return due, _tuple(Line, (account, half_year, head, -paise))


def plain(account: Account, paise: int) -> Line:
    """A line of an account that is not kept by half-year and head."""
    return Line(account, None, NO_HEAD, paise)


def negated(lines: Iterable[Line]) -> tuple[Line, ...]:
    """The lines that undo these."""
    return tuple(line._replace(paise=-line.paise) for line in lines)


def merged(lines: Iterable[Line]) -> tuple[Line, ...]:
    """These lines with one for each account, half-year and head; none of 0 paise."""
    sums: dict[tuple[Account, HalfYear | None, str], int] = {}
    for account, half_year, head, paise in lines:
        key = (account, half_year, head)
        sums[key] = sums.get(key, 0) + paise
    return tuple(Line(*key, paise) for key, paise in sums.items() if paise)


def is_charge(draft: Draft) -> bool:
    """Whether it says what is owed or forgiven, and moves no money."""
    return len(draft.lines) > 1 and draft.lines[1].account in CHARGES


def _paired(lines: tuple[Line, ...]) -> bool:
    """Whether each due is followed by the line that it comes from, as ``charged`` makes them."""
    if len(lines) % 2:
        return False
    for due, source in zip(lines[::2], lines[1::2], strict=True):
        account, half_year, head, paise = due
        charge, of_half_year, of_head, less = source
        if account is not Account.RECEIVABLE or charge not in CHARGES:
            return False
        if paise != -less or head != of_head or half_year != of_half_year:
            return False
    return True
