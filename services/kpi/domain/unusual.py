"""Which values a checker should look at twice: those far from what a place has reported before."""

from collections.abc import Sequence
from statistics import median

from palika.text import Name
from services.kpi.domain.entry import shown
from services.kpi.domain.indicators import MeasureInfo
from services.kpi.domain.money import for_people

FEWEST = 6
"""With fewer values before it nothing is unusual yet."""
MOST = 24
"""Of the values before it the latest ones count."""
_TIMES = 5
_LEAST_SHARE = 20


def unusual(value: int, before: Sequence[int], info: MeasureInfo) -> Name | None:
    """Why a value is unusual, in words; None: it is not, or it cannot be told.

    It is when it is further from the median of the values before it than five times their median
    distance from that median, which one odd value does not move; a distance of less than a
    twentieth of the median is never unusual.

    Args:
        value: as it is stored.
        before: those of the same measure and place, the latest last.
        info: the measure.
    """
    latest = before[-MOST:]
    if len(latest) < FEWEST:
        return None
    middle = median(latest)
    spread = median(abs(each - middle) for each in latest)
    if abs(value - middle) <= max(_TIMES * spread, abs(middle) / _LEAST_SHARE):
        return None
    typical = for_people(shown(round(middle), info), info.unit)
    said = for_people(shown(value, info), info.unit)
    return Name(
        f"मागील {len(latest)} मूल्यांचा मध्यक {typical} आहे; {said} हे त्यापासून फार दूर आहे.",
        f"The median of the {len(latest)} values before is {typical}; {said} is far from it.",
    )
