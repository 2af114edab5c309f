"""Which open grievances may be the one that a citizen is about to file.

The answer is an offer ("is it one of these?"), never a decision: a wrong offer costs the citizen a
glance, a missed one costs the city a second visit. So each piece of evidence has a number of points
for or against (think of log-odds), their sum makes a score from 0 to 1, and what reaches the
threshold is offered, best first, with the reasons to show.

The points were set by hand and tuned on the development half of the labelled set (``labelled.py``,
which is synthetic); ``palika grievance duplicates measure`` tells how they do on the other half.
"""

import math
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from services.grievance.domain.place import Point, distance_m
from services.grievance.domain.words import sound, tells_what, tokens

THRESHOLD = 0.5
"""As likely the same as not."""
MAX_OFFERED = 10
"""Nobody reads a longer list while filing."""
MAX_AGE_DAYS = 60
"""What was reported longer ago is hardly the same incident, even if it was never closed."""

_SAME_SUBCATEGORY = 0.0
_SAME_CATEGORY = -2.0
"""Citizens take one kind for another of its category (pothole, road damaged), but not often."""

_AT_THE_SPOT = 4.5
_AT_THE_RADIUS = -6.0
"""With both positions known, points fall with the distance from the one to the other. Well within
the radius it is still likely the same: a telephone errs by 10 to 50 m, and people stand back."""

_WITHOUT_POSITION = -3.0
"""What a report without a position starts from: a ward has many of a kind at a time."""
_SAME_WARD = 0.5
_OTHER_WARD = -4.0
"""Not a proof even without positions: at a border citizens name either ward."""

_SAME_NUMBER = 3.0
_OTHER_NUMBER = -5.0
"""Of the pole, the lane, the plot: two poles side by side are two grievances."""

_SAME_PLACE_NAMES = 7.0
_SAME_PLACE_NAMES_BESIDE_POSITION = 3.0
_USUAL_PLACE_NAMES = 0.35
"""Likeness of landmarks and names: unlike ones say little against (each citizen names another side
of a crossing), and less again where positions speak. The usual likeness counts nothing."""

_SAME_HAPPENING = 2.0
_USUAL_HAPPENING = 0.3
"""Likeness of what is told of the matter itself: within a kind everybody uses the same words."""

_FEWEST_WORDS = 2.0
"""One word in common is no likeness, however short the other text."""

_A_DAY = -0.06
"""Most reports of an incident come within days of the first."""

_NUMBERED = frozenset(tokens("खांब गल्ली घर प्लॉट plot flat wing इमारत सेक्टर sector चेंबर"))
_NUMBER_SIGN = frozenset(tokens("क्रमांक"))


@dataclass(frozen=True, slots=True)
class Report:
    """A grievance, filed or about to be, as far as likeness goes. ``of`` makes it from its texts.

    Attributes:
        id: the grievance's id; of a new one whatever the caller likes.
        subcategory: the code under which it is filed.
        category: the code of the group to which that belongs.
        happening: the tokens of what happened.
        names: all other tokens, by their sound: landmarks, streets, names.
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
        words = [*tokens(description), *tokens(address or "")]
        happening = {word for word in words if tells_what(word)}
        others = {word for word in words if not word.isdigit()} - happening - _NUMBER_SIGN
        names = {sound(word) for word in others}
        numbers = set(_numbers(words))
        return cls(
            id,
            subcategory,
            category,
            ward,
            filed_at,
            place,
            happening,
            names - _NUMBER_SIGN,
            numbers,
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

    Args:
        new: what is being filed.
        candidates: open grievances; those of another category, too far or too old fall away.
        radius_m: of the new one's sub-category: farther away is never the same.
    """
    matches = [match for each in candidates if (match := _compare(new, each, radius_m)) is not None]
    matches.sort(key=lambda match: (-match.score, match.id))
    return matches[:MAX_OFFERED]


def _compare(new: Report, old: Report, radius_m: float) -> Match | None:
    if new.category != old.category:
        return None
    days = abs((new.filed_at - old.filed_at).total_seconds()) / 86_400
    if days > MAX_AGE_DAYS:
        return None
    same_kind = new.subcategory == old.subcategory
    points = _SAME_SUBCATEGORY if same_kind else _SAME_CATEGORY
    reasons = ["same_subcategory" if same_kind else "same_category"]
    metres = distance_m(new.place, old.place) if new.place and old.place else None
    if metres is None:
        points += _WITHOUT_POSITION + _ward_points(new, old, reasons)
    elif metres > radius_m:
        return None
    else:
        points += _AT_THE_SPOT + (_AT_THE_RADIUS - _AT_THE_SPOT) * metres / max(radius_m, 1.0)
        if metres <= radius_m / 2:
            reasons.append("near")
    points += _number_points(new, old, reasons)
    points += _name_points(new, old, metres is not None, reasons)
    points += _happening_points(new, old, reasons)
    points += _A_DAY * days
    if days <= 3:
        reasons.append("recent")
    score = 1 / (1 + math.exp(-points))
    if score < THRESHOLD:
        return None
    return Match(old.id, round(score, 3), None if metres is None else round(metres), tuple(reasons))


def _ward_points(new: Report, old: Report, reasons: list[str]) -> float:
    if new.ward is None or old.ward is None:
        return 0.0
    if new.ward != old.ward:
        return _OTHER_WARD
    reasons.append("same_ward")
    return _SAME_WARD


def _number_points(new: Report, old: Report, reasons: list[str]) -> float:
    if new.numbers & old.numbers:
        reasons.append("same_number")
        return _SAME_NUMBER
    in_both = {what for what, _ in new.numbers} & {what for what, _ in old.numbers}
    return _OTHER_NUMBER if in_both else 0.0


def _name_points(new: Report, old: Report, placed: bool, reasons: list[str]) -> float:
    likeness = _likeness(new.names, old.names)
    if likeness >= 0.5:
        reasons.append("same_place_names")
    most = _SAME_PLACE_NAMES_BESIDE_POSITION if placed else _SAME_PLACE_NAMES
    return most * (likeness - _USUAL_PLACE_NAMES)


def _happening_points(new: Report, old: Report, reasons: list[str]) -> float:
    likeness = _likeness(new.happening, old.happening)
    if likeness >= 0.5:
        reasons.append("similar_words")
    return _SAME_HAPPENING * (likeness - _USUAL_HAPPENING)


def _likeness(some: Set[str], others: Set[str]) -> float:
    """How much of the shorter text is in the longer one, 0 to 1: people differ in how much they
    write, which Jaccard's measure would hold against them."""
    return len(some & others) / max(min(len(some), len(others)), _FEWEST_WORDS)


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
