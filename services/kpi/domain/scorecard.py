"""A scorecard: the marks of a corporation or a department in a programme, as of a day.

There are two sides: the office's own marks (given by hand, or computed from KPIs) and a third
party's. Nothing is ever changed: a new mark of the same side takes the place of the one before,
from its day on, and all of them stay.

A mark has two times: the day from which on it counts, and the moment at which it was given. A mark
of a past day is seen from the day on which it was given: a scorecard as of a day shows what was
known at its end, and what a review saw stays what it saw.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction

from palika.errors import Invalid
from palika.india import day_of, end_of
from palika.text import Name
from services.kpi.domain.comparing import ranks
from services.kpi.domain.nearest import did_you_mean
from services.kpi.domain.programme import CORPORATION, Criterion, Exhibit, Link, Programme

SELF, THIRD_PARTY, COMPUTED = "self", "third_party", "computed"
KINDS = (SELF, THIRD_PARTY, COMPUTED)
OWN, OTHER = "own", "third_party"
CITY = "corporation"
"""The subject of the corporation as a whole; any other subject is a department's code."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A KPI's value, as it was read for marks.

    Attributes:
        value: None: there is none, and `why` says why.
        share: of the marks, from 0 to 1; None: it gives none, for want of a value, or because the
            value is not of all that it should be of (`sides.Basis.partial`), as `why` says.
        why_mr: the same in Marathi; it is not kept with a mark.
    """

    kpi: str
    period: str
    value: float | None
    status: str
    share: Fraction | None
    why: str | None = None
    why_mr: str | None = field(default=None, compare=False)
    covers: tuple[int, int] | None = None
    """Of how many places the value is, and of how many it should be; None: of all."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark, in hundredths, that counts from `day` on until the next of its side."""

    criterion: str
    kind: str
    marks: int
    day: date
    at: datetime
    by: str
    assessor: str | None = None
    remark: str | None = None
    readings: tuple[Reading, ...] = ()

    @property
    def side(self) -> str:
        """`own` or `third_party`."""
        return OTHER if self.kind == THIRD_PARTY else OWN

    @property
    def backdated(self) -> bool:
        """Whether it counts from a day before the one on which it was given."""
        return self.day < day_of(self.at)


@dataclass(frozen=True, slots=True)
class Shown:
    """Evidence: for which exhibit (None: none that is asked for), from when on it is there, and
    until when (None: still)."""

    criterion: str
    exhibit: str | None
    title: str
    added: datetime
    removed: datetime | None

    def there(self, moment: datetime) -> bool:
        """Whether it was there just before a moment."""
        return self.added < moment and (self.removed is None or moment <= self.removed)


@dataclass(frozen=True, slots=True)
class Review:
    """A review that was held on a day and recorded at a moment, of that day or later."""

    held_on: date
    recorded: datetime

    @property
    def seen_until(self) -> datetime:
        """It saw what was there before this moment: of its recording, or the end of its day."""
        return min(self.recorded, end_of(self.held_on))


@dataclass(frozen=True, slots=True)
class Line:
    """A criterion of a scorecard.

    Attributes:
        own, other: the marks that count; None: none yet.
        computed: those that followed from KPIs last, though others count; None: none ever did.
        own_before, other_before: those that the last review saw.
        evidence: titles of what is shown; `new_evidence`: since the last review.
        lacking: what has to be shown and is not.
        why: why there is no own mark, if there is none; `read`: the KPIs from which none follows.
    """

    criterion: Criterion
    own: Mark | None
    other: Mark | None
    computed: Mark | None
    own_before: Mark | None
    other_before: Mark | None
    evidence: tuple[str, ...]
    new_evidence: tuple[str, ...]
    lacking: tuple[Exhibit, ...]
    why: Name | None = None
    read: tuple[Reading, ...] = ()

    @property
    def difference(self) -> int | None:
        """The third party's marks less the own ones; None until there are both."""
        if self.own is None or self.other is None:
            return None
        return self.other.marks - self.own.marks

    @property
    def differs(self) -> bool:
        """Whether the own marks were given by hand and are others than followed from KPIs."""
        own, computed = self.own, self.computed
        return None not in (own, computed) and _worth(own) != _worth(computed)

    def low(self, percent: Fraction) -> bool:
        """Whether the marks that count most (the third party's, else the own) are low."""
        mark = self.other or self.own
        return mark is not None and mark.marks * 100 < percent * self.criterion.marks

    @property
    def changed(self) -> bool:
        """Whether a mark changed, or evidence came, since the last review."""
        return (
            _worth(self.own) != _worth(self.own_before)
            or _worth(self.other) != _worth(self.other_before)
            or bool(self.new_evidence)
        )


