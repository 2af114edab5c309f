"""Statistics that a few wild values do not carry away. Plain numbers in, plain numbers out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import ceil, sqrt
from statistics import fmean, median

NORMAL = 1.4826
"""The median absolute deviation times this is the standard deviation of what is normal (Rousseeuw
and Croux, Alternatives to the Median Absolute Deviation, JASA 88, 1993)."""
_MEAN_NORMAL = 1.2533
"""The same of the mean absolute deviation (Iglewicz and Hoaglin, How to Detect and Handle Outliers,
1993, who take it where more than half of the values are equal)."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Where values lie: `middle` is their median, `deviation` what stands for a standard deviation;
    0: they are all the same. `mad` is the median absolute deviation."""

    middle: float
    mad: float
    deviation: float


def spread(values: Sequence[float]) -> Spread:
    """Of at least one value."""
    middle = median(values)
    off = [abs(each - middle) for each in values]
    mad = median(off)
    return Spread(middle, mad, NORMAL * mad if mad else _MEAN_NORMAL * fmean(off))


def slope(values: Sequence[float | None]) -> float:
    """How much is added from one place to the next: the median of the slopes of all pairs
    (Theil 1950, Sen 1968). Places without a value are left out; 0 of fewer than two values."""
    known = [(at, each) for at, each in enumerate(values) if each is not None]
    found = [(b - a) / (j - i) for (i, a), (j, b) in combinations(known, 2)]
    return median(found) if found else 0.0


def within(errors: Iterable[float], share: float, overlap: int = 1) -> float | None:
    """So far off at the most were `share` (0 to 1) of the forecasts whose errors these are.

    A little more than the plain quantile, as the next error is one more of them (split conformal
    prediction: Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World, 2005). Of
    forecasts so many periods ahead as `overlap` says, neighbours share most of their error, so they
    count as fewer. None: too few errors to say.
    """
    off = sorted(map(abs, errors))
    if (len(off) + 1) * share > len(off):
        return None
    apart = max(len(off) / sqrt(overlap), 1.0)
    rank = min(ceil(len(off) * min(share * (1 + 1 / apart), 1.0)), len(off))
    return off[rank - 1]
