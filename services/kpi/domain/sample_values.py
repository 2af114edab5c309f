"""Plausible values for the demo, of what a department enters by hand. All of them are illustrative.

Each measure has a size for the whole city and a period. One measure of each KPI is then moved so
that the KPI comes near its target, on the better or the worse side of it, and no part becomes more
than its whole (`at_most`, `rarely_above`): `rate(passed, checked)` has its `passed` moved.
"""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Final

from services.kpi.domain.catalogue_wholes import wholes
from services.kpi.domain.formula import Input, Value
from services.kpi.domain.indicators import Aim, Catalogue, Indicator, MeasureInfo
from services.kpi.domain.period import Period, containing
from services.kpi.domain.sample_sizes import KNOWN, OTHERS, SIZE

PERIODS: Final = {"week": 5, "month": 3, "quarter": 2, "half_year": 1, "year": 1}
"""So many of the last periods that are over are entered."""
_MONTHS: Final = {"day": 1 / 30, "week": 0.25, "month": 1, "quarter": 3, "half_year": 6, "year": 12}
_SPREAD: Final = 0.5
_ROUNDS: Final = 60
_NEAR_ZERO: Final = (1, 1, 1, 40, 2000)
"""Thousandths that a KPI comes to which is to be zero: most of them are."""
_REACH: Final = 10**9
"""A measure is moved by so much at the most."""
_MOST_PERCENT: Final = Fraction(98)
"""No demo's rate is better than this: it would be above 100 in some ward."""
_MOST_OF_A_LEVEL: Final = Fraction(88)
"""What comes differs by the season, and what it is a part of does not."""
_FEW: Final = 20
"""What is less than this is rounded up as often as its fraction says: ten deaths of a city are not
none in each ward."""
_SHORT: Final = 0.96
"""Of a whole that is entered for other places, its part has no more than this."""


