"""What the city forgoes if all is paid in time: the rebate for early payment, and amnesties.

Both hold only if nothing of what they are about stays open on the day. Both are taken back when a
payment is that they stood on (``undoing``).
"""

from collections.abc import Set
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from services.tax.domain.half_year import HalfYear
from services.tax.domain.ledger.accounts import INTEREST, Account, Part, part_of
from services.tax.domain.ledger.book import Book, Key
from services.tax.domain.ledger.entries import Draft, Kind, Line, charged
from services.tax.domain.ledger.figures import check_percent
from services.tax.domain.rounding import Rounding


@dataclass(frozen=True, slots=True)
class RebateTier:
    """The percentage for a tax of so many paise at the most; None is any tax."""

    up_to_paise: int | None
    percent: Fraction

    def __post_init__(self) -> None:
        """Refuse what is no percentage. Raises ValueError."""
        check_percent(self.percent, "rebate")


@dataclass(frozen=True, slots=True)
class RebateOffer:
    """A rebate on the tax of some half-years if all is paid in a window.

    Pune, 2023: 10 % if the tax is at most ₹ 25,000, else 5 %; the window moved with the bills.

    Attributes:
        half_years: that must be billed and paid in whole; earlier dues as well.
        first_day: of the window.
        last_day: of the window.
        heads: on which the rebate is given.
        tiers: from the lowest; the tax of ``half_years`` together chooses one.
        rounding: of each line.
    """

    half_years: tuple[HalfYear, ...]
    first_day: date
    last_day: date
    heads: Set[str]
    tiers: tuple[RebateTier, ...]
    rounding: Rounding

    def __post_init__(self) -> None:
        """Refuse an offer that is none. Raises ValueError."""
        if not self.half_years or not self.heads or not self.tiers:
            raise ValueError("a rebate is on half-years and heads, and has a percentage")
        if self.first_day > self.last_day:
            raise ValueError("a rebate's window ends after it begins")
        bounds = [tier.up_to_paise for tier in self.tiers[:-1]]
        known = [bound for bound in bounds if bound is not None]
        if len(known) != len(bounds) or known != sorted(set(known)):
            raise ValueError("a rebate's tiers must rise, and only the last be without a bound")

    @property
    def until(self) -> HalfYear:
        """The last half-year that must be paid."""
        return max(self.half_years)

    def percent(self, tax_paise: int) -> Fraction:
        """The percentage for a tax; 0 above the last tier."""
        for tier in self.tiers:
            if tier.up_to_paise is None or tax_paise <= tier.up_to_paise:
                return tier.percent
        return Fraction(0)

    def tax(self, book: Book) -> int:
        """The tax that is demanded for the half-years, in paise."""
        return sum(self._taxes(book).values())

    def draft(self, book: Book, on: date) -> Draft | None:
        """The rebate's entry, if all will be paid; None out of the window or if it was given."""
        if not self.first_day <= on <= self.last_day or self.until not in book.taxes:
            return None
        if self._given(book):
            return None
        return self._entry(self._right(book), on)

    def correct(self, book: Book, on: date) -> Draft | None:
        """The entry of what a rebate that was given is too low or too high, on a lowered tax.

        Who paid 950 of a tax of 1,000 that should have been 600 had to pay 570: 380 are too much,
        not 400.

        Args:
            book: with all entries.
            on: the value date of the rebate that was given.

        Returns:
            None when none was given, or it is right.
        """
        given = self._given(book)
        if not given:
            return None
        right = self._right(book)
        return self._entry(
            {key: right.get(key, 0) - given.get(key, 0) for key in right | given}, on
        )

    def _given(self, book: Book) -> dict[Key, int]:
        return {key: paise for key, paise in book.rebated.items() if key[0] in self.half_years}

    def _right(self, book: Book) -> dict[Key, int]:
        """The rebate on what is demanded now; none unless each half-year is."""
        taxes = self._taxes(book)
        if {half_year for half_year, _ in taxes} != set(self.half_years):
            return {}
        percent = self.percent(sum(taxes.values()))
        return {
            key: self.rounding.percent(percent, tax)
            for key, tax in taxes.items()
            if key[1] in self.heads
        }

    def _taxes(self, book: Book) -> dict[Key, int]:
        return {
            key: paise
            for key, paise in book.charged.items()
            if key[0] in self.half_years and part_of(key[1]) is Part.TAX
        }

    def _entry(self, more: dict[Key, int], on: date) -> Draft | None:
        lines = [
            line
            for (half_year, head), paise in sorted(more.items())
            if paise
            for line in charged(Account.REBATE_GIVEN, half_year, head, -paise)
        ]
        return _conditional(Kind.REBATE, on, lines, self.until)


@dataclass(frozen=True, slots=True)
class Amnesty:
    """A part of the open interest is waived if all the rest is paid at once (*abhay yojana*).

    A scheme with steps (Pune, 2020: 80, then 75, then 70 %) is one of these for each window.

    Attributes:
        first_day: of the window.
        last_day: of the window.
        percent: of the interest that is waived.
        until: the last half-year that it is about; all up to it must be paid.
        rounding: of each line.
        dues_below: only for who owes less than so many paise in all that day, as Pune had it in
            2020 (below ₹ 50 lakh); None is whatever it is.
    """

    first_day: date
    last_day: date
    percent: Fraction
    until: HalfYear
    rounding: Rounding
    dues_below: int | None = None

    def __post_init__(self) -> None:
        """Refuse an amnesty that is none. Raises ValueError."""
        check_percent(self.percent, "amnesty")
        if self.first_day > self.last_day:
            raise ValueError("an amnesty's window ends after it begins")

    def draft(self, book: Book, on: date) -> Draft | None:
        """The waiver's entry, if the rest will be paid; None out of the window or for no interest.

        The book must have the interest up to that day (``charge_interest``).
        """
        if not self.first_day <= on <= self.last_day:
            return None
        if self.dues_below is not None and sum(book.open().values()) >= self.dues_below:
            return None
        lines = [
            line
            for (half_year, head), due in sorted(book.open(self.until).items())
            if head == INTEREST
            and (paise := min(due, self.rounding.percent(self.percent, due))) > 0
            for line in charged(Account.WAIVER_GIVEN, half_year, head, -paise)
        ]
        return _conditional(Kind.WAIVER, on, lines, self.until)


def waive(dues: dict[Key, int], on: date) -> Draft:
    """The entry of a waiver by an order, without a condition.

    Args:
        dues: what is waived by due, in paise, each above 0.
        on: the day of the order.
    """
    lines = [
        line
        for (half_year, head), paise in sorted(dues.items())
        for line in charged(Account.WAIVER_GIVEN, half_year, head, -paise)
    ]
    return Draft(kind=Kind.WAIVER, value_date=on, lines=tuple(lines))


def _conditional(kind: Kind, on: date, lines: list[Line], until: HalfYear) -> Draft | None:
    if not lines:
        return None
    return Draft(kind=kind, value_date=on, lines=tuple(lines), if_paid_to=until)
