"""A value against another of the same KPI, and departments against each other."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple, TypeVar

from palika.text import Name
from services.kpi.domain.indicators import Aim, Indicator

K = TypeVar("K")
JUDGED = ("green", "amber", "red")


def trend(indicator: Indicator, now: Fraction, before: Fraction, aim: Aim | None) -> str | None:
    """Whether a KPI has become `better` or `worse`, or is the `same`, by its direction.

    Values are compared as they are shown: a change that nobody sees is none. Of a band, the way to
    it counts, and all within it is the same. None: nothing is better (direction none, no band).
    """
    if indicator.direction == "none" or (indicator.direction == "band" and aim is None):
        return None
    if aim is not None and indicator.direction == "band":
        now, before = (max(aim.low - each, each - aim.high, Fraction(0)) for each in (now, before))
    here, there = indicator.steps(now), indicator.steps(before)
    if here == there:
        return "same"
    return "better" if (here > there) == (indicator.direction == "higher") else "worse"


class RankedFrom(NamedTuple):
    """From when on a department is ranked: `coverage` per cent of its KPIs that should have a value
    have one, and so many of them are `judged` (of a department with fewer that have a target, all
    of them)."""

    coverage: int
    judged: int


@dataclass(frozen=True, slots=True)
class Place:
    """How a department stands among all.

    `score` is the share of green among its judged KPIs (green, amber and red), in per cent; None,
    and no rank, where none is judged. `expected` is how many of its KPIs should have a value by
    now, `lacking` how many of those have none, and `coverage` the share that has one, in per cent
    (None: none should). Below the least coverage there is no rank: who leaves bad values out is not
    the better for it. Nor is there one where too few are judged: one green value is no standing. Of
    equal scores the rank is the same, and the next is left out: 1, 2, 2, 4.
    """

    counts: Mapping[str, int]
    judged: int
    expected: int
    lacking: int
    score: Fraction | None
    rank: int | None
    of: int
    words: Name

    @property
    def coverage(self) -> Fraction | None:
        """Of how many per cent of the KPIs that should have a value by now there is one."""
        return _coverage(self.expected, self.lacking)


def ranks(scores: Mapping[K, Fraction]) -> dict[K, int]:
    """The rank of each by its score, the best first: of equal ones the same, and the next is left
    out (1, 2, 2, 4)."""
    found: dict[Fraction, int] = {}
    for rank, score in enumerate(sorted(scores.values(), reverse=True), 1):
        found.setdefault(score, rank)
    return {each: found[score] for each, score in scores.items()}


def ranked(
    statuses: Mapping[str, Iterable[str]], excused: Mapping[str, int], least: RankedFrom
) -> dict[str, Place]:
    """The places of the departments.

    Args:
        statuses: of the KPIs of each department.
        excused: of how many of those without data nobody could have a value yet.
        least: from when on a department is ranked.
    """
    counts = {code: Counter(each) for code, each in statuses.items()}
    judged = {code: sum(each[one] for one in JUDGED) for code, each in counts.items()}
    lacking = {code: each["no data"] - excused.get(code, 0) for code, each in counts.items()}
    expected = {code: each.total() - excused.get(code, 0) for code, each in counts.items()}
    scores = {
        code: Fraction(100 * each["green"], judged[code])
        for code, each in counts.items()
        if judged[code]
    }
    needed = {
        code: min(least.judged, each.total() - each["no target"]) for code, each in counts.items()
    }
    enough = {
        code: score
        for code, score in scores.items()
        if (_coverage(expected[code], lacking[code]) or 0) >= least.coverage
        and judged[code] >= needed[code]
    }
    found, places = {}, ranks(enough)
    for code, each in counts.items():
        place = places.get(code)
        if place is not None:
            words = _ranked(each["green"], judged[code], place, len(enough))
        elif code in scores and judged[code] < needed[code]:
            words = _too_few(judged[code], needed[code])
        elif code in scores:
            words = _not_ranked(expected[code], lacking[code])
        else:
            words = Name("मूल्यमापन झालेला एकही निर्देशांक नाही", "none of its KPIs is judged")
        found[code] = Place(
            each,
            judged[code],
            expected[code],
            lacking[code],
            scores.get(code),
            place,
            len(enough),
            words,
        )
    return found


def _coverage(expected: int, lacking: int) -> Fraction | None:
    return Fraction(100 * (expected - lacking), expected) if expected else None


def _ranked(green: int, judged: int, rank: int, of: int) -> Name:
    return Name(
        f"मूल्यमापन झालेल्या {judged} पैकी {green} निर्देशांक हिरवे; {of} विभागांत क्रमांक {rank}",
        f"{green} of {judged} judged KPIs are green; rank {rank} of {of} departments",
    )


def _too_few(judged: int, needed: int) -> Name:
    return Name(
        f"क्रमांक नाही: मूल्यमापन झालेले निर्देशांक {judged}; किमान {needed} हवेत",
        f"not ranked: KPIs that are judged: {judged}; at least {needed} are needed",
    )


def _not_ranked(expected: int, lacking: int) -> Name:
    return Name(
        f"क्रमांक नाही: {expected} पैकी {lacking} निर्देशांकांची माहिती नाही",
        f"not ranked: {lacking} of {expected} have no data",
    )
