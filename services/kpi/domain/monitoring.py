"""Which KPIs are exported to be monitored, and which departments have a dashboard of their own."""

from collections.abc import Collection
from typing import Any

from palika.reading import Reading
from services.kpi.domain.indicators import Catalogue, Indicator


def exported(catalogue: Catalogue, most: int) -> tuple[list[Indicator], int]:
    """The KPIs that are exported, and how many are left out because there are more than `most`.

    In the order of the catalogue. Those that are not public are never exported, and of the others
    periods that are over only (`queries/standing.py`): whoever asks for metrics tells no name.
    """
    public = [each for each in catalogue.indicators.values() if each.public]
    return public[:most], max(len(public) - most, 0)


def with_dashboard(raw: Any, departments: Collection[str]) -> tuple[str, ...]:
    """The departments with a dashboard of their own that `data/monitoring.yaml` names, in the order
    of the catalogue.

    Raises:
        Mistakes: names each, with its place in the file.
    """
    reading = Reading()
    given = reading.mapping("file", raw, ("dashboards",))["dashboards"]
    found = reading.codes("dashboards", given, departments)
    reading.stop_if_wrong()
    return found
