"""Exact shares of an amount, and how they are rounded."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

RUPEE: Final = 100
PAISA: Final = 1


@dataclass(frozen=True, slots=True)
class Rounding:
    """The one rule by which a line is rounded: to the nearest unit, a half away from zero.

    Attributes:
        unit: in paise: 1, a paisa, or 100, a rupee.
    """

    unit: int

    def __post_init__(self) -> None:
        """Refuse another unit. Raises ValueError."""
        if self.unit not in (PAISA, RUPEE):
            raise ValueError(f"amounts are rounded to a paisa or a rupee, not {self.unit!r}")

    def percent(self, percent: Fraction, paise: int) -> int:
        """So many percent of an amount, in paise."""
        over = percent.denominator * 100 * self.unit
        whole = (2 * abs(paise) * percent.numerator + over) // (2 * over) * self.unit
        return whole if paise >= 0 else -whole


def check_percent(percent: Fraction, name: str) -> None:
    """Refuse what is no exact percentage from 0 to 100.

    Raises:
        ValueError: a float, or out of range.
    """
    if type(percent) is not Fraction or not 0 <= percent <= 100:
        raise ValueError(f"{name}: must be a Fraction from 0 to 100, not {percent!r:.40}")
