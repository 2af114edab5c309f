"""What a property would have owed by what is known now, beside what it was billed then."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from services.tax.domain.assessment import Assessment, assess
from services.tax.domain.half_year import HalfYear
from services.tax.domain.property import Property
from services.tax.domain.rates import Sheet
from services.tax.domain.rounding import Rounding


@dataclass(frozen=True, slots=True)
class Difference:
    """Two assessments of one half-year.

    Attributes:
        then: as it was known when it was billed.
        now: as it is known now.
    """

    then: Assessment
    now: Assessment

    @property
    def lines(self) -> Mapping[str, int]:
        """Paise by head, now less then: below 0 is what was billed too much. No head with 0."""
        before, after = self.then.by_head(), self.now.by_head()
        found = {head: after.get(head, 0) - before.get(head, 0) for head in {**before, **after}}
        return {head: paise for head, paise in found.items() if paise}

    @property
    def total_paise(self) -> int:
        """All lines together."""
        return self.now.total_paise - self.then.total_paise

    @property
    def refund_years(self) -> int | None:
        """Over how many years what was billed too much is given back; None: nothing says so.

        It is said by the rules that hold now and did not then; of several the longest time holds.
        """
        before = {step.basis for step in self.then.steps}
        said = (
            step.basis.refund_years or 0
            for step in self.now.steps
            if step.basis is not None and step.basis not in before
        )
        return max(said, default=0) or None


def differences(
    property_in: Callable[[HalfYear], Property],
    sheet: Sheet,
    half_years: Iterable[HalfYear],
    known_then: Callable[[HalfYear], date],
    known_now: date,
) -> list[Difference]:
    """The half-years whose tax is another now than it was when it was billed.

    Args:
        property_in: the property as it was in a half-year.
        sheet: the city's rates.
        half_years: which ones to look at.
        known_then: what had been decided by this day counted when the half-year was billed.
        known_now: what is decided by this day counts now.

    Raises:
        Invalid: as ``assess``.
    """
    found = []
    for half_year in half_years:
        owed = property_in(half_year)
        then = assess(owed, sheet, half_year, known_then(half_year))
        each = Difference(then, assess(owed, sheet, half_year, known_now))
        if each.lines:
            found.append(each)
    return found


def instalments(paise: int, years: int, first_year: int, rounding: Rounding) -> dict[int, int]:
    """An amount in equal parts, one a financial year (by the year in which it begins).

    Each but the last is rounded by the rule of the sheet; the last is what is left, so that their
    sum is the amount.
    """
    part = min(rounding.of(paise, years), paise // (years - 1)) if years > 1 else paise
    parts = {first_year + at: part for at in range(years - 1)}
    return {**parts, first_year + years - 1: paise - part * (years - 1)}
