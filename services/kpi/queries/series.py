"""The values of many KPIs over many periods, in a statement or two.

Whole months come from `measure_year`, of which the process keeps a mirror that each question brings
up to date (`mirror.py`); other days come from `measure` (`by_day.py`), and again only when the
measure has changed. Measures are summed first, then the formula is worked out: a KPI none of whose
measures has changed costs nothing again, and nothing is ever told that is no longer so.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from itertools import repeat
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy.orm import Session

from services.kpi import reference
from services.kpi.domain.feeds import feeds
from services.kpi.domain.indicators import Catalogue, Indicator
from services.kpi.queries import by_day
from services.kpi.queries.by_month import Pair
from services.kpi.queries.mirror import Mirror
from services.kpi.queries.plans import Days, Periods, Plan, Stamp, Told
from services.kpi.queries.recent import Recent
from services.kpi.queries.steps import SKETCHED

_MOST_PLANS = 8_000
_MOST_READINGS = 64


Instead = Callable[[Mapping[str, Told]], "Reading | None"]


def series(
    session: Session, reading: "Reading", instead: Instead | None = None
) -> Mapping[str, Told]:
    """What KPIs are over periods, by code; to be looked at only, since it is told again.

    Args:
        session: on the service's database.
        reading: what is asked (`reading_of`).
        instead: sees that, and says what is to be told in its place over other periods: of the same
            state of the measures, without asking for it again.
    """
    known = _known(session)
    mirror = known.mirror.refreshed(session)
    told = known.told(session, reading, mirror)
    other = None if instead is None else instead(told)
    if other is None:
        return told
    return {**told, **known.told(session, other, mirror)}


def reading_of(
    session: Session,
    asked: Mapping[Periods, Collection[Indicator]],
    today: date,
    department: str | None = None,
) -> "Reading":
    """How KPIs are read over periods. The same object comes again for the same question, and what
    was read last stays with it.

    Args:
        session: on the service's database.
        asked: KPIs of the catalogue (`reference.city_catalogue()`), by their periods: any days for
            formulas that look at no other days; else periods with a code.
        today: in Asia/Kolkata; of the period in which it is, what it is compared with counts up to
            the same day (`Catalogue.days`).
        department: count what events feed of this one, in the place of each KPI's own.
    """
    return _known(session).reading(asked, today, department)


def remembered(session: Session, by: str, most: int) -> Recent[Any, Any]:
    """What is remembered of so many questions, `by` the name of who does: of the session's database
    and the catalogue as it is, and gone with them."""
    return _known(session).remembered.setdefault(by, Recent(most))


def mirror_of(session: Session) -> Mirror:
    """The mirror from which a session's last question was answered."""
    return _known(session).mirror.of(session)


def heard(session: Session, until: int) -> Mapping[str, int]:
    """Of each feed of events the newest month, not after one, in which it has told anything: as a
    session's last question was answered."""
    mirror = mirror_of(session)
    with mirror.lock:
        return mirror.heard(until)


