"""What a rule would do before it is announced: who gains, what the city forgoes, what it collects.

One property after the other, so that it is the same for a hundred and for 14.5 lakh: nothing but
sums is kept. Who would pay is not known; it is *assumed*, by a named assumption, and the answer
says so. Beside it stands what would have been paid anyway: a waiver for who would have paid is a
gift.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Final

from palika.errors import Invalid
from services.tax.domain.amnesty import Scheme, waiver
from services.tax.domain.half_year import HalfYear
from services.tax.domain.rebates import EarlyPayment, Key, rebate
from services.tax.domain.rounding import Rounding

SIZES: Final = (
    ("up_to_10000", 10_000_00),
    ("up_to_50000", 50_000_00),
    ("up_to_2_lakh", 2_00_000_00),
    ("up_to_10_lakh", 10_00_000_00),
    ("above_10_lakh", None),
)
"""Bands of what is owed, in paise."""


@dataclass(frozen=True, slots=True)
class Position:
    """What a property owes on the day that is looked at.

    Attributes:
        interest: unpaid, by half-year, up to that day.
        other: tax and fees unpaid, by half-year.
        taxes: of the year, by half-year and head, after concessions; for a rebate.
    """

    ward: str
    use: str
    interest: Mapping[HalfYear, int]
    other: Mapping[HalfYear, int]
    taxes: Mapping[Key, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TakeUp:
    """An assumption about who pays: nobody knows, so it has a name and a basis.

    Attributes:
        name: by which the answer refers to it.
        basis: what it rests on, in words.
        takes: of those who gain, by band of ``SIZES``, the part that takes the offer.
        anyway: the part that would have paid all of it in that time without the offer.
    """

    name: str
    basis: str
    takes: Mapping[str, Fraction]
    anyway: Mapping[str, Fraction]

    def __post_init__(self) -> None:
        """Refuse what is no assumption. Raises Invalid."""
        for place, parts in (("takes", self.takes), ("anyway", self.anyway)):
            for code, _ in SIZES:
                part = parts.get(code)
                if type(part) is not Fraction or not 0 <= part <= 1:
                    raise Invalid("no assumption", {f"{place}.{code}": ["must be from 0 to 100 %"]})


@dataclass(slots=True)
class Sums:
    """Sums over properties; paise, but for the counts.

    Attributes:
        count: properties that the rule gives anything.
        given: what it gives them if all take it.
        to_pay: what they have to pay for it.
        takers: how many are assumed to take it, in thousandths of a property.
        forgone: what the city forgoes with these.
        collected: what these pay.
        anyway: what would have been paid in that time without it.
        gift: what of ``forgone`` goes to those who would have paid anyway.
    """

    count: int = 0
    given: int = 0
    to_pay: int = 0
    takers: int = 0
    forgone: int = 0
    collected: int = 0
    anyway: int = 0
    gift: int = 0

    @property
    def more(self) -> int:
        """What comes in more than without the rule; below 0 the city loses."""
        return self.collected - self.anyway

    def add(self, given: int, to_pay: int, takes: Fraction, anyway: Fraction) -> None:
        """Add one property."""
        self.count += 1
        self.given += given
        self.to_pay += to_pay
        # Who pays anyway takes the offer too.
        taking = max(takes, anyway)
        self.takers += round(1000 * taking)
        self.forgone += round(given * taking)
        self.collected += round(to_pay * taking)
        self.anyway += round((given + to_pay) * anyway)
        self.gift += round(given * anyway)


@dataclass(slots=True)
class Simulation:
    """The answer.

    Attributes:
        looked_at: properties in all.
        owing: of these, that owe anything.
        all: over all that gain.
        wards, uses, sizes: the same in parts; each part's sums add up to ``all``.
        assumption: the name of the take-up that was assumed.
    """

    assumption: str
    looked_at: int = 0
    owing: int = 0
    all: Sums = field(default_factory=Sums)
    wards: dict[str, Sums] = field(default_factory=dict)
    uses: dict[str, Sums] = field(default_factory=dict)
    sizes: dict[str, Sums] = field(default_factory=lambda: {code: Sums() for code, _ in SIZES})

    def add(self, position: Position, owed: int, given: int, to_pay: int, by: TakeUp) -> None:
        """Count a property that gains."""
        size = size_of(owed)
        for sums in (
            self.all,
            self.wards.setdefault(position.ward, Sums()),
            self.uses.setdefault(position.use, Sums()),
            self.sizes[size],
        ):
            sums.add(given, to_pay, by.takes[size], by.anyway[size])

    @property
    def break_even(self) -> Fraction | None:
        """Which part of those who gain has to take it for the city to collect as much as without
        it, if all bands take it alike; None when nobody gains."""
        return Fraction(self.all.anyway, self.all.to_pay) if self.all.to_pay else None


def size_of(owed: int) -> str:
    """The band of ``SIZES`` of an amount of paise."""
    return next(code for code, most in SIZES if most is None or owed <= most)


def of_amnesty(
    positions: Iterable[Position],
    scheme: Scheme,
    paid_on: date,
    known_on: date,
    rounding: Rounding,
    by: TakeUp,
    progress: Callable[[int], None] = lambda done: None,
) -> Simulation:
    """An amnesty for whoever pays all that the scheme is for, on a day.

    Args:
        positions: what each property owes on that day, one at a time.
        scheme: of a rate sheet, announced or not.
        paid_on: the day on which they pay (Asia/Kolkata).
        known_on: as of when: the scheme's steps decided by then count.
        rounding: of the sheet.
        by: who is assumed to pay.
        progress: told now and then how many were looked at.

    Raises:
        Invalid: the scheme is not open on that day.
    """
    if scheme.offer(paid_on, known_on) is None:
        rule = (
            f"the scheme is not open on {paid_on.isoformat()}, as known on {known_on.isoformat()}"
        )
        raise Invalid("nothing to simulate", {"paid_on": [rule]})
    found = Simulation(by.name)
    for position in positions:
        found.looked_at += 1
        owed = sum(position.interest.values()) + sum(position.other.values())
        found.owing += owed > 0
        if owed > 0 and position.interest:
            given = waiver(
                {scheme.code: scheme},
                position.interest,
                paid_on,
                known_on,
                rounding,
                lump_sum=True,
                dues_paise=owed,
            )
            if given is not None:
                to_pay = sum(
                    paise
                    for parts in (position.interest, position.other)
                    for half_year, paise in parts.items()
                    if half_year <= scheme.arrears_to
                )
                waived = given.total_paise
                found.add(position, owed, waived, to_pay - waived, by)
        if not found.looked_at % 1000:
            progress(found.looked_at)
    progress(found.looked_at)
    return found


def of_rebate(
    positions: Iterable[Position],
    rules: EarlyPayment,
    year: int,
    paid_on: date,
    known_on: date,
    rounding: Rounding,
    by: TakeUp,
    progress: Callable[[int], None] = lambda done: None,
) -> Simulation:
    """An early-payment rebate for whoever pays a year's tax in full, on a day.

    Args:
        positions: with the year's taxes, one at a time.
        rules: of a rate sheet, announced or not.
        year: in which the financial year begins.
        paid_on, known_on, rounding, by, progress: as of ``of_amnesty``.

    Raises:
        Invalid: no window is open on that day.
    """
    window = rules.window(year, known_on)
    if window is None or window.value is None or not (
        window.value.first_day <= paid_on <= window.value.last_day
    ):  # fmt: skip
        rule = f"no rebate of {year} is open on {paid_on.isoformat()}"
        raise Invalid("nothing to simulate", {"paid_on": [rule]})
    found = Simulation(by.name)
    for position in positions:
        found.looked_at += 1
        tax = sum(position.taxes.values())
        found.owing += tax > 0
        given = rebate(rules, year, position.taxes, paid_on, known_on, rounding)
        if given is not None and given.total_paise:
            found.add(position, tax, given.total_paise, tax - given.total_paise, by)
        if not found.looked_at % 1000:
            progress(found.looked_at)
    progress(found.looked_at)
    return found
