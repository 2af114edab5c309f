"""Panels, as Grafana 12 has them in a dashboard's JSON (schema version 41)."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from palika.text import Name
from services.kpi.domain.goals import paced
from services.kpi.domain.indicators import Aim, Catalogue, Indicator

Json = dict[str, Any]

SOURCE: Json = {"type": "prometheus", "uid": "${datasource}"}
RED, AMBER, GREEN, NONE = "red", "orange", "green", "text"
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


def query(
    expression: str, legend: str = "", *, ref: str = "A", instant: bool = False, table: bool = False
) -> Json:
    """A query of Prometheus."""
    return {
        "datasource": SOURCE,
        "editorMode": "code",
        "expr": expression,
        "format": "table" if table else "time_series",
        "instant": instant,
        "legendFormat": legend or "__auto",
        "range": not instant,
        "refId": ref,
    }


def panel(
    kind: str, title: str, place: Sequence[int], queries: Iterable[Json], **more: Any
) -> Json:
    """A panel; ``place`` is x, y, width and height. Its id is given by the dashboard."""
    x, y, width, height = place
    return {
        "datasource": SOURCE,
        "fieldConfig": {"defaults": {}, "overrides": []},
        "gridPos": {"h": height, "w": width, "x": x, "y": y},
        "options": {},
        "targets": list(queries),
        "title": title,
        "type": kind,
    } | more


def row(title: str, y: int) -> Json:
    """A heading over the panels that follow."""
    return {
        "collapsed": False,
        "gridPos": {"h": 1, "w": 24, "x": 0, "y": y},
        "panels": [],
        "title": title,
        "type": "row",
    }


def stat(
    title: str,
    place: Sequence[int],
    queries: Iterable[Json],
    defaults: Json,
    *,
    overrides: Sequence[Json] = (),
    color: str = "value",
    graph: bool = False,
    **more: Any,
) -> Json:
    """The last value, large; ``color``: `value`, `background` or `none`."""
    return panel(
        "stat",
        title,
        place,
        queries,
        fieldConfig={"defaults": {"noValue": "–"} | defaults, "overrides": list(overrides)},
        options={
            "colorMode": color,
            "graphMode": "area" if graph else "none",
            "justifyMode": "auto",
            "orientation": "auto",
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
            "textMode": "auto",
            "wideLayout": True,
        },
        **more,
    )


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