class Reading:
    """A question that is asked again and again: its plans, and what was read of days, once."""

    def __init__(self, plans: Sequence[Plan]) -> None:
        """Of nothing read yet."""
        self.plans = tuple(plans)
        self._days = tuple(dict.fromkeys(want for plan in plans for want in plan.days))
        self._pairs = [Pair(want.input.measure, want.department) for want in self._days]
        self._read: tuple[list[Stamp], Days] = ([], {})
        self._made_of: dict[Pair | by_day.Wanted, list[Plan]] = defaultdict(list)
        for plan in plans:
            parts: list[Pair | by_day.Wanted] = [*plan.pairs, *plan.days]
            for each in parts:
                self._made_of[each].append(plan)
        self._at: tuple[Stamp, Days] | None = None
        self._told: Mapping[str, Told] = {}

    def told(self, mirror: Mirror, days: Days, catalogue: Catalogue) -> Mapping[str, Told]:
        """What each KPI comes to, by code; those are worked out of which something has changed.

        Another mapping when one has: whoever has the last one goes on with it.
        """
        plans: Iterable[Plan] = self.plans
        if self._at is not None and self._at[0][0] is mirror.name:
            (_, version), before = self._at
            changed: list[Pair | by_day.Wanted] = list(mirror.since(version))
            if days is not before:
                changed += [want for want in self._days if before[want] != days[want]]
            plans = {
                id(plan): plan for each in changed for plan in self._made_of.get(each, ())
            }.values()
        found = {plan.code: plan.told(mirror, days, catalogue) for plan in plans}
        if found:
            self._told = {**self._told, **found}
        self._at = (mirror.name, mirror.version), days
        return self._told

    def stamps(self, mirror: Mirror) -> list[Stamp]:
        """When the measure of each of the days that are read has changed last."""
        name, moved = mirror.name, mirror.moved
        return [(name, moved(pair)) for pair in self._pairs]

    def days(self, session: Session, stamps: list[Stamp]) -> Days:
        """The value of each of the days; None without data. What is newer than it was when it was
        read is read once more; the same object, if nothing is."""
        before, known = self._read
        if before == stamps:
            return known
        asked = zip(self._days, before or repeat(None), stamps, strict=False)
        old = [want for want, at, now in asked if at != now]
        found = by_day.read(session, old)
        days = {**known, **{want: found.get(want) for want in old}}
        self._read = stamps, days
        return days


class _Known:
    """What is remembered of a catalogue: its measures, plans, questions."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.lock = threading.Lock()
        self.mirror = Mirror(
            {
                one.measure
                for each in catalogue.indicators.values()
                for one in catalogue.needed(each.formula.inputs)
                if one.aggregation in SKETCHED
            },
            feeds(catalogue.measures),
        )
        self._plans: dict[tuple[Periods, str | None, date | None], dict[str, Plan]] = {}
        self._readings: Recent[Any, Reading] = Recent(_MOST_READINGS)
        self.remembered: dict[str, Recent[Any, Any]] = {}

    def reading(
        self, asked: Mapping[Periods, Collection[Indicator]], today: date, department: str | None
    ) -> Reading:
        runs = any(periods[-1].last >= today for periods in asked)
        key = (
            today if runs else None,
            department,
            tuple((periods, tuple([each.code for each in of])) for periods, of in asked.items()),
        )
        # The dashboard is asked often, and so not forgotten for whatever else is asked meanwhile.
        found = self._readings.get(key)
        if found is None:
            found = self._prepared(asked, today, department)
            self._readings.put(key, found)
        return found

    def told(self, session: Session, reading: Reading, mirror: Mirror) -> Mapping[str, Told]:
        """What the KPIs of a question come to."""
        # No question holds a lock while it waits for the database.
        with mirror.lock:
            stamps = reading.stamps(mirror)
        days = reading.days(session, stamps)
        with self.lock, mirror.lock:
            return reading.told(mirror, days, self.catalogue)

    def _prepared(
        self, asked: Mapping[Periods, Collection[Indicator]], today: date, department: str | None
    ) -> Reading:
        while sum(map(len, self._plans.values())) > _MOST_PLANS:
            del self._plans[next(iter(self._plans))]
        plans = []
        for periods, indicators in asked.items():
            runs = periods[-1].last >= today
            for each in indicators:
                # Of most the days are the same tomorrow, and the plan with them.
                day = today if runs and each.formula.shifted else None
                of = self._plans.setdefault((periods, department, day), {})
                plan = of.get(each.code)
                if plan is None:
                    plan = of[each.code] = Plan(self.catalogue, each, periods, department, day)
                plans.append(plan)
        return Reading(plans)


_kept: WeakKeyDictionary[Any, _Known] = WeakKeyDictionary()
"""By database."""


def _known(session: Session) -> _Known:
    """Of the catalogue as it is, and of the session's database."""
    catalogue, database = reference.city_catalogue(), session.get_bind().engine
    known = _kept.get(database)
    if known is None or known.catalogue is not catalogue:
        known = _kept[database] = _Known(catalogue)
    return known
