"""The KPIs as metrics (``palika/metrics.py``): of the city and its departments, never of wards."""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from prometheus_client import Gauge

from palika import metrics
from palika.india import end_of
from services.kpi.domain.indicators import Indicator
from services.kpi.domain.judging import STATUSES
from services.kpi.queries.standing import Standing

LEVELS = {"red": 0, "amber": 1, "green": 2}
"""What `palika_kpi_status` says of a status; the others have no number."""

_log = logging.getLogger(__name__)

Labels = tuple[str, ...]


class Exported:
    """The series of this process. A scrape only reads them; a series that is no more is removed."""

    def __init__(self) -> None:
        self._series: dict[Gauge, set[Labels]] = {}
        self._left_out = 0

    def show(self, standing: Iterable[Standing], left_out: int, now: datetime) -> None:
        """Export how the KPIs stand.

        Args:
            standing: of each KPI.
            left_out: how many there are besides, that are not exported.
            now: aware.
        """
        found = list(standing)
        self._set(metrics.KPI_INFO, {_names(each.indicator): 1 for each in found})
        self._set(
            metrics.KPI_VALUE,
            {_of(each): each.value for each in found if each.value is not None},
        )
        self._set(metrics.KPI_TARGET, dict(end for each in found for end in _ends(each)))
        self._set(
            metrics.KPI_STATUS,
            {
                _of(each): LEVELS[each.judged.status]
                for each in found
                if each.judged.status in LEVELS
            },
        )
        self._set(metrics.KPI_DATA_AGE, dict(age for each in found for age in _age(each, now)))
        self._set(
            metrics.KPI_PERIOD_END,
            {
                _of(each): end_of(each.period.last).timestamp()
                for each in found
                if each.value is not None
            },
        )
        counts = Counter((each.indicator.department, each.judged.status) for each in found)
        departments = {each.indicator.department for each in found}
        self._set(
            metrics.KPI_INDICATORS,
            {(code, status): counts[code, status] for code in departments for status in STATUSES},
        )
        self._tell(left_out)
        metrics.KPI_LEADS.set(1)
        metrics.KPI_WORKED_OUT.set(now.timestamp())

    def clear(self) -> None:
        """Export nothing: another process does."""
        for gauge in self._series:
            gauge.clear()
        self._series.clear()
        for one in (metrics.KPI_LEFT_OUT, metrics.KPI_LEADS, metrics.KPI_WORKED_OUT):
            one.set(0)
        self._left_out = 0

    def _set(self, gauge: Gauge, values: Mapping[Labels, float]) -> None:
        for labels, value in values.items():
            gauge.labels(*labels).set(value)
        for labels in self._series.get(gauge, set()) - values.keys():
            gauge.remove(*labels)
        self._series[gauge] = set(values)

    def _tell(self, left_out: int) -> None:
        metrics.KPI_LEFT_OUT.set(left_out)
        if left_out and left_out != self._left_out:
            _log.warning("%d KPIs are not exported: see PALIKA_KPI_METRICS_MOST", left_out)
        self._left_out = left_out


def _of(each: Standing) -> Labels:
    return (each.indicator.code, each.indicator.department)


def _names(each: Indicator) -> Labels:
    return (each.code, each.department, each.name.mr, each.name.en)


def _ends(each: Standing) -> Iterator[tuple[Labels, float]]:
    aim = each.judged.aim
    if aim is None:
        return
    if aim.is_band:
        yield (*_of(each), "low"), float(aim.low)
        yield (*_of(each), "high"), float(aim.high)
    else:
        yield (*_of(each), "only"), float(aim.low)


def _age(each: Standing, now: datetime) -> Iterator[tuple[Labels, float]]:
    if each.value is not None and each.newest is not None:
        age = (now - end_of(each.newest)).total_seconds()
        yield _of(each), max(age, 0.0)
