"""A city's rate sheet: every figure that a tax is computed of, with its dates and its source.

``rates_file.py`` reads it of YAML. Whoever computes asks for the figures ``in_force`` in a
half-year, as they were known on a day.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import TypeVar

from palika.errors import Invalid
from palika.text import Name
from services.tax.domain.amnesty import Scheme
from services.tax.domain.half_year import HalfYear
from services.tax.domain.history import Dated, History
from services.tax.domain.interest import InterestRule
from services.tax.domain.rebates import EarlyPayment
from services.tax.domain.rounding import Rounding

K = TypeVar("K")
T = TypeVar("T")

OPEN_PLOT = "open_plot"
USES = ("residential", "commercial", "industrial", "institutional", OPEN_PLOT)
"""What a floor, or a plot, is used for. A property of several is a mixed one."""
OCCUPANCIES = ("self", "let", "vacant")
BASES = ("rateable_value", "letting_value")
"""What a head is a percentage of: the value with, or before, the deductions."""

Cell = tuple[str, str, str | None]
"""Zone, use and construction class; an open plot has no class."""


@dataclass(frozen=True, slots=True)
class LettingValue:
    """What a square metre is let for.

    Attributes:
        paise: of one square metre.
        months: how many of these make a year: 12 where it is a month's, 1 where it is a year's.
    """

    paise: int
    months: int


@dataclass(frozen=True, slots=True)
class Band:
    """So many percent less from an age (in years) on."""

    from_age: int
    percent: Fraction


@dataclass(frozen=True, slots=True)
class Slab:
    """So many percent a year of what is above an amount of paise."""

    above: int
    percent: Fraction


@dataclass(frozen=True, slots=True)
class Rate:
    """What a head takes of a value: the first slab is above 0.

    Attributes:
        slabs: rising.
        in_parts: each slab takes of its own part of the value; else the slab in which the value
            lies takes of all of it.
    """

    slabs: tuple[Slab, ...]
    in_parts: bool = False

    def reached(self, paise: int) -> Sequence[Slab]:
        """The slabs that a value reaches into; it lies in the last of them."""
        if len(self.slabs) == 1:
            return self.slabs
        return [slab for slab in self.slabs if paise > slab.above] or self.slabs[:1]

    def parts(self, paise: int) -> list[tuple[int, Fraction]]:
        """The amounts of a value that are taxed, each with its percentage a year."""
        if len(self.slabs) == 1:
            return [(paise, self.slabs[0].percent)]
        reached = self.reached(paise)
        if not self.in_parts:
            return [(paise, reached[-1].percent)]
        ends = [slab.above for slab in reached[1:]] + [paise]
        return [(end - slab.above, slab.percent) for slab, end in zip(reached, ends, strict=True)]


@dataclass(frozen=True, slots=True)
class Deduction:
    """What is taken off the letting value of a floor before it is rateable.

    Attributes:
        uses, occupancies: of the floors that it is for.
        claimed: only for whose owner has claimed it.
    """

    code: str
    name: Name
    uses: frozenset[str]
    occupancies: frozenset[str]
    claimed: bool
    history: History[Fraction]


@dataclass(frozen=True, slots=True)
class Head:
    """A head of the tax, with its rate for each use; ``base`` is one of ``BASES``."""

    code: str
    name: Name
    base: str
    history: History[Mapping[str, Rate]]


@dataclass(frozen=True, slots=True)
class Relief:
    """A concession's figures: so many percent of its heads, at most ``cap`` paise a half-year."""

    percent: Fraction
    cap: int | None


@dataclass(frozen=True, slots=True)
class Concession:
    """A part of the tax that is forgone for an owner who has claimed it.

    Attributes:
        heads: on which it acts.
        uses: of the parts of the property on whose tax it acts.
        combines_with: the concessions that may be given beside it.
    """

    code: str
    name: Name
    heads: tuple[str, ...]
    uses: frozenset[str]
    combines_with: frozenset[str]
    history: History[Relief]


