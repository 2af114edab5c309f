"""From the floors of a property to its letting value and its rateable value a year."""

from dataclasses import dataclass

from palika.errors import Invalid
from services.tax.domain.property import Floor, Property
from services.tax.domain.rates import BASES, InForce
from services.tax.domain.steps import Step


@dataclass(frozen=True, slots=True)
class FloorValue:
    """What a floor is worth a year, in paise.

    Attributes:
        letting: after depreciation.
        rateable: that without the deductions.
    """

    floor: Floor
    letting: int
    rateable: int


@dataclass(frozen=True, slots=True)
class Valuation:
    """What a property is worth a year, floor by floor, with the steps that lead there."""

    floors: tuple[FloorValue, ...]
    steps: tuple[Step, ...]

    @property
    def letting_value_paise(self) -> int:
        """Of all floors."""
        return sum(each.letting for each in self.floors)

    @property
    def rateable_value_paise(self) -> int:
        """Of all floors."""
        return sum(each.rateable for each in self.floors)

    def by_use(self, base: str) -> dict[str, int]:
        """The value (one of ``rates.BASES``) of each use that the property has, in paise."""
        found: dict[str, int] = {}
        for each in self.floors:
            value = each.rateable if base == BASES[0] else each.letting
            found[each.floor.use] = found.get(each.floor.use, 0) + value
        return found


def value(property_: Property, rates: InForce, *, explain: bool = True) -> Valuation:
    """Value a property for a half-year.

    Each amount is rounded by the rule of the sheet before the next is computed of it.

    Args:
        property_: as of the half-year.
        rates: in force.
        explain: give the steps as well; without them it is quicker.

    Raises:
        Invalid: a floor is of a zone, use or class without a value, or was not built yet.
    """
    steps: list[Step] | None = [] if explain else None
    floors = tuple([_floor(property_, floor, rates, steps) for floor in property_.floors])
    if steps is None:
        return Valuation(floors, ())
    total = Step("rateable_total", sum(each.rateable for each in floors))
    return Valuation(floors, (*steps, total))


def _floor(
    property_: Property, floor: Floor, rates: InForce, steps: list[Step] | None
) -> FloorValue:
    cell = property_.zone, floor.use, floor.construction
    per_sqm = rates.letting_values.get(cell)
    if per_sqm is None:
        where = ", ".join(filter(None, cell))
        raise Invalid("no letting value", {"floors": [f"{floor.label}: none for {where}"]})
    rate, months = per_sqm.value.paise, per_sqm.value.months
    letting = rates.rounding.of(floor.area * rate * months, 100)
    if steps is not None:
        figures = {"area": floor.area, "rate": rate, "months": months, "use": floor.use}
        steps.append(Step("letting_value", letting, floor.label, figures, per_sqm.basis))
    if floor.construction is not None and floor.built_in is not None:
        letting -= _depreciation(floor, letting, rates, steps)
    rateable = letting
    for deduction, percent in rates.deductions:
        if floor.use not in deduction.uses or floor.occupancy not in deduction.occupancies:
            continue
        if deduction.claimed and deduction.code not in property_.claims:
            continue
        less = rates.rounding.percent(percent.value, rateable)
        if steps is not None:
            figures = {"percent": percent.value, "of": rateable}
            steps.append(Step("deduction", -less, deduction.name, figures, percent.basis))
        rateable -= less
    if steps is not None:
        steps.append(Step("rateable_floor", rateable, floor.label))
    return FloorValue(floor, letting, rateable)


def _depreciation(floor: Floor, letting: int, rates: InForce, steps: list[Step] | None) -> int:
    """What the age takes off: the years from the one it was built in to the half-year's first."""
    assert floor.construction is not None
    assert floor.built_in is not None
    age = rates.half_year.year - floor.built_in
    if floor.built_in > rates.half_year.first_day.year:
        rule = f"{floor.label}: built in {floor.built_in}, after {rates.half_year} began"
        raise Invalid("not built yet", {"floors": [rule]})
    bands = rates.depreciation[floor.construction]
    percent = [band.percent for band in bands.value if band.from_age <= age][-1]
    less = rates.rounding.percent(percent, letting)
    if steps is not None:
        figures = {"percent": percent, "of": letting, "age": age, "built_in": floor.built_in}
        steps.append(Step("depreciation", -less, floor.label, figures, bands.basis))
    return less
