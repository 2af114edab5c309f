"""Which open grievances may be the one that a citizen is about to file.

The answer is an offer ("is it one of these?"), never a decision: a wrong offer costs the citizen a
glance, a missed one costs the city a second visit. So each piece of evidence has a number of points
for or against (think of log-odds), their sum makes a score from 0 to 1, and what reaches the
threshold is offered, best first, with the reasons to show.

The points were set by hand and tuned on the development half of the labelled set
(``duplicates/labelled.py``, which is synthetic); ``palika grievance duplicates measure`` tells how
they do on the other half.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from palika.words import sound, tells_nothing, tells_what, tokens
from services.grievance.domain.place import Point, distance_m

THRESHOLD = 0.5
"""As likely the same as not."""
MAX_OFFERED = 5
"""Nobody reads a longer list while filing."""
MAX_AGE_DAYS = 60
"""What was reported longer ago is hardly the same incident, even if it was never closed."""

_OTHER_KIND = -4.0
"""Citizens take one kind for another of its category (pothole, road damaged), but not often."""

_AT_THE_SPOT = 4.5
_AT_THE_RADIUS = -10.5
_LEAST_SPREAD_M = 250
"""With both positions known, points fall with the distance from the one to the other. They are used
up at 0.3 of the radius, and at 75 m if that is more: a telephone errs by 10 to 50 m, and people
stand back, however small the thing is. What is large (a street without water) reaches farther."""
_NAMES_BESIDE_POSITION = 0.4
"""What names count where positions speak; each citizen names another side of a crossing."""

_WITHOUT_POSITION = -1.0
"""Without positions it starts from here less the logarithm of how many are in question: what is
said has to single one out among the ward's many of a kind."""
_SAME_WARD = 0.5

_SINGLE_NAME = 0.2
"""What a word counts beside a pair: there are more temples, more Sais, but hardly more Sai temples,
and everybody names the area."""
_EACH_WHO_NAMES_IT = 0.6
"""By which power of their number others who name it take from what a name proves. Not the first:
some of them may be earlier reports of the same incident."""
_ENOUGH_NAMES = 8.0
"""More of the same names proves no more."""
_TELLING_NAMES = 2.0
"""From here on the names in common are worth telling the citizen."""
_RECENT_DAYS = 3.0

_SAME_NUMBER = 3.0
_OTHER_NUMBER = -10.0
"""Of the pole, the lane, the plot: two poles side by side are two grievances."""

_SAME_HAPPENING = 2.0
_USUAL_HAPPENING = 0.3
"""Likeness of what is told of the matter itself: within a kind everybody uses the same words."""
_FEWEST_WORDS = 2.0
"""One word in common is no likeness, however short the other text."""

_A_DAY = -0.12
"""Most reports of an incident come within days of the first."""

_NUMBERED = frozenset(tokens("खांब गल्ली घर प्लॉट plot flat wing इमारत सेक्टर sector चेंबर"))
_NUMBER_SIGN = frozenset(tokens("क्रमांक"))
_ROAD = frozenset(tokens("रस्ता"))
_PAIR = " "
_END_OF_PART = re.compile(r"[,;:!?।\n]|\.(?=\s)")
_OUT_OF_QUESTION = -1.0


@dataclass(frozen=True, slots=True)
class Report:
    """A grievance, filed or about to be, as far as likeness goes. ``of`` makes it from its texts.

    Attributes:
        id: the grievance's id; of a new one whatever the caller likes.
        subcategory: the code under which it is filed.
        category: the code of the group to which that belongs.
        happening: the tokens of what happened.
        names: landmarks, streets, names: all other tokens, by their sound, and each pair of
            neighbours ("sai temple": there are more temples and more Sais).
        numbers: numbered things that are named: ``("खांब", "45")``.
    """

    id: str
    subcategory: str
    category: str
    ward: str | None
    filed_at: datetime
    place: Point | None
    happening: Set[str]
    names: Set[str]
    numbers: Set[tuple[str, str]]

    @classmethod
    def of(
        cls,
        *,
        id: str,
        subcategory: str,
        category: str,
        ward: str | None,
        filed_at: datetime,
        place: Point | None,
        description: str,
        address: str | None,
    ) -> Self:
        """A report from what the citizen wrote."""
        parts = _END_OF_PART.split(f"{description}, {address or ''}")
        written = [tokens(part) for part in parts]
        words = [word for text in written for word in text]
        return cls(
            id=id,
            subcategory=subcategory,
            category=category,
            ward=ward,
            filed_at=filed_at,
            place=place,
            happening={word for word in words if tells_what(word)},
            names={name for text in written for name in _names(text)},
            numbers=set(_numbers(words)),
        )


@dataclass(frozen=True, slots=True)
class Match:
    """A candidate worth offering.

    Attributes:
        id: the candidate's.
        score: from ``THRESHOLD`` to 1.
        distance_m: whole metres, or None where a position is missing.
        reasons: codes for the citizen's eye: ``same_subcategory`` or ``same_category``, ``near``,
            ``same_ward``, ``same_number``, ``same_place_names``, ``similar_words``, ``recent``.
    """

    id: str
    score: float
    distance_m: int | None
    reasons: tuple[str, ...]