@dataclass(frozen=True, slots=True)
class InForce:
    """The figures of one half-year, as known on one day. Nothing is left to look up by date."""

    half_year: HalfYear
    known_on: date
    rounding: Rounding
    letting_values: Mapping[Cell, Dated[LettingValue]]
    depreciation: Mapping[str, Dated[tuple[Band, ...]]]
    deductions: tuple[tuple[Deduction, Dated[Fraction]], ...]
    heads: tuple[tuple[Head, Dated[Mapping[str, Rate]]], ...]
    concessions: tuple[tuple[Concession, Dated[Relief]], ...]
    concessions_cap: Dated[Fraction] | None


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """A whole rate sheet.

    Attributes:
        city: whose it is.
        first, last: the half-years that it covers.
        claims: what an owner can claim: codes of concessions and of deductions.
        letting_values, depreciation: by cell, and by class: each is there.
        concessions_cap: the most percent of a half-year's tax that all concessions take together.
        sources: the citations by their codes.
    """

    city: Name
    first: HalfYear
    last: HalfYear
    rounding: Rounding
    zones: Mapping[str, Name]
    classes: Mapping[str, Name]
    letting_values: Mapping[Cell, History[LettingValue]]
    depreciation: Mapping[str, History[tuple[Band, ...]]]
    deductions: tuple[Deduction, ...]
    heads: Mapping[str, Head]
    concessions: Mapping[str, Concession]
    concessions_cap: History[Fraction]
    early_payment: EarlyPayment
    interest: History[InterestRule]
    amnesty: Mapping[str, Scheme]
    sources: Mapping[str, str]

    @property
    def claims(self) -> frozenset[str]:
        """What an owner can claim."""
        claimed = (each.code for each in self.deductions if each.claimed)
        return frozenset((*self.concessions, *claimed))

    def check_covers(self, half_year: HalfYear, known_on: date) -> None:
        """Refuse what the sheet cannot tell.

        Raises:
            Invalid: it does not cover the half-year, or nothing was decided by that day.
        """
        if not self.first <= half_year <= self.last:
            rule = f"the rate sheet covers {self.first} to {self.last}, not {half_year}"
            raise Invalid("no rates", {"half_year": [rule]})
        if known_on < self.first.first_day:
            begins = self.first.first_day.isoformat()
            rule = f"the rate sheet knows what was decided from {begins} on"
            raise Invalid("no rates", {"known_on": [rule]})

    def in_force(self, half_year: HalfYear, known_on: date) -> InForce:
        """The figures of a half-year: those that hold on its first day.

        Args:
            half_year: one that the sheet covers.
            known_on: what was decided by this day counts, and nothing that was decided later.

        Raises:
            Invalid: as ``check_covers``.
        """
        return _in_force(self, half_year, known_on)

    def alike(self, one: HalfYear, other: HalfYear, known_on: date) -> bool:
        """Whether a property that is the same in two half-years owes the same for both: they are of
        one year, by which ages are counted, and the same figures are in force.

        Raises:
            Invalid: as ``check_covers``.
        """
        return _alike(self, one, other, known_on)


@lru_cache(maxsize=256)
def _alike(sheet: Sheet, one: HalfYear, other: HalfYear, known_on: date) -> bool:
    moved = replace(_in_force(sheet, one, known_on), half_year=other)
    return one.year == other.year and moved == _in_force(sheet, other, known_on)


@lru_cache(maxsize=256)
def _in_force(sheet: Sheet, half_year: HalfYear, known_on: date) -> InForce:
    sheet.check_covers(half_year, known_on)

    def held(rules: Iterable[tuple[K, History[T]]]) -> Iterator[tuple[K, Dated[T]]]:
        for key, history in rules:
            rule = history.at(half_year.first_day, known_on)
            if rule is not None:
                yield key, rule

    return InForce(
        half_year,
        known_on,
        sheet.rounding,
        dict(held(sheet.letting_values.items())),
        dict(held(sheet.depreciation.items())),
        tuple(held((each, each.history) for each in sheet.deductions)),
        tuple(held((each, each.history) for each in sheet.heads.values())),
        tuple(held((each, each.history) for each in sheet.concessions.values())),
        sheet.concessions_cap.at(half_year.first_day, known_on),
    )
