"""The values of many KPIs over many periods, in a statement or two.

Whole months come from `measure_year`, of which the process keeps a mirror that each question brings
up to date (`mirror.py`); other days come from `measure` (`by_day.py`), and again only when the
measure has changed. Measures are summed first, then the formula is worked out: a KPI none of whose
measures has changed costs nothing again, and nothing is ever told that is no longer so.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy.orm import Session

from services.kpi import reference
from services.kpi.domain.formula import Answer, Input, Value
from services.kpi.domain.indicators import Catalogue, Indicator
from services.kpi.domain.period import Period
from services.kpi.queries import by_day
from services.kpi.queries.by_month import Months, Pair
from services.kpi.queries.mirror import Mirror
from services.kpi.queries.steps import SKETCHED, Step

_MOST_ANSWERS = 400
_MOST_PLANS = 8_000
_MOST_READINGS = 64

Periods = tuple[Period, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """A KPI over its periods, in their order.

    `derived` is for whoever makes something of it: the same object comes again as long as none of
    its values has changed, and what was made with it.
    """

    answers: tuple[Answer, ...]
    given: tuple[tuple[Value | None, ...], ...]
    shown: tuple[float | None, ...]
    """The values with the KPI's own decimals."""
    newest: int | None
    """The month (`by_month.month_of`) up to which, in the last period, all inputs have data; None:
    of days that are no months that is not known here."""
    inputs: tuple[Input, ...]
    derived: dict[Any, Any] = field(default_factory=dict)


Instead = Callable[[Mapping[str, Told]], Mapping[Periods, Sequence[Indicator]]]


def series(
    session: Session,
    asked: Mapping[Periods, Sequence[Indicator]],
    department: str | None = None,
    instead: Instead | None = None,
) -> Mapping[str, Told]:
    """What KPIs are over periods, by code; to be looked at only, since it is told again.

    Args:
        session: on the service's database.
        asked: KPIs of the catalogue (`reference.city_catalogue()`), by their periods: any days for
            formulas that look at no other days; else periods with a code.
        department: count what events feed of this one, in the place of each KPI's own.
        instead: sees that, and says what is to be told in its place over other periods: of the same
            state of the measures, without asking for it again.
    """
    known = _known(session)
    reading = known.reading(asked, department)
    mirror = known.mirror.refreshed(session)
    # No question holds a lock while it waits for the database.
    with mirror.lock:
        stamps = {want: _stamp(mirror, want) for want in reading.days}
    told = known.told(session, reading, mirror, stamps)
    others = None if instead is None else instead(told)
    if not others:
        return told
    reading = known.reading(others, department)
    with mirror.lock:
        stamps = {want: _stamp(mirror, want) for want in reading.days}
    return {**told, **known.told(session, reading, mirror, stamps)}


def mirror_of(session: Session) -> Mirror:
    """The mirror from which a session's last question was answered."""
    return _known(session).mirror.of(session)


_Stamp = tuple[object, int]
"""A mirror, and its version when a measure changed last."""


def _stamp(mirror: Mirror, want: by_day.Wanted) -> _Stamp:
    return mirror.name, mirror.moved(Pair(want.input.measure, want.department))


class _Worked(NamedTuple):
    """What a formula was given, what it comes to, and that with the KPI's decimals."""

    given: tuple[Value | None, ...]
    answer: Answer
    shown: float | None


