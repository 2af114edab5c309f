"""Between what a KPI must be: a forecast tells nothing that cannot come to pass."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from services.kpi.domain.flows import subtracts
from services.kpi.domain.forecasting.outcome import CannotTell, Forecast
from services.kpi.domain.formula_syntax import Call, Measure, Node, Pair
from services.kpi.domain.indicators import Indicator, MeasureInfo

_ALL = 100.0
"""Of a share, in percent."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a value is at the least and at the most; None: that is not known."""

    low: float | None = None
    high: float | None = None


def bounds(indicator: Indicator, measures: Mapping[str, MeasureInfo]) -> Bounds:
    """Between what a KPI is in every period: what takes nothing away is not below 0, and a part is
    not above its whole.

    Args:
        indicator: the KPI.
        measures: those of the catalogue.
    """
    root = indicator.formula.root
    low = None if subtracts(root) else 0.0
    return Bounds(low, _ALL if indicator.share == "part" or _is_part(root, measures) else None)


def bounded(made: Forecast, between: Bounds, come: float | None) -> Forecast | CannotTell:
    """A forecast, between what can come to pass.

    Args:
        made: the forecast.
        between: what the value is in every period.
        come: what the period has come to already, of what becomes no less while it runs; else None.

    Returns:
        `CannotTell` (`surpassed`) where more has come already than it lets expect.
    """
    if come is not None and come > made.high:
        return CannotTell("surpassed", {"come": come, "high": made.high})
    floor = max((each for each in (between.low, come) if each is not None), default=None)
    low, value, high = (
        _held(each, floor, between.high) for each in (made.low, made.value, made.high)
    )
    return replace(made, low=low, value=value, high=high)


def _held(value: float, floor: float | None, ceiling: float | None) -> float:
    if floor is not None:
        value = max(value, floor)
    return value if ceiling is None else min(value, ceiling)


def _is_part(root: Node, measures: Mapping[str, MeasureInfo]) -> bool:
    """Whether a formula is a rate of something in a sum that has it, or of what was done in time in
    all that was due (`catalogue_formulas.py` refuses it without)."""
    match root:
        case Call(name="rate", given=(Measure(text=code), below)):
            whole: str | None = code
            while whole is not None and measures[whole].due_with is None:
                whole = measures[whole].of
            return whole is not None or code in _added(below)
    return False


def _added(node: Node) -> set[str]:
    """The measures that a sum is made of; of a node that is none, it alone."""
    match node:
        case Measure(text=code):
            return {code}
        case Pair(sign="+", left=left, right=right):
            return _added(left) | _added(right)
    return set()
