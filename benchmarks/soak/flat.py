"""The rule: when is a series flat, and when has it grown?

The first fifth is the warm-up and does not count: caches fill, pools open, buffers reach their
size. Of the rest, in parts of which each is worth its median (so that a sawtooth or a single peak
is none), the slope is that of Theil and Sen: the median of the slopes of all pairs of points. A
series is *not* flat when both are so:

- even the low end of the slope's 95 % confidence interval grows by more than so many hundredths of
  the level in an hour;
- over what was looked at it has grown by more than is nothing (``least``): a page of memory is no
  leak. In a run of less than ten minutes, whose warm-up is too short for what fills in minutes,
  four times as much is nothing: such a run finds great leaks alone.

A series that becomes less is flat.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from scipy.stats import theilslopes

WARM_UP = 0.2
_PARTS = 60
_FEWEST = 8
_HOUR_S = 3_600.0
_SHORT_S, _IN_SHORT = 600.0, 4
_CONFIDENCE = 0.95


class TooShort(ValueError):
    """There are too few samples to say anything."""


@dataclass(frozen=True)
class Bound:
    """What a series may do.

    Attributes:
        percent_an_hour: so many hundredths of its level a series may grow in an hour.
        least: growth over the whole run that is nothing, in the series' unit; above 0.
    """

    percent_an_hour: float
    least: float


@dataclass(frozen=True)
class Verdict:
    """What is said of a series.

    Attributes:
        name: of the series.
        unit: of its values.
        first, last: the median of the first fifth after the warm-up, and of the last.
        percent_an_hour: its slope.
        surely: the low end of the slope's confidence interval, likewise.
        grown: by the slope, over what was looked at, in the unit.
        flat: whether it is.
    """

    name: str
    unit: str
    first: float
    last: float
    percent_an_hour: float
    surely: float
    grown: float
    flat: bool


def judge(name: str, unit: str, points: Sequence[tuple[float, float]], bound: Bound) -> Verdict:
    """Say whether a series is flat.

    Args:
        name, unit: for the verdict.
        points: (second, value), in order, the warm-up included.
        bound: what it may do.

    Raises:
        TooShort: fewer than eight samples are left after the warm-up.
    """
    begun, ended = (points[0][0], points[-1][0]) if points else (0.0, 0.0)
    from_then = begun + (ended - begun) * WARM_UP
    kept = [point for point in points if point[0] >= from_then]
    if len(kept) < _FEWEST:
        raise TooShort(f"{name}: {len(kept)} samples after the warm-up, {_FEWEST} are wanted")
    times, values = zip(*_parts(kept), strict=True)
    slope, _, low, _ = theilslopes(values, times, _CONFIDENCE)
    fifth = max(1, len(values) // 5)
    first, last = median(values[:fifth]), median(values[-fifth:])
    # Of what is about nothing, hundredths would be anything.
    level = max(abs(first), bound.least)
    in_an_hour = 100 * _HOUR_S / level
    grown = slope * (kept[-1][0] - kept[0][0])
    nothing = bound.least * (_IN_SHORT if ended - begun < _SHORT_S else 1)
    flat = low * in_an_hour <= bound.percent_an_hour or grown <= nothing
    return Verdict(name, unit, first, last, slope * in_an_hour, low * in_an_hour, grown, bool(flat))


def _parts(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Neighbours put together, so that there are sixty at the most; each is worth its median."""
    size = -(-len(points) // _PARTS)
    groups = [points[at : at + size] for at in range(0, len(points), size)]
    return [(median(t for t, _ in each), median(v for _, v in each)) for each in groups]
