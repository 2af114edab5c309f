"""What a property owes for a half-year, with each step of the way."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from services.tax.domain.concessions import concessions
from services.tax.domain.half_year import HalfYear
from services.tax.domain.property import Property
from services.tax.domain.rates import BASES, InForce, Sheet
from services.tax.domain.steps import Step
from services.tax.domain.valuation import Valuation, value

HALVES_A_YEAR = 2


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a demand, in paise: a head's tax, above 0, or what a concession takes off it,
    below 0.

    Attributes:
        head: its code.
        concession: its code; None for the tax.
    """

    kind: Literal["tax", "concession"]
    head: str
    paise: int
    concession: str | None = None


@dataclass(frozen=True, slots=True)
class Assessment:
    """A property's tax for a half-year.

    Attributes:
        owed: the property as it is in the half-year.
        known_on: what was decided by this day counts.
        valuation: of the year.
        lines: of the half-year, in the order of the sheet: the heads, then the concessions.
        steps: all of it, to be followed by hand; none where nobody asked for them.
    """

    owed: Property
    half_year: HalfYear
    known_on: date
    valuation: Valuation
    lines: tuple[Line, ...]
    steps: tuple[Step, ...]

    @property
    def total_paise(self) -> int:
        """The sum of the lines."""
        return sum(line.paise for line in self.lines)

    def by_head(self) -> dict[str, int]:
        """What is owed of each head after concessions, in paise."""
        found: dict[str, int] = {}
        for line in self.lines:
            found[line.head] = found.get(line.head, 0) + line.paise
        return found


def assess(property_: Property, sheet: Sheet, half_year: HalfYear, known_on: date) -> Assessment:
    """Assess a property, as it is in a half-year, for that half-year.

    Args:
        property_: as of the half-year.
        sheet: the city's rates.
        half_year: one that the sheet covers.
        known_on: a day in Asia/Kolkata. What was decided by then counts: the day of the bill gives
            what was billed, today gives what holds now.

    Raises:
        Invalid: the sheet does not cover the half-year, a floor is of a zone, use or class that
            has no rate, or was not built yet.
    """
    return assess_by(property_, sheet.in_force(half_year, known_on))


def assess_by(property_: Property, rates: InForce, *, explain: bool = True) -> Assessment:
    """As ``assess``, by figures that are looked up already. Raises as ``assess``.

    Args:
        property_: as of the half-year.
        rates: in force.
        explain: give the steps as well; without them it takes half of the time.
    """
    valuation = value(property_, rates, explain=explain)
    steps = list(valuation.steps) if explain else None
    taxes: dict[str, dict[str, int]] = {}
    values = {base: valuation.by_use(base) for base in BASES}
    for head, rule in rates.heads:
        by_use = taxes[head.code] = {}
        for use, base in values[head.base].items():
            rate = rule.value[use]
            parts = rate.parts(base)
            paise = by_use[use] = rates.rounding.percents(parts, HALVES_A_YEAR)
            if steps is not None:
                figures: dict[str, object] = {"parts": tuple(parts), "base": head.base, "use": use}
                if len(rate.slabs) > 1 and not rate.in_parts:
                    figures["above"] = rate.reached(base)[-1].above
                steps.append(Step("tax", paise, head.name, figures, rule.basis))
    taken, more = concessions(taxes, property_.claims, rates, explain=explain)
    lines = [
        Line("tax", head, paise)
        for head, by_use in taxes.items()
        if (paise := sum(by_use.values()))
    ]
    lines += [Line("concession", head, -paise, code) for code, head, paise in taken]
    if steps is not None:
        steps += [*more, Step("total", sum(line.paise for line in lines))]
    return Assessment(
        property_, rates.half_year, rates.known_on, valuation, tuple(lines), tuple(steps or ())
    )
