"""Which findings are news to an owner, and which are of the past: what came late, in bulk."""

from collections.abc import Mapping
from datetime import date, timedelta

from services.kpi.domain.indicators import Indicator, MeasureInfo, coarser
from services.kpi.domain.period import Period, containing

MOST_LATE = timedelta(days=92)
"""What is entered later than that is of the past, however long its period is."""


def is_news(
    indicator: Indicator, of: Period, today: date, measures: Mapping[str, MeasureInfo]
) -> bool:
    """Whether what is found in a period is to be told: nothing newer should long be there.

    News are the period that runs and the last that is over. An older one is news while the values
    of the next are not yet due, or are late by no more than a period's length and three months: so
    who enters late is told, and who brings in a past of years is not told of all of it at once.

    Args:
        indicator: the KPI.
        of: a period of its own.
        today: in Asia/Kolkata.
        measures: the catalogue's.
    """
    following = of.next()
    if following.last >= today:
        return True
    due = [following.last]
    for code in indicator.formula.measures:
        info = measures[code]
        # A level of the year stands beside the sums of a month: of those the month decides.
        if info.every is not None and not coarser(info.every, indicator.frequency):
            due.append(info.due_on(containing(following.last, info.every)))
    length = following.last - following.first + timedelta(days=1)
    return max(due) + min(length, MOST_LATE) >= today
