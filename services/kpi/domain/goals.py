"""How far a value is from where green begins."""

from collections.abc import Callable
from fractions import Fraction

from palika.india import grouped, rupees
from services.kpi.domain.indicators import Aim, Indicator

Gap = Callable[[float], float]
"""How far a value is off, in the KPI's own unit; 0: the goal is reached."""


def goal(indicator: Indicator, year: int) -> Aim | None:
    """What is to be reached in a financial year: where green begins, else the target; None: nothing
    is."""
    if indicator.direction == "none":
        return None
    limits = indicator.thresholds
    if limits is not None and limits.green is not None and indicator.direction != "band":
        return Aim(limits.green, limits.green)
    return indicator.aim(year)


def gap(indicator: Indicator, aim: Aim) -> Gap:
    """How far values are from a goal."""
    low, high = float(aim.low), float(aim.high)
    if indicator.direction == "higher":
        return lambda value: max(low - value, 0.0)
    if indicator.direction == "lower":
        return lambda value: max(value - high, 0.0)
    return lambda value: max(low - value, value - high, 0.0)


def shown(indicator: Indicator, value: float | Fraction) -> str:
    """A value as it is written: with the KPI's decimals, grouped in the Indian manner; money in
    rupees, per cents with their sign."""
    exact = Fraction(value)
    if indicator.unit == "paise":
        return rupees(round(exact))
    rounded = indicator.rounded(exact)
    whole, dot, rest = f"{abs(rounded):f}".partition(".")
    sign, unit = "-" if rounded < 0 else "", "%" if indicator.unit == "percent" else ""
    return f"{sign}{grouped(int(whole))}{dot}{rest}{unit}"


def aim_shown(indicator: Indicator, aim: Aim, to: str) -> str:
    """A goal as it is written; `to` stands between the ends of a band."""
    low = shown(indicator, aim.low)
    return f"{low} {to} {shown(indicator, aim.high)}" if aim.is_band else low
