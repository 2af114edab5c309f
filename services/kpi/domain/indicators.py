"""The catalogue of KPIs: measures, and the indicators that are formulas over them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from palika.errors import NotFound
from palika.india import in_digits
from palika.text import Name
from services.kpi.domain.formula import CODES, PLAIN, Answer, Formula, Input, Value, renamed
from services.kpi.domain.nearest import did_you_mean
from services.kpi.domain.period import FREQUENCIES, Period, Window, containing
from services.kpi.domain.zeros import completed

DIRECTIONS = ("higher", "lower", "band", "none")
SOURCES = ("events", "manual", "mixed")
ENTRIES = ("form", "csv", "api")
DIMENSIONS = ("ward", "zone")
CITY = "city"
_NO_DATA = Name("माहिती उपलब्ध नाही", "no data")
_OUT_OF_DATE = Name("अद्ययावत माहिती उपलब्ध नाही", "no data that are up to date")


@dataclass(frozen=True, slots=True)
class MeasureInfo:
    """A measure.

    Attributes:
        unit_name: what people call its unit. kind: `sum`, `level`, `distribution` or `distinct`.
        zero_with: the measure whose data makes the absence of this one a true zero: where bills
            were raised and none was paid `tax.paid` *is* 0, and without bills there is no data.
        due_with: of what was done in time, the measure of what was due besides (a share needs it).
        of: the measure of which this is a part; None if it is a whole one.
        where: the attributes of an event, and the values of which it must have one, to be of the
            part; None stands for "not said".
        department: whose file defines it; None when it is fed by events and no department's own.
        decimals: it is stored in whole numbers of 10^-decimals units.
        every: how often it is entered by hand; None when events feed it.
        by: the dimensions that are entered: none, `ward` or `zone`.
        source: how it is usually entered.
        due_days: it is due so many days after its period ends.
        least, most: bounds of what may be entered.
        at_most: the measure of which this is a part: of the same days and place it cannot be more.
        rarely_above: a measure that this seldom exceeds: what does is told, and not refused.
    """

    code: str
    name: Name
    unit: str
    kind: str = "sum"
    zero_with: str | None = None
    of: str | None = None
    where: Mapping[str, tuple[str | int | None, ...]] = field(default_factory=dict)
    department: str | None = None
    decimals: int = 0
    every: str | None = None
    by: tuple[str, ...] = ()
    source: str = "events"
    due_days: int = 0
    least: Decimal | None = None
    most: Decimal | None = None
    at_most: str | None = None
    rarely_above: str | None = None
    due_with: str | None = None
    unit_name: Name | None = None

    @property
    def manual(self) -> bool:
        """Whether people enter it, by form, CSV or API."""
        return self.every is not None

    def due_on(self, of: Period) -> date:
        """The last day on which its value of a period is entered in time."""
        return of.last + timedelta(days=self.due_days)


@dataclass(frozen=True, slots=True)
class Aim:
    """What is aimed at: a number; of a band its lower and upper end."""

    low: Fraction
    high: Fraction

    @property
    def is_band(self) -> bool:
        """Whether it has two ends."""
        return self.low != self.high


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where green ends and red begins; of a band, `amber` is how far outside is amber still."""

    green: Fraction | None = None
    red: Fraction | None = None
    amber: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Baseline:
    """Where the city stood: a value, and the code of its period."""

    value: Fraction
    period: str


@dataclass(frozen=True, slots=True)
class Source:
    """A publication in which practice is defined."""

    code: str
    title: Name
    publisher: str
    year: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a KPI is defined: a source's code, and the place in it."""

    source: str
    clause: str | None


@dataclass(frozen=True, slots=True)
class Indicator:
    """A KPI.

    Attributes:
        scope: `department`: what events feed is counted of its own department; `city`: of all.
        every_year: the aim for years that `targets` does not have; None if there is none.
        targets: the aim by financial year.
        tolerance: without thresholds, so many per cent off the target is amber still.
        illustrative: which of `targets`, `baseline` and `thresholds` no source gives.
        public: whether everybody may see it, and not the staff alone.
        share: `part`: a part in percent of what it is `at_most`, and never above 100; `mostly`: of
            what it is `rarely_above`; "": neither.
        unit_name: what people call its unit.
    """

    code: str
    department: str
    name: Name
    definition: Name
    unit: str
    decimals: int
    formula: Formula
    direction: str
    frequency: str
    source: str
    owner: str
    scope: str = "department"
    every_year: Aim | None = None
    targets: Mapping[int, Aim] = field(default_factory=dict)
    thresholds: Thresholds | None = None
    tolerance: Fraction = Fraction(10)
    baseline: Baseline | None = None
    illustrative: frozenset[str] = frozenset()
    dimensions: tuple[str, ...] = ()
    reference: Reference | None = None
    programme: tuple[str, ...] = ()
    note: str | None = None
    public: bool = True
    share: str = ""
    unit_name: Name | None = None

    def aim(self, year: int) -> Aim | None:
        """What is aimed at in a financial year; None if nothing is."""
        return self.targets.get(year, self.every_year)

    def rounded(self, value: Fraction) -> Decimal:
        """The value with the KPI's own number of decimals, halves away from zero."""
        return Decimal(self.steps(value)).scaleb(-self.decimals)

    def as_number(self, value: Fraction) -> float:
        """The same, as JSON has it."""
        return self.steps(value) / 10**self.decimals

    def steps(self, value: Fraction) -> int:
        """The same as a whole number of its smallest steps."""
        above, below = value.as_integer_ratio()
        whole = (abs(above) * 2 * 10**self.decimals + below) // (2 * below)
        return -whole if above < 0 else whole