@dataclass(frozen=True, slots=True)
class Total:
    """One side's marks together: in hundredths, per cent of the score, criteria without a mark."""

    marks: int
    score: Fraction
    given: int
    open: int


@dataclass(frozen=True, slots=True)
class Card:
    """A scorecard as of the end of a day; `since` is the day of the last review before it, None if
    there was none."""

    programme: Programme
    subject: str
    day: date
    since: date | None
    lines: tuple[Line, ...]

    def total(self, side: str, *, before: bool = False) -> Total:
        """One side's marks; with `before`, those of the last review."""
        name = {OWN: "own", OTHER: "other"}[side] + ("_before" if before else "")
        marks = {
            line.criterion.code: mark.marks
            for line in self.lines
            if (mark := getattr(line, name)) is not None
        }
        return Total(
            sum(marks.values()),
            self.programme.score(marks),
            len(marks),
            len(self.lines) - len(marks),
        )

    @property
    def changed(self) -> list[Line]:
        """What changed since the last review."""
        return [line for line in self.lines if line.changed]

    def missing(self) -> list[tuple[Line, Name]]:
        """What is missing or low, or is marked otherwise than KPIs say; criterion by criterion, in
        words."""
        found: list[tuple[Line, Name]] = []
        for line in self.lines:
            if line.own is None:
                words = Name("स्वमूल्यमापनाचे गुण दिलेले नाहीत", "no self-assessed marks")
                if line.why is not None:
                    words = Name(f"{words.mr}: {line.why.mr}", f"{words.en}: {line.why.en}")
                found.append((line, words))
            for each in line.lacking:
                words = Name(f"पुरावा नाही: {each.name.mr}", f"no evidence: {each.name.en}")
                found.append((line, words))
            if line.differs and line.computed is not None:
                marks = f"{line.computed.marks / 100:g}"
                words = Name(
                    f"निर्देशांकांवरून {marks} गुण आले होते; हाताने दिलेले गुण वेगळे आहेत",
                    f"differs from the {marks} marks that followed from KPIs",
                )
                found.append((line, words))
            if line.low(self.programme.low):
                limit = f"{float(self.programme.low):g}"
                found.append((line, Name(f"गुण {limit}% पेक्षा कमी", f"marks below {limit} %")))
        return found


def card(
    programme: Programme,
    subject: str,
    day: date,
    marks: Iterable[Mark],
    evidence: Iterable[Shown],
    since: Review | None,
) -> Card:
    """The scorecard as it was known at the end of a day: marks and evidence that came later, though
    they be of days before, and those of criteria that there are no more, are left out. So they are
    of what the review `since` saw."""
    given, shown = list(marks), list(evidence)
    end = end_of(day)
    now = standing(given, day, end)
    followed = standing((each for each in given if each.kind == COMPUTED), day, end)
    before = {} if since is None else standing(given, since.held_on, since.seen_until)
    lines = []
    for each in programme.criteria:
        code = each.code
        here = [one for one in shown if one.criterion == code and one.there(end)]
        have = {one.exhibit for one in here}
        new = [one for one in here if since is not None and not one.there(since.seen_until)]
        lines.append(
            Line(
                each,
                now.get((code, OWN)),
                now.get((code, OTHER)),
                followed.get((code, OWN)),
                before.get((code, OWN)),
                before.get((code, OTHER)),
                tuple(one.title for one in here),
                tuple(one.title for one in new),
                tuple(one for one in each.exhibits if one.code not in have),
            )
        )
    return Card(programme, subject, day, None if since is None else since.held_on, tuple(lines))


