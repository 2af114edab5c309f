"""A value against another of the same KPI, and departments against each other."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

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


@dataclass(frozen=True, slots=True)
class Place:
    """How a department stands among all.

    `score` is the share of green among its judged KPIs (green, amber and red), in per cent; None,
    and no rank, where none is judged. Of equal scores the rank is the same, and the next is left
    out: 1, 2, 2, 4.
    """

    counts: Mapping[str, int]
    judged: int
    score: Fraction | None
    rank: int | None
    of: int
    words: Name


def ranks(scores: Mapping[K, Fraction]) -> dict[K, int]:
    """The rank of each by its score, the best first: of equal ones the same, and the next is left
    out (1, 2, 2, 4)."""
    found: dict[Fraction, int] = {}
    for rank, score in enumerate(sorted(scores.values(), reverse=True), 1):
        found.setdefault(score, rank)
    return {each: found[score] for each, score in scores.items()}


def ranked(statuses: Mapping[str, Iterable[str]]) -> dict[str, Place]:
    """The places of the departments, from the statuses of the KPIs of each."""
    counts = {code: Counter(each) for code, each in statuses.items()}
    judged = {code: sum(each[one] for one in JUDGED) for code, each in counts.items()}
    scores = {
        code: Fraction(100 * each["green"], judged[code])
        for code, each in counts.items()
        if judged[code]
    }
    found, places = {}, ranks(scores)
    for code, each in counts.items():
        own, place = scores.get(code), places.get(code)
        words = Name("मूल्यमापन झालेला एकही निर्देशांक नाही", "none of its KPIs is judged")
        if own is not None:
            green, total, of = each["green"], judged[code], len(scores)
            words = Name(
                f"मूल्यमापन झालेल्या {total} पैकी {green} निर्देशांक हिरवे; {of} विभागांत क्रमांक {place}",
                f"{green} of {total} judged KPIs are green; rank {place} of {of} departments",
            )
        found[code] = Place(each, judged[code], own, place, len(scores), words)
    return found
