"""The projector of the city's catalogue: which parts of the measures its events feed."""

from functools import cache
from importlib import resources
from typing import Any

import yaml

from services.kpi.domain.projection import Projector


@cache
def city_projector() -> Projector:
    """The rules, with the parts that `data/measures` and `data/departments` define.

    Raises:
        ValueError: names a part that is no part of a base measure.
    """
    return Projector({name: entry for name, entry in _measures().items() if "of" in entry})


def _measures() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    data = resources.files("services.kpi") / "data"
    for folder in ("measures", "departments"):
        if not (data / folder).is_dir():
            continue
        for file in sorted((data / folder).iterdir(), key=lambda each: each.name):
            if file.name.endswith(".yaml"):
                read = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
                found |= read.get("measures") or {}
    return found
