"""Which KPIs are exported to be monitored, which departments have a dashboard of their own, and
which are ranked."""

from collections.abc import Collection, Mapping
from typing import Any

from palika.reading import Reading
from services.kpi.domain.comparing import RankedFrom
from services.kpi.domain.indicators import Catalogue, Indicator

_FIELDS = (("dashboards",), ("ranked_from", "ranked_judged"))
"""Needed, and not."""
_RANKED_FROM = RankedFrom(70, 5)
"""What is left out is as the shipped file has it."""
_MOST_JUDGED = 1_000


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
    _ranked(reading, given)
    reading.stop_if_wrong()
    return found


def ranked_from(raw: Any) -> RankedFrom:
    """Of what share, in per cent, of its KPIs a department must have a value, and how many must be
    judged, for it to be ranked, as `data/monitoring.yaml` says; 70 and 5, if it does not.

    Raises:
        Mistakes: names it, with its place in the file.
    """
    reading = Reading()
    given = reading.mapping("file", raw, *_FIELDS)
    found = _ranked(reading, given)
    reading.stop_if_wrong()
    return found


def _ranked(reading: Reading, given: Mapping[str, Any]) -> RankedFrom:
    share = given.get("ranked_from", _RANKED_FROM.coverage)
    judged = given.get("ranked_judged", _RANKED_FROM.judged)
    return RankedFrom(
        reading.whole("ranked_from", share, 0, 100),
        reading.whole("ranked_judged", judged, 1, _MOST_JUDGED),
    )
