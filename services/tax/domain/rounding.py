"""The one rule by which a computed amount becomes an amount that can be written down."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

UNITS = {"rupee": 100, "paisa": 1}
"""What a sheet may round to, in paise."""


@dataclass(frozen=True, slots=True)
class Rounding:
    """To the nearest unit, a half away from zero.

    Attributes:
        unit: in paise: 100 or 1.
    """

    unit: int

    def __post_init__(self) -> None:
        """Refuse another unit. Raises ValueError."""
        if self.unit not in UNITS.values():
            raise ValueError(f"amounts are rounded to a paisa or a rupee, not {self.unit!r}")

    @property
    def name(self) -> str:
        """Of the unit: ``rupee`` or ``paisa``."""
        return next(name for name, unit in UNITS.items() if unit == self.unit)

    def of(self, numerator: int, denominator: int = 1) -> int:
        """``numerator / denominator`` paise, rounded; the denominator is above 0."""
        divisor = denominator * self.unit
        whole = (2 * abs(numerator) + divisor) // (2 * divisor) * self.unit
        return whole if numerator >= 0 else -whole

    def percent(self, percent: Fraction, paise: int, divisor: int = 1) -> int:
        """So many percent of an amount, divided by ``divisor``, rounded once."""
        numerator, denominator = percent.as_integer_ratio()
        return self.of(paise * numerator, denominator * 100 * divisor)

    def percents(self, parts: Sequence[tuple[int, Fraction]], divisor: int = 1) -> int:
        """So many percent of each amount, added up, divided by ``divisor``, and then rounded."""
        if len(parts) == 1:
            return self.percent(parts[0][1], parts[0][0], divisor)
        return self.percent(
            sum((part * percent for part, percent in parts), Fraction()), 1, divisor
        )