@dataclass(frozen=True, slots=True)
class Department:
    """A department that is judged: its names and the post that owns its KPIs."""

    code: str
    name: Name
    owner: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All that the city is judged by, checked: no name is used that is not known."""

    departments: Mapping[str, Department]
    measures: Mapping[str, MeasureInfo]
    units: Mapping[str, Name]
    sources: Mapping[str, Source]
    indicators: Mapping[str, Indicator]

    def indicator(self, code: str) -> Indicator:
        """The KPI of that code. Raises NotFound, with the nearest that there is."""
        found = self.indicators.get(code)
        if found is None:
            hint = did_you_mean(code, self.indicators)
            raise NotFound(f"There is no KPI with the code {code!r}{hint or '.'}", {"code": code})
        return found

    def of(self, department: str | None) -> list[Indicator]:
        """The KPIs of a department (None: of the city), in the order of the catalogue."""
        return [each for each in self.indicators.values() if department in (None, each.department)]

    def parts(self) -> dict[str, dict[str, Any]]:
        """The parts that events feed, as the projection takes them: by name, `of` a whole measure,
        and `where` by each attribute the values. A part of a part meets the conditions of both."""
        found: dict[str, dict[str, Any]] = {}
        for code, each in self.measures.items():
            if each.of is None:
                continue
            where = {name: list(values) for name, values in each.where.items()}
            base = self.measures[each.of]
            while base.of is not None:
                for name, values in base.where.items():
                    also = where.get(name)
                    where[name] = [v for v in values if also is None or v in also]
                base = self.measures[base.of]
            found[code] = {"of": base.code, "where": where}
        return found

    def whose(self, one: Input, indicator: Indicator, department: str | None = None) -> str | None:
        """Of which department an input of a KPI is read: what is entered, of the one that enters
        it; what events feed, of the one that is asked about, else of the KPI's own, or (None) of
        all where its scope is the city."""
        info = self.measures[one.measure]
        if info.manual:
            return info.department
        if department is not None:
            return department
        return None if indicator.scope == CITY else indicator.department

    def needed(self, inputs: Iterable[Input]) -> frozenset[Input]:
        """The inputs, and those whose data tell whether an absent one is a true zero."""
        found: set[Input] = set()
        rest = list(inputs)
        while rest:
            one = rest.pop()
            if one not in found:
                found.add(one)
                base = self.zero_with(one)
                rest += [] if base is None else [base]
        return frozenset(found)

    def complete(self, values: Mapping[Input, Value | None]) -> dict[Input, Value | None]:
        """Add the true zeros (`domain/zeros.py`)."""
        return completed(values, self.zero_with, self.measures)

    def zero_with(self, one: Input) -> Input | None:
        """The input whose data make the absence of this one a true zero; None if nothing does."""
        base = self.measures[one.measure].zero_with
        if base is None or one.aggregation in ("percentile", "average", "first"):
            return None
        kind = self.measures[base].kind
        q = (
            Fraction(50) if kind == "distribution" else None
        )  # Its median tells whether it has data.
        return Input(base, PLAIN.get(kind, "percentile" if q else "distinct"), one.shift, q)

    def days(self, one: Input, period: Period, today: date | None = None) -> Window:
        """The days in whose records an input is looked for; of a level, in which its newest entry
        must be.

        A level stands until the next one should be there: a value counts up to the day on which
        that of the next period in which it is entered is due (`due_on`), or until it comes. So a
        population that is entered once a year, by 30 June, serves the year after its own and the
        months up to June; from July on nobody knows, until the next is entered. Of a period the
        last day decides, though it be to come: of the year that runs, what is due in the course of
        it is awaited. `first` is what stood on the day before the period. While it runs (`today` is
        in it), what it is compared with counts up to the same day only (`_known_upto`).
        """
        window = period.window(one.shift, today and self._known_upto(one, period, today))
        if window.first is None or one.aggregation not in ("last", "first"):
            return window
        first, last = window.first, window.last
        if one.aggregation == "first":
            last = window.first - timedelta(days=1)
            first = containing(last, period.frequency).first
        newest = self._due(self.measures[one.measure], last, period.frequency)
        return Window(min(first, newest.first), last)

    def due(self, one: Input, period: Period) -> date:
        """The last day on which an input of a period is there in time: what is entered, as it is
        due; what events feed, when the period is over."""
        info, last = self.measures[one.measure], self.days(one, period).last
        if info.every is None:
            return last
        if one.aggregation in ("last", "first"):
            return info.due_on(self._due(info, last, period.frequency))
        return info.due_on(containing(last, info.every))

    def _known_upto(self, one: Input, period: Period, today: date) -> date | None:
        """Up to which day a running period is known, for an input of one before it: by events up to
        today, by entries up to the end of the last that is over. None: all of the other counts."""
        back, state = one.shift.back, one.shift.span == "stock" or one.aggregation == "last"
        # A state is otherwise that in which the period before ended, and this one began.
        compared = "last_year" in back or (back and not state)
        if not compared or not period.first <= today <= period.last:
            return None
        every = self.measures[one.measure].every
        ended = today if every is None else containing(today, every).previous().last
        return ended if ended >= period.first or one.aggregation == "last" else None

    @staticmethod
    def _due(info: MeasureInfo, day: date, frequency: str) -> Period:
        """The newest period of which a level should be there before a day."""
        newest = containing(day, info.every or frequency).previous()
        while info.due_on(newest) >= day:
            newest = newest.previous()
        return newest

    def why(self, answer: Answer, period: Period) -> Name | None:
        """Why there is no value of a period, with the measures' names, and of a level what is
        awaited and since when; None if there is a value."""
        if answer.missing:
            named: dict[str, Name] = {}
            levels: dict[str, Name] = {}
            for one in sorted(answer.missing, key=str):
                info = self.measures[one.measure]
                if info.kind == "level":
                    levels.setdefault(one.measure, self._awaited(one, info, period))
                else:
                    named[one.measure] = Name(f"“{info.name.mr}”", f"“{info.name.en}”")
            told = [_lacking(named, _NO_DATA), _lacking(levels, _OUT_OF_DATE)]
            return Name(
                "; ".join(each.mr for each in told if each is not None),
                "; ".join(each.en for each in told if each is not None),
            )
        if answer.divisor is None:
            return None
        mr, en = self.in_words(answer.divisor)
        return Name(f"शून्याने भागाकार: {mr} = 0", f"division by zero: {en} = 0")

    def stands(self, one: Input, indicator: Indicator) -> bool:
        """Whether an input is as new as it can be wherever there is one: what events feed, for a
        month in which nothing happened lacks nothing, and a level that is entered less often than
        the KPI is told, which stands until its next is due."""
        info = self.measures[one.measure]
        if info.every is None:
            return True
        return one.aggregation == "last" and coarser(info.every, indicator.frequency)

    def _awaited(self, one: Input, info: MeasureInfo, period: Period) -> Name:
        """A level that is not there, with the period of which it is awaited and the day on which it
        is due."""
        if info.every is None:
            return Name(f"“{info.name.mr}”", f"“{info.name.en}”")
        newest = self._due(info, self.days(one, period).last, period.frequency)
        day = in_digits(info.due_on(newest))
        return Name(
            f"“{info.name.mr}” ({newest.code}, मुदत {day})",
            f"“{info.name.en}” ({newest.code}, due on {day})",
        )

    def in_words(self, formula: str) -> tuple[str, str]:
        """A formula, or a part of one, with the measures' names: in Marathi, in English."""
        names = {
            code: self.measures[code].name
            for code in CODES.findall(formula)
            if code in self.measures
        }
        return (
            renamed(formula, {code: each.mr for code, each in names.items()}),
            renamed(formula, {code: each.en for code, each in names.items()}),
        )


def _lacking(named: Mapping[str, Name], what: Name) -> Name | None:
    if not named:
        return None
    mr = ", ".join(each.mr for each in named.values())
    en = ", ".join(each.en for each in named.values())
    return Name(f"{what.mr}: {mr}", f"{what.en}: {en}")


def coarser(one: str, other: str) -> bool:
    """Whether one frequency is of longer periods than the other."""
    return FREQUENCIES.index(one) > FREQUENCIES.index(other)


def source_of(measures: Collection[MeasureInfo]) -> str:
    """Where a KPI over these measures comes from: `events`, `manual` or `mixed`."""
    by_hand = {each.manual for each in measures}
    if by_hand == {True, False}:
        return "mixed"
    return "manual" if by_hand == {True} else "events"
