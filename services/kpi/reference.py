"""What the city edits (`data/kpis.yaml`), read once a process."""

from functools import cache
from importlib import resources

import yaml

from services.kpi.domain.indicators import Catalogue, catalogue
from services.kpi.domain.projection import MEASURES


@cache
def city_catalogue() -> Catalogue:
    """The city's measures and KPIs. Raises Invalid naming every mistake in the file."""
    path = resources.files("services.kpi") / "data" / "kpis.yaml"
    return catalogue(yaml.safe_load(path.read_text(encoding="utf-8")), MEASURES)
