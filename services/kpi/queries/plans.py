"""How a KPI is read over some periods, and what it came to last.

Of a KPI that is asked for again, only those periods are worked out anew of which a month, or a
value of other days, has changed; if none has, the same object is told again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from services.kpi.domain.formula import Answer, Input, Value
from services.kpi.domain.indicators import Catalogue, Indicator
from services.kpi.domain.period import Period
from services.kpi.queries import by_day
from services.kpi.queries.by_month import Months, month_of
from services.kpi.queries.mirror import Mirror
from services.kpi.queries.steps import Step

_MOST_ANSWERS = 60
"""Answers of a KPI that are remembered by what its formula was given."""
_EVER = 0
"""The number of a month before all others."""

Periods = tuple[Period, ...]
Days = Mapping[by_day.Wanted, Value | None]
Stamp = tuple[object, int]
"""A mirror, and its version when a measure changed last."""


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
    came: int | None = None
    """The month of the newest that has come, of what is not entered less often than the KPI is
    told: where that is before the last period, its value stands from there. None: not known."""
    derived: dict[Any, Any] = field(default_factory=dict)


class _Worked(NamedTuple):
    """What a formula was given, what it comes to, and that with the KPI's decimals."""

    given: tuple[Value | None, ...]
    answer: Answer
    shown: float | None


class _Fed(NamedTuple):
    """The months of an input and of what makes its absence a zero: which of a plan's pairs, the
    first and the last; and, of an input that `stands`, the month of which it is. `comes`: it is not
    entered less often than the KPI is told."""

    months: list[tuple[int, int | None, int]]
    stands: int | None
    comes: bool


class Plan:
    """How a KPI is read over some periods; and what it came to last."""

    def __init__(
        self,
        catalogue: Catalogue,
        indicator: Indicator,
        periods: Periods,
        department: str | None,
        today: date | None = None,
    ) -> None:
        """Nothing is read yet; `today` where one of the periods runs (`Catalogue.days`)."""
        self.code = indicator.code
        self.indicator = indicator
        formula = indicator.formula.inputs
        needed = catalogue.needed(formula)
        self.inputs = (*formula, *sorted(needed - set(formula), key=str))
        self.may_be_zero = any(catalogue.measures[each.measure].zero_with for each in formula)
        self.steps = tuple(
            tuple(
                Step.of(
                    one,
                    catalogue.whose(one, indicator, department),
                    catalogue.days(one, each, today),
                )
                for one in self.inputs
            )
            for each in periods
        )
        self._spans = tuple(map(_span, self.steps))
        every = [step for steps in self.steps for step in steps]
        self.pairs = tuple(dict.fromkeys(step.pair for step in every if step.pair is not None))
        self.days = tuple(dict.fromkeys(want for step in every for want in step.days))
        self._fresh = [
            self._fed(
                self._chain(one, catalogue),
                catalogue.stands(one, indicator),
                comes=_comes(catalogue, one, indicator),
            )
            for one in formula
            if periods and not one.shift.back
        ]
        self._at: Stamp | None = None
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

    def _fed(self, chain: Sequence[int], stands: bool, *, comes: bool) -> _Fed:
        """What tells how new an input of the last period is.

        Of days that make no whole month the months before them say nothing: what stands is of the
        last day, and of the rest it is not known.
        """
        steps = [self.steps[-1][at] for at in chain]
        days = steps[0].days
        if days and not stands:
            return _Fed([], None, comes)
        months = [
            (self.pairs.index(step.pair), step.first, step.last)
            for step in steps
            if step.pair is not None
        ]
        last = month_of(days[-1].days.last) if days else steps[0].last
        return _Fed(months, last if stands else None, comes)

    def told(self, mirror: Mirror, days: Days, catalogue: Catalogue) -> Told:
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
        newest, came = self._newest(of_months)
        told = Told(
            tuple([each.answer for each in worked]),
            tuple([each.given for each in worked]),
            tuple([each.shown for each in worked]),
            newest,
            self.inputs,
            came,
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
        changed = [
            now.changed
            for now, before in zip(of_months, self._seen[0], strict=True)
            if now is not before
        ]
        first = min((each[0] for each in changed), default=1)
        last = max((each[1] for each in changed), default=0)
        # Of a period more may be worked out again than has to be, and never less.
        return [
            before if first > end or last < start else None
            for (start, end), before in zip(self._spans, self._worked, strict=True)
        ]

    def _work(self, given: tuple[Value | None, ...], catalogue: Catalogue) -> "_Worked":
        """What the formula comes to; remembered by its inputs."""
        found = self._known.get(given)
        if found is None:
            if len(self._known) > _MOST_ANSWERS:
                self._known.clear()
            formula = self.indicator.formula
            if self.may_be_zero and None in given:
                whole = catalogue.complete(dict(zip(self.inputs, given, strict=True)))
                answer = formula.apply(whole)
            else:
                answer = formula.answer(given[: len(formula.inputs)])
            shown = None if answer.value is None else self.indicator.as_number(answer.value)
            found = self._known[given] = _Worked(given, answer, shown)
        return found

    def _newest(self, of_months: Sequence[Months]) -> tuple[int | None, int | None]:
        """The month up to which there are data: of the input that has the oldest, and of that of
        those that come which has the newest. One that is a true zero is as new as what makes it so,
        and one that `stands` is of the last month."""
        found, came = [], []
        for fed in self._fresh:
            known = [of_months[at].newest(first, last) for at, first, last in fed.months]
            there = [each for each in known if each is not None]
            if there:
                found.append(max(there) if fed.stands is None else fed.stands)
                if fed.comes:
                    came.append(found[-1])
        return min(found, default=None), max(came, default=None)


def _comes(catalogue: Catalogue, one: Input, indicator: Indicator) -> bool:
    """Whether an input comes anew in each period of a KPI: all but a level that is entered less
    often than that is told."""
    every = catalogue.measures[one.measure].every
    return every is None or not catalogue.stands(one, indicator)


def _span(steps: Sequence[Step]) -> tuple[int, int]:
    """The first and last month of all that is read of a period; of none, the one before none."""
    months = [step for step in steps if step.pair is not None]
    first = min((_EVER if step.first is None else step.first for step in months), default=1)
    return first, max((step.last for step in months), default=0)


def _same(one: object, other: object) -> bool:
    return one is other
