"""Which KPIs are exported to be monitored, which departments have a dashboard of their own, and
which are ranked."""

from collections.abc import Collection, Mapping
from typing import Any

from palika.reading import Reading
from services.kpi.domain.indicators import Catalogue, Indicator

_FIELDS = (("dashboards",), ("ranked_from",))
"""Needed, and not."""
_RANKED_FROM = 70
"""Where it is left out, as the shipped file has it."""


def exported(catalogue: Catalogue, most: int) -> tuple[list[Indicator], int]:
    """The KPIs that are exported, and how many are left out because there are more than `most`.

    In the order of the catalogue. Those that are not public are never exported, and of the others
    periods that are over only (`queries/standing.py`): whoever asks for metrics tells no name.
    """
    public = [each for each in catalogue.indicators.values() if each.public]
    return public[:most], max(len(public) - most, 0)


def with_dashboard(raw: Any, departments: Collection[str]) -> tuple[str, ...]:
    """The departments with a dashboard of their own that `data/monitoring.yaml` names, in the order
    of the catalogue; the rest of the file is checked too.

    Raises:
        Mistakes: names each, with its place in the file.
    """
    reading = Reading()
    given = reading.mapping("file", raw, *_FIELDS)
    found = reading.codes("dashboards", given["dashboards"], departments)
    _share(reading, given)
    reading.stop_if_wrong()
    return found


def ranked_from(raw: Any) -> int:
    """The share, in per cent, of its KPIs of which a department must have a value to be ranked, as
    `data/monitoring.yaml` says; 70, if it does not.

    Raises:
        Mistakes: names it, with its place in the file.
    """
    reading = Reading()
    given = reading.mapping("file", raw, *_FIELDS)
    found = _share(reading, given)
    reading.stop_if_wrong()
    return found


def _share(reading: Reading, given: Mapping[str, Any]) -> int:
    return reading.whole("ranked_from", given.get("ranked_from", _RANKED_FROM), 0, 100)
