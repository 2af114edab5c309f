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
from services.kpi.domain.formula import NOTHING
from services.kpi.domain.indicators import Catalogue, Indicator
from services.kpi.domain.judging import unfinished
from services.kpi.domain.parting import of_another
from services.kpi.domain.period import Period
from services.kpi.queries.asking import Asked, points
from services.kpi.queries.plans import Periods, Told
from services.kpi.queries.series import Reading, reading_of, remembered, series
from services.kpi.queries.telling import judged_last

_MOST = 64
"""Questions of which is remembered what was found."""
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
) -> Mapping[str, Newest]:
    """Each KPI, by its code: in the period that is asked about; without one, in the newest of the
    one that runs and the two before it that has a value which can be judged. What grows with its
    period mostly cannot while it runs: the one before is told then, and beside it what has come
    `so_far`. Without a value in any it is the one that runs; for the public, the last that is over.
    Periods that have not begun have no value.

    Of the same day and question the same object comes again for a KPI of which nothing has changed.

    Args:
        session: on the service's database.
        ask: about what, by whom.
        indicators: that can be answered (`Asked.answerable`).
        department: count what events feed of this one, in the place of each KPI's own.
    """
    wanted = list(indicators)
    # With the day, which is in `ask`: what is found of one is not looked at on the next.
    key = ask, department, tuple([each.code for each in wanted])
    kept = remembered(session, "newest", _MOST)
    before: _Found | None = kept.get(key)
    if before is None:
        before = _nothing(session, ask, wanted, department)
    found = before

    def instead(told: Mapping[str, Told]) -> Reading | None:
        nonlocal found
        found = _looked_back(session, before, told, ask, department)
        return found.before

    told = series(session, before.running, instead if ask.one is None else None)
    changed = _changed(told, before.told)
    if found.ran is not before.ran:
        changed += _changed(found.ran, before.ran)
    if changed:
        newest = {code: _newest(code, found, told[code], ask.today) for code in changed}
        found = found._replace(told=told, newest={**found.newest, **newest})
        kept.put(key, found)
    return found.newest


class _Found(NamedTuple):
    """How a question is asked, and what was found last.

    `running` asks for the `periods` that run, `before` for those that are told in the place of
    some. `ran` is what `running` came to, `ago` how many periods before it each KPI is told, and
    `told` what it came to there.
    """

    indicators: Mapping[str, Indicator]
    periods: Mapping[str, Periods]
    running: Reading
    before: Reading | None
    ran: Mapping[str, Told]
    ago: Mapping[str, int]
    told: Mapping[str, Told]
    newest: Mapping[str, Newest]


def _nothing(
    session: Session, ask: Asked, indicators: list[Indicator], department: str | None
) -> _Found:
    """How a question is asked; nothing is found yet."""
    # Of the KPIs of one frequency the periods are worked out once.
    running = {
        frequency: points(ask.period_of(frequency), ask.coded)
        for frequency in {each.frequency for each in indicators}
    }
    periods = {each.code: running[each.frequency] for each in indicators}
    reading = reading_of(session, _by_periods(indicators, periods), ask.today, department)
    by_code = {each.code: each for each in indicators}
    return _Found(by_code, periods, reading, None, {}, {}, {}, {})


def _looked_back(
    session: Session,
    last: _Found,
    ran: Mapping[str, Told],
    ask: Asked,
    department: str | None,
) -> _Found:
    """Which KPIs are told in a period before, from what they are in the one that runs: those alone
    are looked at that are not what they were."""
    back = BACK - 1 if ask.public else BACK
    ago = {
        code: _ago(last.indicators[code], last.periods[code], ran[code], ask, back, department)
        for code in _changed(ran, last.ran)
    }
    if all(last.ago.get(code) == many for code, many in ago.items()):
        return last._replace(ran=ran)
    found = last._replace(ran=ran, ago={**last.ago, **ago})
    moved = {code: _periods(code, found) for code, many in found.ago.items() if many}
    asked = _by_periods([last.indicators[code] for code in moved], moved)
    before = reading_of(session, asked, ask.today, department) if moved else None
    return found._replace(before=before)


def _changed(now: Mapping[str, Told], before: Mapping[str, Told]) -> list[str]:
    return [code for code, of in now.items() if of is not before.get(code)]


def _ago(
    indicator: Indicator,
    periods: Periods,
    of: Told,
    ask: Asked,
    back: int,
    department: str | None,
) -> int:
    """So many periods before the one that runs a KPI is told: in the newest that has a value, where
    that which runs has none that can be judged."""
    answers = of.answers
    if answers[-1].value is not None and not _waits(
        indicator, periods[-1], of, ask.today, department
    ):
        return 0
    return next((n for n in range(1, back + 1) if answers[-1 - n].value is not None), 0)


def _newest(code: str, found: _Found, told: Told, today: date) -> Newest:
    periods, so_far = found.periods[code], None
    if periods[-1].first > today:
        told = _begun(told, periods, today)
    if found.ago.get(code):
        value = found.ran[code].shown[-1]
        so_far = None if value is None else SoFar(periods[-1], value)
    return Newest(found.indicators[code], _periods(code, found), told, so_far)


def _begun(told: Told, periods: Periods, today: date) -> Told:
    """The same, without what a level or a year to date would come to in periods that have not
    begun."""
    begun = [each.first <= today for each in periods]
    return Told(
        tuple([of if is_so else NOTHING for of, is_so in zip(told.answers, begun, strict=True)]),
        tuple(
            [
                of if is_so else (None,) * len(of)
                for of, is_so in zip(told.given, begun, strict=True)
            ]
        ),
        tuple([of if is_so else None for of, is_so in zip(told.shown, begun, strict=True)]),
        None,
        told.inputs,
    )


def _periods(code: str, found: _Found) -> Periods:
    """The periods of a KPI's series, of which the last is told."""
    periods, ago = found.periods[code], found.ago.get(code)
    return points(periods[-1 - ago], coded=True) if ago else periods


def _by_periods(
    indicators: Iterable[Indicator], periods: Mapping[str, Periods]
) -> dict[Periods, list[Indicator]]:
    found: dict[Periods, list[Indicator]] = defaultdict(list)
    for each in indicators:
        found[periods[each.code]].append(each)
    return found


def _waits(
    indicator: Indicator, last: Period, of: Told, today: date, department: str | None
) -> bool:
    """Whether a value is judged only when its period is over.

    A department's share of a sum is never judged: it waits for the end of its period.
    """
    if last.last < today:
        return False
    if of_another(indicator, department, reference.city_catalogue().measures):
        return unfinished(indicator, last, today)
    return judged_last(indicator, of, last, today).status == "not judged"
