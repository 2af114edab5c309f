"""How far a period's values can be relied on: a score of 0 to 100, explained in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from palika.text import Name


@dataclass(frozen=True, slots=True)
class Counts:
    """What is known of the values of a period.

    Attributes:
        expected: how many there should be: one for each place of each measure.
        entered: submitted or approved.
        due: entered, or missing though their day has passed.
        in_time: first submitted on the day on which they were due, or before.
        approved: in force.
        corrected: of those, the ones that replaced another value.
        outliers: of those, the ones that their checker found unusual, or that are more than what
            they are a part of.
    """

    expected: int = 0
    entered: int = 0
    due: int = 0
    in_time: int = 0
    approved: int = 0
    corrected: int = 0
    outliers: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            *(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__)
        )


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the score: 0 to 100, or None where nothing can be said yet; and in words."""

    score: Fraction | None
    words: Name


@dataclass(frozen=True, slots=True)
class Quality:
    """The score, of the parts that can be told, by their weights; None if none can."""

    score: Fraction | None
    parts: Mapping[str, Part]


def quality(counts: Counts, weights: Mapping[str, int]) -> Quality:
    """The score of a period's values.

    Args:
        counts: what is known of them.
        weights: of `completeness`, `timeliness`, `corrections` and `outliers`.
    """
    parts = {
        "completeness": _completeness(counts),
        "timeliness": _timeliness(counts),
        "corrections": _approved(
            counts,
            counts.corrected,
            Name("दुरुस्त केली", "corrected afterwards"),
        ),
        "outliers": _approved(
            counts,
            counts.outliers,
            Name(
                "तपासनिसाने असामान्य म्हणून नोंदवली, किंवा एकूण मूल्यापेक्षा जास्त आहेत",
                "marked as unusual by their checker, or are above their whole",
            ),
        ),
    }
    told = [(weights[name], each.score) for name, each in parts.items() if each.score is not None]
    weight = sum(each for each, _ in told)
    if not weight:
        return Quality(None, parts)
    total = sum((each * score for each, score in told), Fraction(0))
    return Quality(total / weight, parts)


def _completeness(counts: Counts) -> Part:
    if not counts.expected:
        return Part(None, Name("भरावयाची मूल्ये नाहीत.", "No value is to be entered."))
    return Part(
        Fraction(100 * counts.entered, counts.expected),
        Name(
            f"{counts.expected} पैकी {counts.entered} मूल्ये भरली.",
            f"{counts.entered} of {counts.expected} values are entered.",
        ),
    )


def _timeliness(counts: Counts) -> Part:
    if not counts.due:
        return Part(
            None,
            Name(
                "मुदत अजून संपलेली नाही व मूल्ये भरलेली नाहीत.",
                "Nothing is entered, and nothing is due yet.",
            ),
        )
    return Part(
        Fraction(100 * counts.in_time, counts.due),
        Name(
            f"{counts.due} पैकी {counts.in_time} मूल्ये मुदतीत भरली.",
            f"{counts.in_time} of {counts.due} values were entered in time.",
        ),
    )


def _approved(counts: Counts, odd: int, what: Name) -> Part:
    if not counts.approved:
        return Part(None, Name("अजून एकही मूल्य मंजूर नाही.", "No value is approved yet."))
    return Part(
        Fraction(100 * (counts.approved - odd), counts.approved),
        Name(
            f"मंजूर {counts.approved} पैकी {odd} मूल्ये {what.mr}.",
            f"{odd} of {counts.approved} approved values were {what.en}.",
        ),
    )
