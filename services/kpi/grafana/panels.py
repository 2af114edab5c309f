"""What the panels of KPIs have of their own: names, units, and colours by target."""

from collections.abc import Sequence
from fractions import Fraction

from palika.grafana.panels import AMBER, GREEN, RED, Json
from palika.text import Name
from services.kpi.domain.goals import paced
from services.kpi.domain.indicators import Aim, Catalogue, Indicator

STATUS_MAPPINGS: list[Json] = [
    {
        "type": "value",
        "options": {
            str(level): {"text": text, "color": color, "index": level}
            for level, (text, color) in enumerate(
                [("लाल / red", RED), ("पिवळा / amber", AMBER), ("हिरवा / green", GREEN)]
            )
        },
    }
]
STATUS_STEPS: list[Json] = [
    {"color": RED, "value": None},
    {"color": AMBER, "value": 1},
    {"color": GREEN, "value": 2},
]
_AFFIXES = {"percent": "percent", "count": "none", "ratio": "none", "rupees": "prefix:₹ "}


def titled(name: Name) -> str:
    """A name in both languages."""
    return f"{name.mr} / {name.en}"


def unit(indicator: Indicator, known: Catalogue) -> str:
    """The unit of a KPI, as Grafana writes it."""
    name = known.units[indicator.unit]
    return _AFFIXES.get(indicator.unit, f"suffix: {name.en}")


def steps(indicator: Indicator) -> list[Json] | None:
    """The thresholds of a KPI by its direction, as colours from a value on; None where they are of
    a year or of a share of it, or there are none: there its status tells.

    They are for the value as it is shown: what is above a limit begins one step of its decimals
    after it.
    """
    aims = {*indicator.targets.values(), *([indicator.every_year] if indicator.every_year else [])}
    aim = next(iter(aims)) if len(aims) == 1 else None
    step = Fraction(1, 10**indicator.decimals)
    if indicator.direction == "none" or paced(indicator):
        return None
    if indicator.direction == "band":
        return None if aim is None else _band(indicator, aim, step)
    thresholds = indicator.thresholds
    if thresholds is not None and thresholds.green is not None and thresholds.red is not None:
        if indicator.direction == "higher":
            after = _after(thresholds.red, step)
            return _colours([(None, RED), (after, AMBER), (thresholds.green, GREEN)])
        after = _after(thresholds.green, step)
        return _colours([(None, GREEN), (after, AMBER), (thresholds.red, RED)])
    if aim is None:
        return None
    target, away = aim.low, abs(aim.low) * indicator.tolerance / 100
    if indicator.direction == "higher":
        return _colours([(None, RED), (target - away, AMBER), (target, GREEN)])
    return _colours(
        [(None, GREEN), (_after(target, step), AMBER), (_after(target + away, step), RED)]
    )


def _band(indicator: Indicator, aim: Aim, step: Fraction) -> list[Json]:
    amber = indicator.thresholds.amber if indicator.thresholds is not None else None
    below = above = amber
    if below is None or above is None:
        below = abs(aim.low) * indicator.tolerance / 100
        above = abs(aim.high) * indicator.tolerance / 100
    return _colours(
        [
            (None, RED),
            (aim.low - below, AMBER),
            (aim.low, GREEN),
            (_after(aim.high, step), AMBER),
            (_after(aim.high + above, step), RED),
        ]
    )


def _after(limit: Fraction, step: Fraction) -> Fraction:
    """The first value with the KPI's decimals that is above a limit."""
    return (limit // step + 1) * step


def _colours(of: Sequence[tuple[Fraction | None, str]]) -> list[Json]:
    """Steps in their order; one that ends where it begins is left out."""
    kept: list[tuple[Fraction | None, str]] = []
    for value, color in of:
        while kept and value is not None and kept[-1][0] is not None and kept[-1][0] >= value:
            kept.pop()
        kept.append((value, color))
    return [
        {"color": color, "value": None if value is None else _plain(value)} for value, color in kept
    ]


def _plain(value: Fraction) -> int | float:
    return value.numerator if value.denominator == 1 else round(float(value), 6)
