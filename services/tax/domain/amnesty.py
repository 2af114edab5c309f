"""Amnesty schemes (abhay yojana): the interest on arrears that is waived for who pays them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from palika.text import Name
from services.tax.domain.half_year import HalfYear
from services.tax.domain.history import Basis
from services.tax.domain.rounding import Rounding
from services.tax.domain.steps import Step


@dataclass(frozen=True, slots=True)
class Offer:
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
        dues_below: only for who owes less than so many paise in all; None: whatever it is.
    """

    code: str
    name: Name
    arrears_to: HalfYear
    lump_sum: bool
    offers: tuple[Offer, ...]
    dues_below: int | None = None

    def offer(self, paid_on: date, known_on: date) -> Offer | None:
        """The offer of a day, as known on a day; None when the scheme is not open."""
        open_ = (
            each
            for each in self.offers
            if each.first_day <= paid_on <= each.last_day and each.basis.decided_on <= known_on
        )
        return max(open_, key=lambda each: each.basis.decided_on, default=None)


@dataclass(frozen=True, slots=True)
class Waiver:
    """What a scheme waives.

    Attributes:
        lines: paise of interest by half-year, above 0, in their order.
        steps: the same, to be followed by hand.
    """

    scheme: Scheme
    lines: Mapping[HalfYear, int]
    steps: tuple[Step, ...]

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
    dues_paise: int = 0,
) -> Waiver | None:
    """The waiver for who pays arrears on a day; None when no scheme gives any.

    Args:
        schemes: of a rate sheet; of several that are open the one that waives most is taken.
        interest: what is unpaid of it on that day, in paise, by half-year.
        paid_on: the day of the payment (in Asia/Kolkata).
        known_on: what was announced by this day counts.
        rounding: of the sheet; each line is rounded by it, and is never more than the interest.
        lump_sum: whether all the arrears are paid at once.
        dues_paise: all that is owed on that day.
    """
    offered = []
    for scheme in schemes.values():
        offer = scheme.offer(paid_on, known_on)
        within = scheme.dues_below is None or dues_paise < scheme.dues_below
        if offer is not None and within and (lump_sum or not scheme.lump_sum):
            offered.append(_waived(scheme, offer, interest, rounding))
    best = max(offered, key=lambda each: each.total_paise, default=None)
    return best if best and best.lines else None


def _waived(
    scheme: Scheme, offer: Offer, interest: Mapping[HalfYear, int], rounding: Rounding
) -> Waiver:
    lines: dict[HalfYear, int] = {}
    steps: list[Step] = []
    for half_year, of in sorted(interest.items()):
        paise = min(of, rounding.percent(offer.percent, of))
        if half_year <= scheme.arrears_to and paise > 0:
            lines[half_year] = paise
            figures = {"percent": offer.percent, "of": of, "half_year": half_year}
            steps.append(Step("waiver", -paise, scheme.name, figures, offer.basis))
    return Waiver(scheme, lines, tuple(steps))
