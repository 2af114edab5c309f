"""The values of many KPIs over many periods, in a statement or two.

Whole months come from `measure_year` (`by_month.py`), other days from `measure` (`by_day.py`).
Measures are summed first, then the formula is worked out; what it comes to depends on its inputs
alone, and is remembered by them: a month in which nothing has changed costs nothing again, and
there is nothing that has to be forgotten.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from services.kpi import reference
from services.kpi.domain.formula import Answer, Input, Value
from services.kpi.domain.indicators import Catalogue, Indicator
from services.kpi.domain.period import Period, Window, financial_year
from services.kpi.queries import by_day
from services.kpi.queries.by_month import Months, Pair, Reading, Sketched, Sketches, month_of

_MOST_ANSWERS = 400
_MOST_PLANS = 8_000
_MOST_READINGS = 64
_SKETCH = ("percentile", "distinct")
_ONE_DAY = timedelta(days=1)

Periods = tuple[Period, ...]


def values(
    session: Session,
    indicators: Iterable[Indicator],
    periods: Iterable[Period],
    department: str | None = None,
) -> dict[tuple[str, Period], Answer]:
    """What each KPI is in each of the periods, by its code and the period.

    Args:
        session: on the service's database.
        indicators: of the catalogue (`reference.city_catalogue()`).
        periods: any days for formulas that look at no other days; else periods with a code.
        department: count what events feed of this one, in the place of each KPI's own.
    """
    asked = tuple(periods)
    told = series(session, {asked: list(indicators)}, department)
    return {
        (code, period): answer
        for code, each in told.items()
        for period, answer in zip(asked, each.answers, strict=True)
    }


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """A KPI over its periods, in their order.

    `derived` is for whoever makes something of it: the same object comes again as long as nothing
    has changed, and what was made with it.
    """

    answers: tuple[Answer, ...]
    given: tuple[tuple[Value | None, ...], ...]
    newest: tuple[int | None, ...]
    """Of each period: the month (`by_month.month_of`) up to which all of its inputs have data, or
    None: of days that are no months that is not known here, nor where one has none."""
    inputs: tuple[Input, ...]
    derived: dict[Any, Any] = field(default_factory=dict)


def series(
    session: Session,
    asked: Mapping[Periods, Sequence[Indicator]],
    department: str | None = None,
) -> dict[str, Told]:
    """What KPIs are over periods: as `values`, and each with periods of its own; by code."""
    known = _known()
    reading = known.reading(asked, department)
    months = reading.months.read(session)
    days = by_day.read(session, reading.days) if reading.days else {}
    known.sketches.learn(session, reading.sketched, months)
    return {plan.code: plan.told(months, days, known) for plan in reading.plans}


class _Step(NamedTuple):
    """How an input of a period is read: of whole months, of other days, or of both (a sum)."""

    input: Input
    pair: Pair | None
    first: int | None
    last: int
    days: tuple[by_day.Wanted, ...]
    sketched: Sketched | None


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
                _step(one, catalogue.whose(one, indicator, department), catalogue.days(one, each))
                for one in self.inputs
            )
            for each in periods
        )
        every = [step for steps in self.steps for step in steps]
        self.pairs = tuple(dict.fromkeys(step.pair for step in every if step.pair is not None))
        self.days = tuple(dict.fromkeys(want for step in every for want in step.days))
        self.sketched = tuple(step.sketched for step in every if step.sketched is not None)
        self._seen: tuple[tuple[Months, ...], tuple[Value | None, ...]] | None = None
        self._told: Told | None = None
        self._answers: dict[tuple[Value | None, ...], Answer] = {}

    def told(
        self,
        months: Mapping[Pair, Months],
        days: Mapping[by_day.Wanted, Value],
        known: "_Known",
    ) -> Told:
        """What the KPI comes to; the same object when all that it is made of is the same."""
        of_months = tuple([months[pair] for pair in self.pairs])
        of_days = tuple([days.get(want) for want in self.days]) if self.days else ()
        seen = self._seen
        if (
            self._told is not None
            and seen is not None
            and all(map(_same, seen[0], of_months))
            and seen[1] == of_days
        ):
            return self._told
        given = tuple(
            tuple([_value(step, months, days, known.sketches) for step in steps])
            for steps in self.steps
        )
        answers = tuple(self._answer(each, known.catalogue) for each in given)
        newest = tuple(self._newest(steps, months) for steps in self.steps)
        self._seen = of_months, of_days
        self._told = Told(answers, given, newest, self.inputs)
        return self._told

    def _answer(self, given: tuple[Value | None, ...], catalogue: Catalogue) -> Answer:
        answer = self._answers.get(given)
        if answer is None:
            if len(self._answers) > _MOST_ANSWERS:
                self._answers.clear()
            whole: Mapping[Input, Value | None] = dict(zip(self.inputs, given, strict=True))
            if self.may_be_zero:
                whole = catalogue.complete(whole)
            answer = self._answers[given] = self.indicator.formula.apply(whole)
        return answer

    def _newest(self, steps: Sequence[_Step], months: Mapping[Pair, Months]) -> int | None:
        """The month up to which there are data: of the input that has the oldest; one that is a
        true zero has none, and says nothing."""
        found = [
            months[step.pair].newest(step.first, step.last)
            for step in steps
            if step.pair is not None and not step.input.shift.back
        ]
        return min((each for each in found if each is not None), default=None)


def _same(one: object, other: object) -> bool:
    return one is other


def _step(one: Input, department: str | None, window: Window) -> _Step:
    """How an input over a window is read."""
    first, last = window
    ends = (last + _ONE_DAY).day == 1
    begins = first is None or first.day == 1
    pair = Pair(one.measure, department)
    if one.aggregation != "average" and begins and ends:
        number = None if first is None else month_of(first)
        sketched = None
        if one.aggregation in _SKETCH:
            sketched = Sketched(pair, one, number, month_of(last))
        return _Step(one, pair, number, month_of(last), (), sketched)
    if one.aggregation != "sum":
        return _Step(one, None, None, 0, (by_day.Wanted(one, department, window),), None)
    # Of a sum: the whole months that are in it, and the days before and after them.
    whole = _first_of_next(first) if first is not None and not begins else first
    end = last if ends else last.replace(day=1) - _ONE_DAY
    if whole is not None and whole > end:
        return _Step(one, None, None, 0, (by_day.Wanted(one, department, window),), None)
    rest = []
    if first is not None and whole is not None and first < whole:
        rest.append(by_day.Wanted(one, department, Window(first, whole - _ONE_DAY)))
    if end < last:
        rest.append(by_day.Wanted(one, department, Window(end + _ONE_DAY, last)))
    number = None if whole is None else month_of(whole)
    return _Step(one, pair, number, month_of(end), tuple(rest), None)


def _first_of_next(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _value(
    step: _Step,
    months: Mapping[Pair, Months],
    days: Mapping[by_day.Wanted, Value],
    sketches: Sketches,
) -> Value | None:
    if step.sketched is not None:
        return sketches.value(step.sketched, months[step.sketched.pair])
    found: Value | None = None
    if step.pair is not None:
        of = months[step.pair]
        if step.input.aggregation == "sum":
            found = of.sum(step.first, step.last)
        else:
            found = of.last(step.first, step.last)
    for want in step.days:
        value = days.get(want)
        if value is not None:
            found = value if found is None else found + value
    return found


class _Reading(NamedTuple):
    """A question that is asked again and again: its plans, and what they read, once."""

    plans: tuple[_Plan, ...]
    months: Reading
    days: tuple[by_day.Wanted, ...]
    sketched: tuple[Sketched, ...]


class _Known:
    """What is remembered of a catalogue: plans, questions, sketches."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.sketches = Sketches()
        self._plans: dict[tuple[Periods, str | None], dict[str, _Plan]] = {}
        self._readings: dict[Any, _Reading] = {}

    def reading(
        self, asked: Mapping[Periods, Collection[Indicator]], department: str | None
    ) -> _Reading:
        key = (
            department,
            tuple((periods, tuple([each.code for each in of])) for periods, of in asked.items()),
        )
        found = self._readings.get(key)
        if found is None:
            if len(self._readings) >= _MOST_READINGS:
                self._readings.clear()
            found = self._readings[key] = self._prepared(asked, department)
        return found

    def _prepared(
        self, asked: Mapping[Periods, Collection[Indicator]], department: str | None
    ) -> _Reading:
        if sum(map(len, self._plans.values())) > _MOST_PLANS:
            self._plans.clear()
        plans = []
        for periods, indicators in asked.items():
            of = self._plans.setdefault((periods, department), {})
            for each in indicators:
                plan = of.get(each.code)
                if plan is None:
                    plan = of[each.code] = _Plan(self, each, periods, department)
                plans.append(plan)
        years: dict[Pair, int | None] = {}
        for plan in plans:
            for steps in plan.steps:
                for step in steps:
                    if step.pair is not None:
                        _earliest(years, step.pair, step.first)
        return _Reading(
            tuple(plans),
            Reading(years),
            tuple(dict.fromkeys(want for plan in plans for want in plan.days)),
            tuple(dict.fromkeys(one for plan in plans for one in plan.sketched)),
        )


def _earliest(years: dict[Pair, int | None], pair: Pair, first: int | None) -> None:
    year = None if first is None else financial_year(date(first // 12, first % 12 + 1, 1))
    if pair in years:
        before = years[pair]
        year = None if before is None or year is None else min(before, year)
    years[pair] = year


_kept: list[_Known] = []


def _known() -> _Known:
    """Of the catalogue as it is; there is one a process."""
    catalogue = reference.city_catalogue()
    if not _kept or _kept[0].catalogue is not catalogue:
        _kept[:] = [_Known(catalogue)]
    return _kept[0]
