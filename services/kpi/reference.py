"""What the city edits (``data/*.yaml``), read once a process."""

from functools import cache
from importlib import resources
from typing import Any

import yaml

from services.kpi.domain.indicators import Catalogue, catalogue
from services.kpi.domain.projection import MEASURES


@cache
def city_catalogue() -> Catalogue:
    """The city's measures and KPIs.

    Raises:
        Invalid: names every mistake in the files.
    """
    measures = {
        name: {field: value for field, value in entry.items() if field != "kind"}
        for each in ("grievance", "tax", "eoffice", "notify")
        for name, entry in read_data(f"measures/{each}.yaml")["measures"].items()
    }
    return catalogue({**read_data("kpis.yaml"), "measures": measures}, MEASURES)


@cache
def read_data(name: str) -> Any:
    """One file of ``data/``, as YAML has it."""
    path = resources.files("services.kpi") / "data" / name
    return yaml.safe_load(path.read_text(encoding="utf-8"))