class _Plan:
    """How a KPI is read over some periods; and what it came to last."""

    def __init__(
        self, known: "_Known", indicator: Indicator, periods: Periods, department: str | None
    ) -> None:
        catalogue = known.catalogue
        self.code = indicator.code
        self.indicator = indicator
        formula = indicator.formula.inputs
        needed = catalogue.needed(formula)
        self.inputs = (*formula, *sorted(needed - set(formula), key=str))
        self.may_be_zero = any(catalogue.measures[each.measure].zero_with for each in formula)
        self.steps = tuple(
            tuple(
                Step.of(one, catalogue.whose(one, indicator, department), catalogue.days(one, each))
                for one in self.inputs
            )
            for each in periods
        )
        every = [step for steps in self.steps for step in steps]
        self.pairs = tuple(dict.fromkeys(step.pair for step in every if step.pair is not None))
        self.days = tuple(dict.fromkeys(want for step in every for want in step.days))
        self.sketched = tuple(step.sketched for step in every if step.sketched is not None)
        self._fresh = tuple(
            (self._chain(one, catalogue), catalogue.stands(one, indicator))
            for one in formula
            if not one.shift.back
        )
        self._at: _Stamp | None = None
        self._seen: tuple[tuple[Months, ...], tuple[Value | None, ...]] | None = None
        self._told: Told | None = None
        self._worked: list[_Worked] = []
        self._known: dict[tuple[Value | None, ...], _Worked] = {}

    def _chain(self, one: Input, catalogue: Catalogue) -> tuple[int, ...]:
        """Where among the inputs one is, what makes its absence a zero, and so on."""
        found: list[int] = []
        at: Input | None = one
        while at is not None:
            found.append(self.inputs.index(at))
            at = catalogue.zero_with(at)
        return tuple(found)

    def told(
        self, mirror: Mirror, days: Mapping[by_day.Wanted, Value | None], catalogue: Catalogue
    ) -> Told:
        """What the KPI comes to; the same object when all that it is made of is the same."""
        of_days = tuple([days[want] for want in self.days]) if self.days else ()
        seen, at = self._seen, self._at
        # Kept where something is told only: what cannot be worked out is tried again.
        now = mirror.name, mirror.version
        if self._told is not None and seen is not None and seen[1] == of_days:
            if at == now:
                return self._told
            if at is not None and at[0] is mirror.name:
                moved = mirror.moved
                for pair in self.pairs:
                    if moved(pair) > at[1]:
                        break
                else:
                    self._at = now
                    return self._told
        of_months = tuple([mirror.months(pair) for pair in self.pairs])
        if (
            self._told is not None
            and seen is not None
            and seen[1] == of_days
            and all(map(_same, seen[0], of_months))
        ):
            self._at = now
            return self._told
        stands = self._stands(of_months, of_days)
        worked = [
            before
            if before is not None
            else self._work(tuple([step.value(mirror, days) for step in steps]), catalogue)
            for steps, before in zip(self.steps, stands, strict=True)
        ]
        told = Told(
            tuple([each.answer for each in worked]),
            tuple([each.given for each in worked]),
            tuple([each.shown for each in worked]),
            self._newest(self.steps[-1], mirror) if self.steps else None,
            self.inputs,
        )
        self._at, self._seen = now, (of_months, of_days)
        self._worked, self._told = worked, told
        return told

    def _stands(
        self, of_months: tuple[Months, ...], of_days: tuple[Value | None, ...]
    ) -> "Sequence[_Worked | None]":
        """Of each period what it came to last, where none of its months has changed."""
        nothing = (None,) * len(self.steps)
        if not self._worked or self._seen is None or self._seen[1] != of_days:
            return nothing
        if not all(map(Months.follows, of_months, self._seen[0])):
            return nothing
        changed = {
            pair: now.changed
            for pair, now, before in zip(self.pairs, of_months, self._seen[0], strict=True)
            if now is not before
        }
        return [
            None if any(step.touched(changed) for step in steps) else before
            for steps, before in zip(self.steps, self._worked, strict=True)
        ]

    def _work(self, given: tuple[Value | None, ...], catalogue: Catalogue) -> "_Worked":
        """What the formula comes to; remembered by its inputs."""
        found = self._known.get(given)
        if found is None:
            if len(self._known) > _MOST_ANSWERS:
                self._known.clear()
            whole: Mapping[Input, Value | None] = dict(zip(self.inputs, given, strict=True))
            if self.may_be_zero:
                whole = catalogue.complete(whole)
            answer = self.indicator.formula.apply(whole)
            shown = None if answer.value is None else float(self.indicator.rounded(answer.value))
            found = self._known[given] = _Worked(given, answer, shown)
        return found

    def _newest(self, steps: Sequence[Step], mirror: Mirror) -> int | None:
        """The month up to which there are data: of the input that has the oldest. One that is a
        true zero is as new as what makes it so, and one that `stands` is of the last month."""
        found = []
        for chain, stands in self._fresh:
            months = [
                mirror.months(step.pair).newest(step.first, step.last)
                for step in (steps[at] for at in chain)
                if step.pair is not None
            ]
            known = [each for each in months if each is not None]
            if known:
                found.append(steps[chain[0]].last if stands else max(known))
        return min(found, default=None)


