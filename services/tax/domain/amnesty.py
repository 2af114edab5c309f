"""Amnesty schemes (abhay yojana): the interest on arrears that is waived for who pays them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from services.tax.domain.half_year import HalfYear
from services.tax.domain.history import Basis
from services.tax.domain.names import Name
from services.tax.domain.rounding import Rounding


@dataclass(frozen=True, slots=True)
class Step:
    """So many percent of the interest for who pays from the first to the last day, both included.

    ``basis.decided_on`` is when it was announced: an extension is a step of its own.
    """

    first_day: date
    last_day: date
    percent: Fraction
    basis: Basis


@dataclass(frozen=True, slots=True)
class Scheme:
    """A scheme.

    Attributes:
        arrears_to: the last half-year whose interest it waives.
        lump_sum: only for who pays all those arrears, with the rest of their interest, at once.
    """

    code: str
    name: Name
    arrears_to: HalfYear
    lump_sum: bool
    steps: tuple[Step, ...]

    def step(self, paid_on: date, known_on: date) -> Step | None:
        """The step of a day, as known on a day; None when the scheme is not open."""
        open_ = (
            each
            for each in self.steps
            if each.first_day <= paid_on <= each.last_day and each.basis.decided_on <= known_on
        )
        return max(open_, key=lambda each: each.basis.decided_on, default=None)


@dataclass(frozen=True, slots=True)
class Waiver:
    """What a scheme waives: paise of interest by half-year, above 0, in their order."""

    scheme: Scheme
    step: Step
    lines: Mapping[HalfYear, int]

    @property
    def total_paise(self) -> int:
        """All lines together."""
        return sum(self.lines.values())


def waiver(
    schemes: Mapping[str, Scheme],
    interest: Mapping[HalfYear, int],
    paid_on: date,
    known_on: date,
    rounding: Rounding,
    *,
    lump_sum: bool,
) -> Waiver | None:
    """The waiver for who pays arrears on a day; None when no scheme gives any.

    Args:
        schemes: of a rate sheet; of several that are open the one that waives most is taken.
        interest: what is unpaid of it on that day, in paise, by half-year.
        paid_on: the day of the payment (in Asia/Kolkata).
        known_on: what was announced by this day counts.
        rounding: of the sheet; each line is rounded by it, and is never more than the interest.
        lump_sum: whether all the arrears are paid at once.
    """
    offered = []
    for scheme in schemes.values():
        step = scheme.step(paid_on, known_on)
        if step is None or (scheme.lump_sum and not lump_sum):
            continue
        lines = {
            half_year: min(paise, rounding.percent(step.percent, paise))
            for half_year, paise in sorted(interest.items())
            if half_year <= scheme.arrears_to
        }
        given = {half_year: paise for half_year, paise in lines.items() if paise > 0}
        if given:
            offered.append(Waiver(scheme, step, given))
    return max(offered, key=lambda each: each.total_paise, default=None)
