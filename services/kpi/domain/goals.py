"""What is to be reached in a period, and how far a value is from where green begins.

The catalogue states a target, and the limits of green and red, for one period of the KPI's own
frequency, by the financial year in which the period ends: 100 a month is 100 in each month, and a
rate of 90 is 90 in each of them. One kind of KPI is of another length than its period: what *builds
up* from 1 April on (`flows.builds_up`: a sum of the `year_to_date`, alone or over a level). Its
target is for the year, and in a period that ends before the year does it is held to the share of
it that is over: 10 of 40 at the end of June. So are the limits, and how far outside of a band is
amber still. A rate of two sums of the year to date is held to all of its target in each period.

A target of 0 has no shares: what must not happen in a year must not happen in its first month.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

from palika.india import grouped, rupees
from services.kpi.domain.flows import builds_up
from services.kpi.domain.indicators import Aim, Indicator, Thresholds
from services.kpi.domain.period import Period, financial_year

_RUPEE = "₹"
_BARE = frozenset(
    {"count", "percent", "paise", "ratio", "index", "score", "marks", "rank", "grade"}
)
"""Units that are no words beside a number, or stand there already."""
Gap = Callable[[float], float]
"""How far a value is off, in the KPI's own unit; 0: the goal is reached."""
_NO_YEAR = 0
"""One that no target is of: that of every year holds."""


def goal(indicator: Indicator, of: Period) -> Aim | None:
    """What is to be reached in a period: where green begins, else the target; None: nothing is."""
    held = held_to(indicator, of)
    return _goal(held, of.year)


def held_to(indicator: Indicator, of: Period) -> Indicator:
    """The KPI with the target and the limits that hold in a period: its own, or, where it builds up
    over the year, the share of them that is due at the period's end.

    Args:
        indicator: as the catalogue has it.
        of: the period; its financial year is that in which it ends.
    """
    if not paced(indicator):
        return indicator
    share = share_of_year(of.last)
    of_year = _goal(indicator, of.year)
    if share == 1 or of_year is None or not of_year.high:
        return indicator
    aim, limits = indicator.aim(of.year), indicator.thresholds
    return replace(
        indicator,
        every_year=None if aim is None else Aim(aim.low * share, aim.high * share),
        targets={},
        thresholds=None
        if limits is None
        else Thresholds(
            *(_times(each, share) for each in (limits.green, limits.red, limits.amber))
        ),
    )


def paced(indicator: Indicator) -> bool:
    """Whether a KPI is held to a share of a year's target in some of its periods."""
    if not adds_from_april(indicator):
        return False
    goals = [_goal(indicator, year) for year in (*indicator.targets, _NO_YEAR)]
    return any(each.high for each in goals if each is not None)


def adds_from_april(indicator: Indicator) -> bool:
    """Whether a value is of the year so far, and so of another length in each period of it."""
    return indicator.frequency != "year" and builds_up(indicator.formula)


def restarts(indicator: Indicator) -> bool:
    """Whether a value is of the year so far, be it a sum or a rate of two: the first of a financial
    year is then no change of the last of the one before."""
    spans = {each.shift.span for each in indicator.formula.inputs}
    return indicator.frequency != "year" and "year_to_date" in spans


def share_of_year(last: date) -> Fraction:
    """How much of the financial year is over at the end of a day: of whole months so many twelfths,
    else so many of its days."""
    following = last + timedelta(days=1)
    if following.day == 1:
        return Fraction((following.month - 4) % 12 or 12, 12)
    first = date(financial_year(last), 4, 1)
    return Fraction((following - first).days, (date(first.year + 1, 4, 1) - first).days)


def _goal(indicator: Indicator, year: int) -> Aim | None:
    if indicator.direction == "none":
        return None
    limits = indicator.thresholds
    if limits is not None and limits.green is not None and indicator.direction != "band":
        return Aim(limits.green, limits.green)
    return indicator.aim(year)


def _times(limit: Fraction | None, share: Fraction) -> Fraction | None:
    return None if limit is None else limit * share


def gap(indicator: Indicator, aim: Aim) -> Gap:
    """How far values are from a goal."""
    low, high = float(aim.low), float(aim.high)
    if indicator.direction == "higher":
        return lambda value: max(low - value, 0.0)
    if indicator.direction == "lower":
        return lambda value: max(value - high, 0.0)
    return lambda value: max(low - value, value - high, 0.0)


def shown(indicator: Indicator, value: float | Fraction) -> str:
    """A value as it is written: with the KPI's decimals, grouped in the Indian manner; paise in
    rupees, per cents with their sign."""
    exact = Fraction(value)
    if indicator.unit == "paise":
        return rupees(round(exact))
    rounded = indicator.rounded(exact)
    whole, dot, rest = f"{abs(rounded):f}".partition(".")
    sign, unit = "-" if rounded < 0 else "", "%" if indicator.unit == "percent" else ""
    return f"{sign}{grouped(int(whole))}{dot}{rest}{unit}"


def with_unit(indicator: Indicator, value: float | Fraction, language: str) -> str:
    """The same with its unit, as it is called in `mr` or `en`: 36.0 hours; what is counted, and a
    mark or an index, has none."""
    number, name = shown(indicator, value), indicator.unit_name
    if name is None or indicator.unit in _BARE:
        return number
    unit = name.in_(language)
    if unit.startswith(_RUPEE):
        sign = "-" if number.startswith("-") else ""
        return f"{sign}{_RUPEE}{number.removeprefix('-')}{unit.removeprefix(_RUPEE)}"
    return f"{number} {unit.removesuffix('s') if number == '1' and ' ' not in unit else unit}"


def aim_shown(indicator: Indicator, aim: Aim, to: str, language: str) -> str:
    """A goal as it is written; `to` stands between the ends of a band."""
    high = with_unit(indicator, aim.high, language)
    return f"{shown(indicator, aim.low)} {to} {high}" if aim.is_band else high
