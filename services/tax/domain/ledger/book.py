"""Sums over the entries of one property: what is owed, under which head, and what is in credit."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from services.tax.domain.half_year import HalfYear
from services.tax.domain.ledger.accounts import Account, Part, part_of
from services.tax.domain.ledger.entries import Draft, Entry

Key = tuple[HalfYear, str]
"""A due: of which half-year, under which head."""


class Change(NamedTuple):
    """By how much the tax owed for a half-year changes, and when.

    ``late_from`` is of a demand, and None of what is paid, forgiven or taken back. The table of the
    ledger gives the same as a sum by half-year, value date and ``late_from``.
    """

    value_date: date
    late_from: date | None
    paise: int


class Book:
    """The sums over entries, whatever the order in which they come.

    Attributes:
        receivable: what is owed by due; below 0 what is paid in excess. Never 0.
        charged: what was demanded by due (tax, fees, interest), less what adjustments lowered.
        rebated: rebates given, by due.
        waived: waivers given, by due.
        taxes: by half-year the changes of the tax that is owed.
        advance: the owner's credit.
        refund_payable: what is promised to be given back.
        suspense: what is received and not yet known whose it is.
        money: what was received, by account, less what went out.
    """

    __slots__ = (
        "advance",
        "charged",
        "money",
        "rebated",
        "receivable",
        "refund_payable",
        "suspense",
        "taxes",
        "waived",
    )

    def __init__(self) -> None:
        """An empty one."""
        self.receivable: dict[Key, int] = {}
        self.charged: dict[Key, int] = {}
        self.rebated: dict[Key, int] = {}
        self.waived: dict[Key, int] = {}
        self.taxes: dict[HalfYear, list[Change]] = {}
        self.advance = 0
        self.refund_payable = 0
        self.suspense = 0
        self.money: dict[Account, int] = {}

    @classmethod
    def of(
        cls, entries: Iterable[Draft], on: date | None = None, known_at: datetime | None = None
    ) -> "Book":
        """The sums over entries.

        Args:
            entries: in any order, each once.
            on: the last value date that counts; None for all.
            known_at: what was posted after this moment does not count (drafts do); None for all.
        """
        book = cls()
        for entry in entries:
            if on is not None and entry.value_date > on:
                continue
            if known_at is not None and isinstance(entry, Entry) and entry.posted_at > known_at:
                continue
            book.post(entry)
        return book

    @classmethod
    def of_sums(
        cls,
        sums: Iterable[tuple[Account, HalfYear | None, str, int]],
        changes: Iterable[tuple[HalfYear, date, date | None, int]],
    ) -> "Book":
        """The same from what the database has summed: for a bill run, which reads no entries.

        Args:
            sums: paise by account, half-year and head, as lines have them: debits above 0.
            changes: of the tax that is owed, by half-year, value date and ``late_from``.
        """
        book = cls()
        for account, half_year, head, paise in sums:
            book._post_line(account, half_year, head, paise)
        for half_year, value_date, late_from, paise in changes:
            book.taxes.setdefault(half_year, []).append(Change(value_date, late_from, paise))
        return book

    def copy(self) -> "Book":
        """One that changes without this one."""
        other = Book()
        other.receivable = dict(self.receivable)
        other.charged = dict(self.charged)
        other.rebated = dict(self.rebated)
        other.waived = dict(self.waived)
        other.taxes = {half_year: list(changes) for half_year, changes in self.taxes.items()}
        other.advance = self.advance
        other.refund_payable = self.refund_payable
        other.suspense = self.suspense
        other.money = dict(self.money)
        return other

    def post(self, entry: Draft) -> None:
        """Add an entry."""
        tax: dict[HalfYear, int] = {}
        for account, half_year, head, paise in entry.lines:
            self._post_line(account, half_year, head, paise)
            if account is Account.RECEIVABLE and half_year and part_of(head) is Part.TAX:
                tax[half_year] = tax.get(half_year, 0) + paise
        for half_year, paise in tax.items():
            if paise:
                change = Change(entry.value_date, entry.late_from, paise)
                self.taxes.setdefault(half_year, []).append(change)

    def _post_line(
        self, account: Account, half_year: HalfYear | None, head: str, paise: int
    ) -> None:
        if half_year is not None:
            if account is Account.RECEIVABLE:
                _add(self.receivable, (half_year, head), paise)
            elif account is Account.REBATE_GIVEN:
                _add(self.rebated, (half_year, head), paise)
            elif account is Account.WAIVER_GIVEN:
                _add(self.waived, (half_year, head), paise)
            else:
                _add(self.charged, (half_year, head), -paise)
        elif account is Account.ADVANCE:
            self.advance -= paise
        elif account is Account.REFUND_PAYABLE:
            self.refund_payable -= paise
        elif account is Account.SUSPENSE:
            self.suspense -= paise
        else:
            self.money[account] = self.money.get(account, 0) + paise

    def open(self, until: HalfYear | None = None) -> dict[Key, int]:
        """The dues that are owed, of the half-years up to one, or of all."""
        return {
            key: paise
            for key, paise in self.receivable.items()
            if paise > 0 and (until is None or key[0] <= until)
        }

    @property
    def excess(self) -> dict[Key, int]:
        """The dues on which more is paid than demanded, and by how much."""
        return {key: -paise for key, paise in self.receivable.items() if paise < 0}

    @property
    def net(self) -> int:
        """What is owed in all, less all credit; below 0 the city owes the owner."""
        return sum(self.receivable.values()) - self.advance - self.refund_payable


def _add(sums: dict[Key, int], key: Key, paise: int) -> None:
    total = sums.get(key, 0) + paise
    if total:
        sums[key] = total
    else:
        sums.pop(key, None)
