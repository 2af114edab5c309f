"""Trends by direction, and the rank of departments."""

from fractions import Fraction

import pytest

from palika.text import Name
from services.kpi.domain.comparing import RankedFrom, ranked, trend
from services.kpi.domain.formula import formula
from services.kpi.domain.indicators import Aim, Indicator, MeasureInfo
from services.kpi.domain.parting import adds_up

NAME = Name("नाव", "Name")
MEASURES = {
    "a.sum": MeasureInfo("a.sum", NAME, "count"),
    "a.other": MeasureInfo("a.other", NAME, "count"),
    "a.level": MeasureInfo("a.level", NAME, "count", "level", every="month"),
    "a.time": MeasureInfo("a.time", NAME, "minutes", "distribution"),
}
BAND = Aim(Fraction(10), Fraction(20))


def indicator(direction: str) -> Indicator:
    return Indicator(
        *("a-one", "a", NAME, NAME, "count", 1),
        formula("a.sum", MEASURES),
        *(direction, "month", "events", "head"),
    )


@pytest.mark.parametrize(
    ("direction", "now", "before", "expected"),
    [
        ("higher", 5, 4, "better"),
        ("higher", 4, 5, "worse"),
        ("lower", 4, 5, "better"),
        ("lower", 5, 4, "worse"),
        ("higher", 5, 5, "same"),
        # Shown as 5.0 both.
        ("higher", Fraction(504, 100), Fraction(496, 100), "same"),
        ("band", 12, 19, "same"),
        ("band", 22, 30, "better"),
        ("band", 8, 21, "worse"),
        ("band", 15, 9, "better"),
        ("none", 5, 4, None),
    ],
)
def test_better_and_worse_are_by_the_direction(direction, now, before, expected):
    aim = BAND if direction == "band" else None
    assert trend(indicator(direction), Fraction(now), Fraction(before), aim) == expected


def test_a_department_is_ranked_by_the_share_of_green_among_what_is_judged():
    found = ranked(
        {
            "half": ["green", "red", "no data", "no target"],
            "all": ["green", "green"],
            "also-half": ["green", "amber"],
            "worst": ["red", "green", "amber"],
            "nothing": ["no data", "no target"],
        },
        excused={},
        least=RankedFrom(50, 1),
    )
    assert {code: each.rank for code, each in found.items()} == {
        "all": 1,
        "half": 2,
        "also-half": 2,
        "worst": 4,
        "nothing": None,
    }
    assert found["worst"].score == Fraction(100, 3)
    assert found["half"].words.en == "1 of 2 judged KPIs are green; rank 2 of 4 departments"
    assert found["half"].words.mr.startswith("मूल्यमापन झालेल्या 2 पैकी 1 निर्देशांक हिरवे")
    assert found["nothing"].words.en == "none of its KPIs is judged"


def test_who_leaves_values_out_is_not_ranked():
    found = ranked(
        {
            "good-ones-only": ["green"] * 6 + ["no data"] * 4,
            "all": ["green"] * 7 + ["red"] * 3,
            "just": ["green"] * 6 + ["red"] + ["no data"] * 3,
            "not-due": ["green"] * 6 + ["red"] + ["no data"] * 13,
        },
        excused={"not-due": 11},
        least=RankedFrom(70, 5),
    )
    assert {code: each.rank for code, each in found.items()} == {
        "good-ones-only": None,
        "all": 3,
        "just": 1,
        "not-due": 1,
    }
    out = found["good-ones-only"]
    assert (out.coverage, out.expected, out.lacking, out.of) == (60, 10, 4, 3)
    assert out.words.en == "not ranked: 4 of 10 have no data"
    assert out.words.mr == "क्रमांक नाही: 10 पैकी 4 निर्देशांकांची माहिती नाही"
    assert (found["not-due"].expected, found["not-due"].lacking) == (9, 2)


def test_who_has_nearly_nothing_judged_is_not_ranked():
    found = ranked(
        {
            "one-of-many": ["green"] + ["no data"] * 13,
            "early": ["green"] * 4 + ["not judged"] * 10,
            "enough": ["green"] * 4 + ["red"] + ["not judged"] * 10,
            "all-of-few": ["green", "red", "no target", "no target"],
            "one-of-few": ["green", "not judged"],
        },
        excused={"one-of-many": 13},
        least=RankedFrom(70, 5),
    )
    assert {code: each.rank for code, each in found.items()} == {
        "one-of-many": None,
        "early": None,
        "enough": 1,
        "all-of-few": 2,
        "one-of-few": None,
    }
    early = found["early"]
    assert (early.coverage, early.score, early.of) == (100, 100, 2)
    assert early.words.en == "not ranked: KPIs that are judged: 4; at least 5 are needed"
    assert found["one-of-few"].words.en.endswith("judged: 1; at least 2 are needed")


@pytest.mark.parametrize(
    ("written", "by", "expected"),
    [
        ("a.sum", "ward", True),
        ("(a.sum - a.other) * 2 / 3", "day", True),
        ("stock(a.sum)", "ward", True),
        ("stock(a.sum)", "month", False),
        ("previous(a.sum)", "day", False),
        ("a.level", "zone", True),
        ("a.level", "day", False),
        ("a.sum / a.other", "ward", False),
        ("rate(a.sum, a.other)", "ward", False),
        ("percentile(a.time, 90)", "ward", False),
        ("max(a.sum, a.other)", "ward", False),
        ("a.sum + 1", "ward", False),
    ],
)
def test_parts_add_up_where_the_formula_is_a_sum(written, by, expected):
    assert adds_up(formula(written, MEASURES), by) is expected
