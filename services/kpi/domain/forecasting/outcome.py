"""What a forecast comes to."""

from collections.abc import Mapping
from dataclasses import dataclass, field

LEVEL = 80
"""The outcome is within the interval in so many cases of a hundred."""
SHARE = LEVEL / 100
LEAST = 8
"""So many errors of the past are needed to say how far off a forecast may be."""

Series = list[float | None]
"""Values of consecutive periods, the oldest first; None: that one has none."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """An expected value, and an interval: in `LEVEL` of 100 cases the outcome is within.

    Attributes:
        method: `last`, `season`, `trend` or `pace`.
        ahead: how many periods ahead.
        errors: how many forecasts of the past the interval comes from.
        typical_error: half of them were off by no more.
    """

    value: float
    low: float
    high: float
    method: str
    ahead: int
    errors: int
    typical_error: float
    facts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CannotTell:
    """There is no forecast: `reason` is a key of the words, `facts` are the numbers in them."""

    reason: str
    facts: Mapping[str, float] = field(default_factory=dict)