def rank(new: Report, candidates: Iterable[Report], radius_m: float) -> list[Match]:
    """The candidates that may be the same incident, best first, at most ``MAX_OFFERED``.

    How rare a name is, which decides what it proves, is counted among the candidates themselves.

    Args:
        new: what is being filed.
        candidates: open grievances: all that are near, and all of the ward without a position.
            What is of another category, too old, too far, or without a position and of another
            ward falls away here.
        radius_m: of the new one's sub-category: farther away is never the same.
    """
    old_ones = [
        (old, metres)
        for old in candidates
        if (metres := _metres_apart(new, old, radius_m)) is not _OUT_OF_QUESTION
    ]
    counted = Counter(name for old, _ in old_ones for name in old.names & new.names)
    many = math.log(1 + len(old_ones))
    weights = {name: many - _EACH_WHO_NAMES_IT * math.log(count) for name, count in counted.items()}
    offers = (_compare(new, old, metres, radius_m, weights, many) for old, metres in old_ones)
    matches = [match for match in offers if match.score >= THRESHOLD]
    matches.sort(key=lambda match: (-match.score, match.id))
    return matches[:MAX_OFFERED]


def _metres_apart(new: Report, old: Report, radius_m: float) -> float | None:
    """The distance, None where a position is missing, or ``_OUT_OF_QUESTION``."""
    if new.category != old.category or _days(new, old) > MAX_AGE_DAYS:
        return _OUT_OF_QUESTION
    if new.place and old.place:
        metres = distance_m(new.place, old.place)
        return metres if metres <= radius_m else _OUT_OF_QUESTION
    other_ward = new.ward and old.ward and new.ward != old.ward
    return _OUT_OF_QUESTION if other_ward else None


def _days(new: Report, old: Report) -> float:
    return abs((new.filed_at - old.filed_at).total_seconds()) / 86_400


def _compare(
    new: Report,
    old: Report,
    metres: float | None,
    radius_m: float,
    weights: Mapping[str, float],
    many: float,
) -> Match:
    reasons = []
    points = _A_DAY * _days(new, old)
    if new.subcategory == old.subcategory:
        reasons.append("same_subcategory")
    else:
        reasons.append("same_category")
        points += _OTHER_KIND
    names = min(_ENOUGH_NAMES, sum(_weight(each, weights) for each in new.names & old.names))
    if metres is not None:
        points += _AT_THE_SPOT + (_AT_THE_RADIUS - _AT_THE_SPOT) * metres / max(
            radius_m, _LEAST_SPREAD_M
        )
        points += _NAMES_BESIDE_POSITION * names
        if metres <= min(radius_m, _LEAST_SPREAD_M) / 2:
            reasons.append("near")
    else:
        points += _WITHOUT_POSITION - many + names
        if new.ward and new.ward == old.ward:
            points += _SAME_WARD
            reasons.append("same_ward")
    if names >= _TELLING_NAMES:
        reasons.append("same_place_names")
    points += _number_points(new, old, reasons)
    points += _happening_points(new, old, reasons)
    if _days(new, old) <= _RECENT_DAYS:
        reasons.append("recent")
    score = 1 / (1 + math.exp(-points))
    return Match(old.id, round(score, 3), None if metres is None else round(metres), tuple(reasons))


def _weight(name: str, weights: Mapping[str, float]) -> float:
    return weights[name] * (1.0 if _PAIR in name else _SINGLE_NAME)


def _number_points(new: Report, old: Report, reasons: list[str]) -> float:
    if new.numbers & old.numbers:
        reasons.append("same_number")
        return _SAME_NUMBER
    in_both = {what for what, _ in new.numbers} & {what for what, _ in old.numbers}
    return _OTHER_NUMBER if in_both else 0.0


def _happening_points(new: Report, old: Report, reasons: list[str]) -> float:
    likeness = _likeness(new.happening, old.happening)
    if likeness >= 0.5:
        reasons.append("similar_words")
    return _SAME_HAPPENING * (likeness - _USUAL_HAPPENING)


def _likeness(some: Set[str], others: Set[str]) -> float:
    """How much of the shorter text is in the longer one, 0 to 1: people differ in how much they
    write, which Jaccard's measure would hold against them."""
    return len(some & others) / max(min(len(some), len(others)), _FEWEST_WORDS)


def _names(words: Sequence[str]) -> Iterable[str]:
    """The landmarks and names of a text, and their pairs; "Gandhi Road" is a pair too."""
    before = ""
    for word in words:
        name = (
            "" if tells_what(word) or tells_nothing(word) or word in _NUMBER_SIGN else sound(word)
        )
        if name.isdigit():
            name = ""
        if name:
            yield name
        if before and (name or word in _ROAD):
            yield before + _PAIR + (name or word)
        before = name


def _numbers(words: Sequence[str]) -> Iterable[tuple[str, str]]:
    """The numbered things: ``pole no 45``, ``पोल क्र. ४५``, ``lane 3``."""
    named = ""
    for word in words:
        if word[0].isdigit():
            if named:
                yield named, word
            named = ""
        elif word not in _NUMBER_SIGN:
            named = word if word in _NUMBERED else ""
