"""Each KPI in the period that is asked about; without one, in its newest that can be judged.

Whoever shows, ranks, exports or parts KPIs without being told a period asks here, so all tell the
same one.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from services.kpi import reference
from services.kpi.domain.indicators import Catalogue, Indicator
from services.kpi.domain.judging import judge_over, unfinished
from services.kpi.domain.parting import of_another
from services.kpi.domain.period import Period
from services.kpi.queries.asking import Asked, points
from services.kpi.queries.series import Periods, Told, series

BACK = 2
"""So many periods before the one that runs are looked at. What is entered by hand comes when its
period is over, and up to two months later (`due_days`): till then the newest is the one before
that. What is older is out of date."""


def excused(each: "Newest", ask: Asked, known: Catalogue) -> bool:
    """Whether nobody could have a value of a KPI without data by now: what lacks is not due yet, or
    all is there and it comes to no number (a share of nothing).

    Without a period that is asked about, it is not due in the oldest period that is looked at.
    """
    back = 0 if ask.one is not None else BACK - 1 if ask.public else BACK
    if len(each.periods) <= back:
        back = 0
    kept: tuple[date, bool] | None = each.told.derived.get(("excused", back))
    if kept is None or kept[0] != ask.today:
        period, missing = each.periods[-1 - back], each.told.answers[-1 - back].missing
        early = not missing or any(known.due(one, period) >= ask.today for one in missing)
        kept = each.told.derived["excused", back] = ask.today, early
    return kept[1]


class SoFar(NamedTuple):
    """What a KPI has come to in the period that runs, where an older one is told."""

    period: Period
    value: float
    """With the KPI's own decimals."""


class Newest(NamedTuple):
    """A KPI over the periods of its series; the last of them is the one that is told."""

    indicator: Indicator
    periods: Periods
    told: Told
    so_far: SoFar | None = None


def newest(
    session: Session,
    ask: Asked,
    indicators: Iterable[Indicator],
    department: str | None = None,
) -> dict[str, Newest]:
    """Each KPI, by its code: in the period that is asked about; without one, in the newest of the
    one that runs and the two before it that has a value which can be judged. What grows with its
    period mostly cannot while it runs: the one before is told then, and beside it what has come
    `so_far`. Without a value in any it is the one that runs; for the public, the last that is over.

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
    so_far: dict[str, SoFar] = {}

    def instead(told: Mapping[str, Told]) -> dict[Periods, list[Indicator]]:
        back = BACK - 1 if ask.public else BACK
        before.update(_before(asked, told, ask.today, back, department))
        for periods, members in asked.items():
            for each in members:
                value = told[each.code].shown[-1]
                if value is not None:
                    so_far[each.code] = SoFar(periods[-1], value)
        return before

    told = series(session, asked, department, instead if ask.one is None else None)
    found = {
        each.code: Newest(each, periods, told[each.code])
        for periods, members in asked.items()
        for each in members
    }
    for periods, members in before.items():
        for each in members:
            found[each.code] = Newest(each, periods, told[each.code], so_far.get(each.code))
    return found


def _before(
    asked: Mapping[Periods, list[Indicator]],
    told: Mapping[str, Told],
    today: date,
    back: int,
    department: str | None,
) -> dict[Periods, list[Indicator]]:
    """Those without a value that can be judged in their period and with one before, by the periods
    up to that one."""
    found: dict[Periods, list[Indicator]] = {}
    for periods, members in asked.items():
        of: dict[int, list[Indicator]] = defaultdict(list)
        for each in members:
            answers = told[each.code].answers
            waits = _waits(each, periods[-1], told[each.code], today, department)
            if answers[-1].value is not None and not waits:
                continue
            for ago in range(1, back + 1):
                if answers[-1 - ago].value is not None:
                    of[ago].append(each)
                    break
        for ago, moved in of.items():
            found.setdefault(points(periods[-1 - ago], coded=True), []).extend(moved)
    return found


def _waits(
    indicator: Indicator, last: Period, of: Told, today: date, department: str | None
) -> bool:
    """Whether a value is judged only when its period is over; worked out once a day and value.

    A department's share of a sum is never judged: it waits for the end of its period.
    """
    if last.last < today:
        return False
    kept: tuple[date, bool] | None = of.derived.get("waits")
    if kept is None or kept[0] != today:
        if of_another(indicator, department, reference.city_catalogue().measures):
            waits = unfinished(indicator, last, today)
        else:
            judged = judge_over(indicator, of.answers[-1].value, last, today)
            waits = judged.status == "not judged"
        kept = of.derived["waits"] = (today, waits)
    return kept[1]