def _same(one: object, other: object) -> bool:
    return one is other


class _Reading:
    """A question that is asked again and again: its plans, and what was read of days, once."""

    def __init__(self, plans: Sequence[_Plan]) -> None:
        self.plans = tuple(plans)
        self.days = tuple(dict.fromkeys(want for plan in plans for want in plan.days))
        self._known: dict[by_day.Wanted, tuple[_Stamp, Value | None]] = {}
        self._made_of: dict[Pair | by_day.Wanted, list[_Plan]] = defaultdict(list)
        for plan in plans:
            for each in (*plan.pairs, *plan.days):
                self._made_of[each].append(plan)
        self._at: _Stamp | None = None
        self._days: Mapping[by_day.Wanted, Value | None] = {}
        self._told: Mapping[str, Told] = {}

    def told(
        self, mirror: Mirror, days: Mapping[by_day.Wanted, Value | None], catalogue: Catalogue
    ) -> Mapping[str, Told]:
        """What each KPI comes to, by code; those are worked out of which something has changed.

        Another mapping when one has: whoever has the last one goes on with it.
        """
        plans: Iterable[_Plan] = self.plans
        if self._at is not None and self._at[0] is mirror.name:
            changed: list[Pair | by_day.Wanted] = list(mirror.since(self._at[1]))
            changed += [want for want, value in days.items() if self._days[want] != value]
            plans = {
                id(plan): plan for each in changed for plan in self._made_of.get(each, ())
            }.values()
        found = {plan.code: plan.told(mirror, days, catalogue) for plan in plans}
        if found:
            self._told = {**self._told, **found}
        self._at, self._days = (mirror.name, mirror.version), days
        return self._told

    def read_days(
        self, session: Session, stamps: Mapping[by_day.Wanted, _Stamp]
    ) -> dict[by_day.Wanted, Value | None]:
        """The value of each; None without data. What is newer than its stamp is read once more."""
        old = [
            want
            for want, stamp in stamps.items()
            if (known := self._known.get(want)) is None or known[0] != stamp
        ]
        found = by_day.read(session, old) if old else {}
        for want in old:
            self._known[want] = stamps[want], found.get(want)
        return {want: self._known[want][1] for want in stamps}


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
            }
        )
        self._plans: dict[tuple[Periods, str | None], dict[str, _Plan]] = {}
        self._readings: dict[Any, _Reading] = {}

    def reading(
        self, asked: Mapping[Periods, Collection[Indicator]], department: str | None
    ) -> _Reading:
        key = (
            department,
            tuple((periods, tuple([each.code for each in of])) for periods, of in asked.items()),
        )
        # What was asked last is forgotten last: the dashboard, whatever else is asked meanwhile.
        found = self._readings.pop(key, None) or self._prepared(asked, department)
        while len(self._readings) >= _MOST_READINGS:
            del self._readings[next(iter(self._readings))]
        self._readings[key] = found
        return found

    def told(
        self, session: Session, reading: _Reading, mirror: Mirror, stamps: Mapping[Any, _Stamp]
    ) -> Mapping[str, Told]:
        """What the KPIs of a question come to."""
        days = reading.read_days(session, stamps) if stamps else {}
        with self.lock, mirror.lock:
            return reading.told(mirror, days, self.catalogue)

    def _prepared(
        self, asked: Mapping[Periods, Collection[Indicator]], department: str | None
    ) -> _Reading:
        while sum(map(len, self._plans.values())) > _MOST_PLANS:
            del self._plans[next(iter(self._plans))]
        plans = []
        for periods, indicators in asked.items():
            of = self._plans.setdefault((periods, department), {})
            for each in indicators:
                plan = of.get(each.code)
                if plan is None:
                    plan = of[each.code] = _Plan(self, each, periods, department)
                plans.append(plan)
        return _Reading(plans)


_kept: WeakKeyDictionary[Any, _Known] = WeakKeyDictionary()
"""By database."""


def _known(session: Session) -> _Known:
    """Of the catalogue as it is, and of the session's database."""
    catalogue, database = reference.city_catalogue(), session.get_bind().engine
    known = _kept.get(database)
    if known is None or known.catalogue is not catalogue:
        known = _kept[database] = _Known(catalogue)
    return known
