"""The feeds of events that measures come of: one of each publisher.

In a city some grievance is filed and some bill is paid every month: of a feed that has told nothing
for a month it is not known whether nothing has happened, or whether it is dead.
"""

from collections.abc import Iterable, Mapping

from services.kpi.domain.indicators import Indicator, MeasureInfo
from services.kpi.domain.projection import EARLY


def feeds(measures: Mapping[str, MeasureInfo]) -> dict[str, str]:
    """By each measure that events feed, whose they are; what counts on a day to come
    (`projection.EARLY`) tells nothing of how far a feed has come, and is left out."""
    return {
        code: found
        for code in measures
        if (found := _feed(code, measures)) is not None and _base(code, measures) not in EARLY
    }


def heard_of(
    indicator: Indicator, measures: Mapping[str, MeasureInfo], heard: Mapping[str, int]
) -> int | None:
    """The month up to which all feeds of a KPI have come; None: none feeds it, or nothing was ever
    heard of those that do.

    Args:
        indicator: the KPI.
        measures: the catalogue's.
        heard: of each feed the month.
    """
    return min(_months(indicator, measures, heard), default=None)


def _months(
    indicator: Indicator, measures: Mapping[str, MeasureInfo], heard: Mapping[str, int]
) -> Iterable[int]:
    for one in indicator.formula.inputs:
        feed = None if one.shift.back else _feed(one.measure, measures)
        if feed is not None and feed in heard:
            yield heard[feed]


def _feed(code: str, measures: Mapping[str, MeasureInfo]) -> str | None:
    return None if measures[code].manual else _base(code, measures).partition(".")[0]


def _base(code: str, measures: Mapping[str, MeasureInfo]) -> str:
    of = measures[code].of
    return code if of is None else _base(of, measures)
