"""Programmes that a corporation or its departments are given marks in: the criteria, the marks of
each, what has to be shown, and how marks follow from KPIs.

They are data (`data/programmes/*.yaml`, read by `domain/programme_file.py`). Marks have two
decimals at most and are kept in hundredths.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from palika.errors import NotFound
from palika.text import Name

CORPORATION, DEPARTMENT = "corporation", "department"
SUBJECTS = (CORPORATION, DEPARTMENT)
ILLUSTRATIVE = ("marks", "weights", "rules", "evidence", "low", "start", "days", "evaluation_days")
"""What may be said to be of no source."""


@dataclass(frozen=True, slots=True)
class Step:
    """`percent` of the marks from a value on: at least it, or at most it."""

    limit: Fraction
    percent: Fraction


@dataclass(frozen=True, slots=True)
class Rule:
    """How much of the marks a KPI's value is worth. One of three:

    Attributes:
        none, full: between two values in proportion; nothing up to `none`, all from `full` on.
        at_least, at_most: the best of the steps that the value reaches; nothing if it reaches none.
        statuses: per cent of the marks by the KPI's status (`green`, `amber`, `red`).
    """

    none: Fraction | None = None
    full: Fraction | None = None
    at_least: tuple[Step, ...] = ()
    at_most: tuple[Step, ...] = ()
    statuses: Mapping[str, Fraction] | None = None

    def share(self, value: Fraction, status: str) -> Fraction | None:
        """The share of the marks, from 0 to 1; None: the rule says nothing of that status."""
        if self.statuses is not None:
            found = self.statuses.get(status)
            return None if found is None else found / 100
        if self.none is not None and self.full is not None:
            share = (value - self.none) / (self.full - self.none)
            return min(max(share, Fraction(0)), Fraction(1))
        reached = [each.percent for each in self.at_least if value >= each.limit]
        reached += [each.percent for each in self.at_most if value <= each.limit]
        return max(reached, default=Fraction(0)) / 100

    @property
    def words(self) -> Name:
        """The rule as people read it."""
        if self.statuses is not None:
            green, amber, red = (float(self.statuses[each]) for each in ("green", "amber", "red"))
            return Name(
                f"हिरवा {green:g}%, पिवळा {amber:g}%, लाल {red:g}% गुण",
                f"green {green:g} %, amber {amber:g} %, red {red:g} % of the marks",
            )
        if self.none is not None and self.full is not None:
            none, full = float(self.none), float(self.full)
            return Name(
                f"{none:g} असल्यास शून्य, {full:g} असल्यास पूर्ण गुण; त्यादरम्यान प्रमाणात",
                f"no marks at {none:g}, all at {full:g}, in proportion between",
            )
        mr, en = [], []
        for words, steps in (
            (("किमान", "at least"), self.at_least),
            (("कमाल", "at most"), self.at_most),
        ):
            for step in steps:
                mr.append(f"{words[0]} {float(step.limit):g}: {float(step.percent):g}%")
                en.append(f"{words[1]} {float(step.limit):g}: {float(step.percent):g} %")
        return Name("; ".join(mr), "; ".join(en))


@dataclass(frozen=True, slots=True)
class Link:
    """A KPI that a criterion's marks follow from: of its own last period, or (`a_year`) of the
    twelve months up to the end of that, where marks are for a year and a month says little."""

    kpi: str
    rule: Rule
    a_year: bool = False

    @property
    def words(self) -> Name:
        """The rule as people read it, and over which time if it is not the KPI's own."""
        rule = self.rule.words
        if not self.a_year:
            return rule
        return Name(f"{rule.mr} (बारा महिन्यांसाठी)", f"{rule.en} (over twelve months)")


@dataclass(frozen=True, slots=True)
class Exhibit:
    """Something that has to be shown."""

    code: str
    name: Name


@dataclass(frozen=True, slots=True)
class Criterion:
    """What marks are given for.

    Attributes:
        marks: the most that are given, in hundredths.
        weight: per cent of the score; None: the criteria count by their marks.
        exhibits: what has to be shown.
        links: KPIs that the marks follow from; without any, people give them.
    """

    code: str
    name: Name
    marks: int
    weight: Fraction | None = None
    exhibits: tuple[Exhibit, ...] = ()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """Who says so: a publication or a report of one, and what it says."""

    title: str
    publisher: str
    year: int
    url: str | None
    says: str


@dataclass(frozen=True, slots=True)
class Counter:
    """Where a programme stands on a day.

    Attributes:
        number: the day's, from 1; 0 before the first, the last one's after the end.
        days: of the programme.
        state: `before`, `running` or `over`.
    """

    number: int
    days: int
    state: str
    first: date
    last: date

    @property
    def words(self) -> Name:
        """`day 87 of 150`."""
        if self.state == "before":
            return Name(f"सुरुवात {self.first:%d-%m-%Y}", f"begins on {self.first:%d-%m-%Y}")
        if self.state == "over":
            return Name(
                f"{self.last:%d-%m-%Y} रोजी संपला",
                f"ended on {self.last:%d-%m-%Y}",
            )
        return Name(f"दिवस {self.number} / {self.days}", f"day {self.number} of {self.days}")


@dataclass(frozen=True, slots=True)
class Programme:
    """A programme.

    Attributes:
        owner: the post that gives the corporation's own marks and shows its evidence.
        subjects: who is given marks: the `corporation`, each `department`, or both.
        first: its first day.
        low: marks below so many per cent are low.
        illustrative: what no source gives.
        evaluation_days: so many days after its last one it is still given marks.
    """

    code: str
    name: Name
    authority: Name
    assessor: Name
    owner: str
    subjects: tuple[str, ...]
    first: date
    days: int
    low: Fraction
    criteria: tuple[Criterion, ...]
    references: tuple[Reference, ...]
    illustrative: frozenset[str] = frozenset()
    note: str | None = None
    evaluation_days: int = 0

    @property
    def closes(self) -> date:
        """The last day on which marks are given."""
        return self.first + timedelta(days=self.days - 1 + self.evaluation_days)

    @property
    def total(self) -> int:
        """All marks, in hundredths."""
        return sum(each.marks for each in self.criteria)

    def counter(self, day: date) -> Counter:
        """Where it stands on a day."""
        last = self.first + timedelta(days=self.days - 1)
        number = min(max((day - self.first).days + 1, 0), self.days)
        state = "before" if day < self.first else "over" if day > last else "running"
        return Counter(number, self.days, state, self.first, last)

    def criterion(self, code: str) -> Criterion:
        """The criterion of that code.

        Raises:
            NotFound: there is none.
        """
        for each in self.criteria:
            if each.code == code:
                return each
        raise NotFound(
            f"{self.code} has no criterion {code!r}.", {"programme": self.code, "criterion": code}
        )

    def score(self, marks: Mapping[str, int], among: Collection[str] | None = None) -> Fraction:
        """Per cent of what can be reached; a criterion without marks gives nothing.

        Args:
            marks: by criterion, in hundredths.
            among: the criteria that count; all if left out.
        """
        count = [each for each in self.criteria if among is None or each.code in among]
        if all(each.weight is None for each in self.criteria):
            most = sum(each.marks for each in count)
            given = sum(marks.get(each.code, 0) for each in count)
            return Fraction(given * 100, most) if most else Fraction(0)
        weights = sum((each.weight or Fraction(0) for each in count), Fraction(0))
        reached = sum(
            ((each.weight or 0) * Fraction(marks.get(each.code, 0), each.marks) for each in count),
            Fraction(0),
        )
        return reached * 100 / weights if weights else Fraction(0)
