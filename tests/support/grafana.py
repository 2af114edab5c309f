"""What the dashboards of Grafana ask Prometheus for."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_SELECTOR = re.compile(r"(palika_[a-z_]+)(?:\{([^}]*)\})?")
_MATCHER = re.compile(r'(\w+)(=~|=)"([^"]*)"')


def expressions(folder: Path) -> Iterator[tuple[str, str]]:
    """Every expression of the dashboards in a folder, with where it is."""
    for path in sorted(folder.glob("*.json")):
        dashboard: dict[str, Any] = json.loads(path.read_text("utf-8"))
        for panel in dashboard["panels"]:
            for target in panel.get("targets", []):
                yield f"{path.name}, panel {panel['id']}", target["expr"]


def selected(expression: str) -> Iterator[tuple[str, list[tuple[str, tuple[str, ...]]]]]:
    """The metrics that an expression names, each with its labels and the values asked for."""
    for name, matchers in _SELECTOR.findall(expression):
        yield (
            name,
            [
                (label, tuple(value.split("|")) if how == "=~" else (value,))
                for label, how, value in _MATCHER.findall(matchers)
            ],
        )
