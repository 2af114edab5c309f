"""Panels, as Grafana 12 has them in a dashboard's JSON (schema version 41)."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

Json = dict[str, Any]

SOURCE: Json = {"type": "prometheus", "uid": "${datasource}"}
RED, AMBER, GREEN, NONE = "red", "orange", "green", "text"
WIDTH = 24
_OF_CITY = 'city=~"$city"'
# What the city's own processes measure, and what is recorded of it; not what machines do.
_SERIES = re.compile(
    r"""(?<![\w:"$])(?P<name>palika[_:][\w:]+|process_\w+)(?:\{(?P<labels>[^}]*)\})?(?![\w:"(])"""
)
TIME_SERIES: Json = {
    "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": True},
    "tooltip": {"mode": "multi", "sort": "none"},
}


def of_city(expression: str) -> str:
    """An expression, asked of the cities that the dashboard's variable names; one that is alone has
    no label ``city``, and is found by "all"."""

    def narrowed(found: re.Match[str]) -> str:
        labels = ", ".join(each for each in (found["labels"], _OF_CITY) if each)
        return f"{found['name']}{{{labels}}}"

    return _SERIES.sub(narrowed, expression)


def query(
    expression: str, legend: str = "", *, ref: str = "A", instant: bool = False, table: bool = False
) -> Json:
    """A query of Prometheus."""
    return {
        "datasource": SOURCE,
        "editorMode": "code",
        "expr": of_city(expression),
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
