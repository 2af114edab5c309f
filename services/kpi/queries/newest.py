"""Each KPI in the period that is asked about; without one, in its newest that has data.

Whoever shows, ranks, exports or parts KPIs without being told a period asks here, so all tell the
same one.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy.orm import Session

from services.kpi.domain.indicators import Indicator
from services.kpi.queries.asking import Asked, points
from services.kpi.queries.series import Periods, Told, series

BACK = 2
"""So many periods before the one that runs are looked at. What is entered by hand comes when its
period is over, and up to two months later (`due_days`): till then the newest is the one before
that. What is older is out of date."""


class Newest(NamedTuple):
    """A KPI over the periods of its series; the last of them is the one that is told."""

    indicator: Indicator
    periods: Periods
    told: Told


def newest(
    session: Session,
    ask: Asked,
    indicators: Iterable[Indicator],
    department: str | None = None,
) -> dict[str, Newest]:
    """Each KPI, by its code: in the period that is asked about; without one, in the newest with a
    value of the one that runs (not for the public) and the two before it, or without any in the
    one that runs (for the public, in the last that is over).

    Args:
        session: on the service's database.
        ask: about what, by whom.
        indicators: that can be answered (`Asked.answerable`).
        department: count what events feed of this one, in the place of each KPI's own.
    """
    # By frequency: of those of one the periods are worked out, and compared with others, once.
    by_frequency: dict[str, list[Indicator]] = defaultdict(list)
    for each in indicators:
        by_frequency[each.frequency].append(each)
    asked: dict[Periods, list[Indicator]] = defaultdict(list)
    for frequency, members in by_frequency.items():
        asked[points(ask.period_of(frequency), ask.coded)] += members
    before: dict[Periods, list[Indicator]] = {}

    def instead(told: Mapping[str, Told]) -> dict[Periods, list[Indicator]]:
        before.update(_before(asked, told, BACK - 1 if ask.public else BACK))
        return before

    told = series(session, asked, department, instead if ask.one is None else None)
    moved = {each.code for members in before.values() for each in members}
    return {
        each.code: Newest(each, periods, told[each.code])
        for of in (asked, before)
        for periods, members in of.items()
        for each in members
        if of is before or each.code not in moved
    }


def _before(
    asked: Mapping[Periods, list[Indicator]], told: Mapping[str, Told], back: int
) -> dict[Periods, list[Indicator]]:
    """Those without a value in their period that have one before, by the periods up to that one."""
    found: dict[Periods, list[Indicator]] = {}
    for periods, members in asked.items():
        of: dict[int, list[Indicator]] = defaultdict(list)
        for each in members:
            answers = told[each.code].answers
            if answers[-1].value is not None:
                continue
            for ago in range(1, back + 1):
                if answers[-1 - ago].value is not None:
                    of[ago].append(each)
                    break
        for ago, moved in of.items():
            found.setdefault(points(periods[-1 - ago], coded=True), []).extend(moved)
    return found
