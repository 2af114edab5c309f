"""Plausible values for the demo, of what a department enters by hand. All of them are illustrative.

Each measure has a size for the whole city and a period. One measure of each KPI is then moved so
that the KPI comes near its target, on the better or the worse side of it: `rate(passed, checked)`
has its `passed` moved, so that no more pass than were checked.
"""

import math
import random
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Final

from services.kpi.domain.formula import Input, Value
from services.kpi.domain.indicators import Aim, Catalogue, Indicator, MeasureInfo
from services.kpi.domain.period import Period

PEOPLE: Final = 40_00_000
"""Of the demo's city; where a department counts the population, it counts these."""
_SIZE: Final = {"paise": 2_00_00_000_00, "count": 20_000, "minutes": 90, "hours": 60, "days": 20}
_OTHERS: Final = 400
"""How large a measure of a unit is that is none of these, before a KPI moves it."""
_SPREAD: Final = 0.5
_ROUNDS: Final = 60
_NEAR_ZERO: Final = (1, 1, 1, 40, 2000)
"""Thousandths that a KPI comes to which is to be zero: most of them are."""
_REACH: Final = 10**9
"""A measure is moved by so much at the most."""
_MOST_PERCENT: Final = Fraction(98)
"""No demo's rate is better than this: it would be above 100 in some ward."""
_CITY: Final = ("",)


class Sample:
    """The values of one department; the same `seed` gives the same ones."""

    def __init__(self, known: Catalogue, department: str, seed: int) -> None:
        self._known = known
        self._seed = seed
        self._sizes: dict[str, float] = {
            code: self._size(each)
            for code, each in known.measures.items()
            if each.manual and each.department == department
        }
        self._moved: set[str] = set()
        self._settled: set[str] = set()
        for indicator in known.of(department):
            self._move(indicator)

    def value(self, info: MeasureInfo, of: Period, place: str, places: Iterable[str]) -> int:
        """What is entered of a measure for a period and a place, as it is stored.

        Args:
            info: a measure of the department that is entered by hand.
            of: the period.
            place: one of `places`.
            places: for which it is entered; `""` alone is the whole city.
        """
        weights = {each: self._weight(each) for each in places}
        share = weights[place] / sum(weights.values())
        moves = 1.0 if info.kind == "level" else self._season(of)
        if info.code in self._moved:
            moves *= self._dice(info.code, of.code, place).uniform(0.97, 1.0)
        found = math.floor(self._sizes[info.code] * share * moves)
        unit = 10**info.decimals
        least = 0 if info.least is None else math.ceil(info.least * unit)
        most = found if info.most is None else math.floor(info.most * unit)
        return max(least, min(found, most))

    def _size(self, info: MeasureInfo) -> float:
        if info.code.endswith(".population"):
            return float(PEOPLE)
        size = _SIZE.get(info.unit, _OTHERS) * 10**info.decimals
        return self._dice(info.code).lognormvariate(math.log(size), _SPREAD)

    def _move(self, indicator: Indicator) -> None:
        """Move a measure of a KPI until it comes to what this city reaches of its target."""
        codes = list(dict.fromkeys(each.measure for each in indicator.formula.inputs))
        if not all(each in self._sizes for each in codes):
            return
        aim = indicator.every_year or next(iter(indicator.targets.values()), None)
        wanted = self._reached(indicator, aim)
        if wanted is not None:
            for code in codes:
                if code not in self._settled and self._solve(indicator, code, wanted):
                    self._moved.add(code)
                    break
        self._settled.update(codes)

    def _reached(self, indicator: Indicator, aim: Aim | None) -> Fraction | None:
        dice = self._dice(indicator.code, "reached")
        if aim is None:
            return Fraction(dice.randint(5, 60)) if indicator.unit == "percent" else None
        off = Fraction(round(dice.gauss(0, 0.09) * 1000), 1000)
        if indicator.direction == "band":
            return (aim.low + aim.high) / 2 * (1 + off)
        if indicator.direction == "lower":
            return max(aim.low * (1 + off), Fraction(dice.choice(_NEAR_ZERO), 1000))
        wanted = aim.low * (1 + off - Fraction(1, 50))
        return min(wanted, _MOST_PERCENT) if indicator.unit == "percent" else wanted

    def _solve(self, indicator: Indicator, code: str, wanted: Fraction) -> bool:
        """Find the size of one measure at which the KPI is `wanted`; False if there is none."""
        size = self._sizes[code]

        def at(factor: float) -> Fraction | None:
            sizes = self._sizes | {code: size * factor}
            return _worked_out(indicator, sizes)

        found = _where(at, wanted)
        if found is not None:
            self._sizes[code] = size * found
        return found is not None

    def _season(self, of: Period) -> float:
        """Periods differ, by the same in all measures: a rate stays one."""
        return self._dice("season", of.code).uniform(0.9, 1.1)

    def _weight(self, place: str) -> float:
        return self._dice("place", place).uniform(0.6, 1.4)

    def _dice(self, *of: str) -> random.Random:
        return random.Random("/".join((str(self._seed), *of)))


def _worked_out(indicator: Indicator, sizes: Mapping[str, float]) -> Fraction | None:
    values: dict[Input, Value | None] = {
        each: Fraction(sizes[each.measure]) for each in indicator.formula.inputs
    }
    return indicator.formula.apply(values).value


def _where(at: Callable[[float], Fraction | None], wanted: Fraction) -> float | None:
    """Where a function of a factor that only rises, or only falls, comes to a value."""
    low, high = 1 / _REACH, float(_REACH)
    lowest, between, highest = at(low), at(1.0), at(high)
    if lowest is None or between is None or highest is None or lowest == highest:
        return None
    rises = highest > lowest
    least, most = sorted((lowest, highest))
    if not (least <= wanted <= most and least <= between <= most):
        return None
    for _ in range(_ROUNDS):
        middle = math.sqrt(low * high)
        found = at(middle)
        if found is None:
            return None
        if (found < wanted) == rises:
            low = middle
        else:
            high = middle
    return math.sqrt(low * high)