class Sample:
    """The values of one department; the same `seed` gives the same ones."""

    def __init__(self, known: Catalogue, department: str, seed: int) -> None:
        self._known = known
        self._seed = seed
        used = {code for each in known.of(department) for code in each.formula.measures}
        self._sizes: dict[str, float] = {
            code: self._size(each)
            for code, each in known.measures.items()
            if each.manual and (each.department == department or code in used)
        }
        self._moved: set[str] = set()
        # What another department enters is not for this one to move.
        self._settled = {
            code for code in self._sizes if known.measures[code].department != department
        }
        for indicator in known.of(department):
            self._move(indicator)

    def value(self, info: MeasureInfo, of: Period, place: str, places: Sequence[str]) -> int:
        """What is entered of a measure for a period and a place, as it is stored.

        Args:
            info: a measure that is entered by hand, of the department or used by its KPIs.
            of: the period.
            place: one of `places`.
            places: for which it is entered; `""` alone is the whole city.
        """
        share = self._share(place, places)
        moves = 1.0 if info.kind == "level" else self._season(of)
        if info.code in self._moved:
            moves *= self._dice(info.code, of.code, place).uniform(0.97, 1.0)
        found = self._sizes[info.code] * share * moves
        if found < _FEW:
            found += self._dice(info.code, of.code, place, "rest").random()
        unit = 10**info.decimals
        least = 0 if info.least is None else math.ceil(info.least * unit)
        above = [self._whole(each, of, place, places) for each in self._over(info)]
        most = [math.floor(each * unit) for each in above]
        if info.most is not None:
            most.append(math.floor(info.most * unit))
        return max(least, min([math.floor(found), *most]))

    def _whole(self, code: str, of: Period, place: str, places: Sequence[str]) -> float:
        """What a whole has, in its unit, where and when a part of it is entered."""
        whole = self._known.measures[code]
        then = containing(of.last, whole.every or "month")
        if then.last > of.last:
            then = then.previous()
        if bool(whole.by) == (tuple(places) != ("",)):
            return self.value(whole, then, place, places) / 10**whole.decimals
        season = 1.0 if whole.kind == "level" else self._season(then)
        size = self._sizes[code] / 10**whole.decimals
        return size * season * self._share(place, places) * _SHORT

    def _over(self, info: MeasureInfo) -> list[str]:
        """The wholes of a measure."""
        return [each for each in wholes(info) if each in self._sizes]

    def _share(self, place: str, places: Sequence[str]) -> float:
        weights = {each: self._weight(each) for each in places}
        return weights[place] / sum(weights.values())

    def _size(self, info: MeasureInfo, below: tuple[str, ...] = ()) -> float:
        """In whole numbers of its decimals; a part begins as some of its whole."""
        unit = 10**info.decimals
        for code in wholes(info):
            if code not in below:
                whole = self._known.measures[code]
                size = self._size(whole, (*below, info.code)) / 10**whole.decimals
                times = _MONTHS[whole.every or "month"] / _MONTHS[info.every or "month"]
                several = max(1.0, times) if info.kind == "sum" and whole.kind == "level" else 1.0
                return size * unit * self._dice(info.code, "part").uniform(0.45, 0.6) / several
        ends = info.code, info.code.rpartition(".")[2], info.code.rpartition("_")[2]
        known = next((KNOWN[each] for each in ends if each in KNOWN), None)
        if known is not None:
            return float(known * unit)
        size = SIZE.get(info.unit, OTHERS) * unit
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
                    self._settled.update(codes)
                    break

    def _reached(self, indicator: Indicator, aim: Aim | None) -> Fraction | None:
        dice = self._dice(indicator.code, "reached")
        if aim is None:
            return Fraction(dice.randint(5, 60)) if indicator.unit == "percent" else None
        off = Fraction(round(dice.gauss(0, 0.09) * 1000), 1000)
        if indicator.direction == "band":
            return (aim.low + aim.high) / 2 * (1 + off)
        if indicator.direction == "lower":
            return aim.low * (1 + off) or Fraction(dice.choice(_NEAR_ZERO), 1000)
        wanted = aim.low * (1 + off - Fraction(1, 50))
        if indicator.unit != "percent":
            return wanted
        kinds = {self._known.measures[each].kind for each in indicator.formula.measures}
        return min(wanted, _MOST_PERCENT if len(kinds) == 1 else _MOST_OF_A_LEVEL)

    def _solve(self, indicator: Indicator, code: str, wanted: Fraction) -> bool:
        """Find the size of one measure at which the KPI is `wanted`; False if there is none. Parts
        that no KPI has settled go with it."""
        moved = [code]
        for each in moved:
            moved += [part for part in self._parts(each) if part not in self._settled]

        def sizes(factor: float) -> dict[str, float]:
            return self._sizes | {each: self._sizes[each] * factor for each in moved}

        def at(factor: float) -> Fraction | None:
            return self._worked_out(indicator, sizes(factor))

        found = _where(at, wanted, *self._reach(code))
        if found is not None:
            self._sizes = sizes(found)
        return found is not None

    def _reach(self, code: str) -> tuple[float, float]:
        """By how little and how much a measure may be moved: a part stays below its whole."""
        measures, sizes = self._known.measures, self._sizes
        own = sizes[code] / 10 ** measures[code].decimals
        above = [sizes[each] / 10 ** measures[each].decimals for each in self._over(measures[code])]
        parts = [each for each in self._parts(code) if each in self._settled]
        below = [sizes[each] / 10 ** measures[each].decimals for each in parts]
        least = max([1 / _REACH, *(each / own * 1.01 for each in below)])
        return least, min([float(_REACH), *(each / own * 0.99 for each in above)])

    def _parts(self, code: str) -> list[str]:
        """The measures of which this is the whole."""
        return [each for each in self._sizes if code in wholes(self._known.measures[each])]

    def _worked_out(self, indicator: Indicator, sizes: Mapping[str, float]) -> Fraction | None:
        values: dict[Input, Value | None] = {
            each: Fraction(sizes[each.measure] * self._times(indicator, each))
            for each in indicator.formula.inputs
        }
        return indicator.formula.apply(values).value

    def _times(self, indicator: Indicator, one: Input) -> float:
        """Of how many periods that are entered a KPI adds a measure up."""
        every = self._known.measures[one.measure].every or "month"
        if one.aggregation != "sum":
            return 1.0
        entered = PERIODS.get(every, 1)
        if one.shift.span != "period":
            return entered
        return max(1.0, min(entered, _MONTHS[indicator.frequency] / _MONTHS[every]))

    def _season(self, of: Period) -> float:
        """Periods differ, by the same in all measures: a rate stays one."""
        return self._dice("season", of.code).uniform(0.9, 1.1)

    def _weight(self, place: str) -> float:
        return self._dice("place", place).uniform(0.6, 1.4)

    def _dice(self, *of: str) -> random.Random:
        return random.Random("/".join((str(self._seed), *of)))  # noqa: S311 no secret hangs on it


def _where(
    at: Callable[[float], Fraction | None], wanted: Fraction, low: float, high: float
) -> float | None:
    """Where a function of a factor that only rises, or only falls, comes to a value."""
    if low >= high:
        return None
    lowest, between, highest = at(low), at(math.sqrt(low * high)), at(high)
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