def standing(marks: Iterable[Mark], day: date, known: datetime) -> dict[tuple[str, str], Mark]:
    """The mark of each criterion and side that counts on a day, of those that were given before the
    moment `known`: the latest day's, and of one day the one that was given last."""
    found: dict[tuple[str, str], Mark] = {}
    for each in marks:
        key = each.criterion, each.side
        if each.day > day or each.at >= known:
            continue
        if key not in found or (found[key].day, found[key].at) <= (each.day, each.at):
            found[key] = each
    return found


def check_subject(programme: Programme, subject: str, departments: Iterable[str]) -> None:
    """Refuse who is given no marks in a programme.

    Raises:
        Invalid: `subject` must be the corporation, or a department.
    """
    kinds = programme.subjects
    if subject == CITY:
        rule = None if CORPORATION in kinds else "must be a department: each of them has marks here"
    elif CORPORATION in kinds and len(kinds) == 1:
        rule = f"must be {CITY}: departments have no marks here"
    else:
        known, rule = set(departments), None
        if subject not in known:
            hint = did_you_mean(subject, [CITY, *known])
            rule = f"must be {CITY} or a department; there is no {subject!r:.40}{hint}"
    if rule:
        raise Invalid(f"{programme.code} has no such scorecard", {"subject": [rule]})


def applying(
    criterion: Criterion, subject: str, owned: Mapping[str, str], by_events: Iterable[str]
) -> list[Link]:
    """The KPIs that a subject's marks follow from: of the corporation all; of a department its own,
    and those that only events feed, which are counted of that department.

    Args:
        owned: the department of each KPI.
        by_events: the KPIs that only events feed.
    """
    counted = set(by_events)
    return [
        each
        for each in criterion.links
        if subject == CITY or owned.get(each.kpi) == subject or each.kpi in counted
    ]


def own_criteria(
    programme: Programme, subject: str, owned: Mapping[str, str], by_events: Iterable[str]
) -> set[str]:
    """The criteria that are a subject's own: those that people mark, and those of whose KPIs some
    apply to it; `owned` and `by_events` as of `applying`."""
    counted = set(by_events)
    return {
        each.code
        for each in programme.criteria
        if not each.links or applying(each, subject, owned, counted)
    }


def computed(criterion: Criterion, readings: Sequence[Reading]) -> int | None:
    """The marks that follow from KPIs, in hundredths, halves rounded up: the mean of the shares of
    those with data; None when none has any."""
    shares = [each.share for each in readings if each.share is not None]
    if not shares:
        return None
    exact = criterion.marks * sum(shares, Fraction(0)) / len(shares)
    return int(exact + Fraction(1, 2))


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody in a ranking: a score in per cent of the marks that its own criteria have; `marked`
    of so many `criteria` have marks (None: not known). Complete: no criterion is open."""

    code: str
    name: Name
    score: Fraction
    complete: bool = True
    source: str | None = None
    own: bool = True
    marked: int | None = None
    criteria: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """An entry and its rank; those of equal score have the same one, and the next is left out."""

    rank: int
    entry: Entry


def places(entries: Iterable[Entry]) -> list[Place]:
    """The entries by score, the best first; of equal ones by code."""
    ordered = sorted(entries, key=lambda each: (-each.score, each.code))
    rank = ranks({at: each.score for at, each in enumerate(ordered)})
    return [Place(rank[at], each) for at, each in enumerate(ordered)]


def _worth(mark: Mark | None) -> int | None:
    return None if mark is None else mark.marks
