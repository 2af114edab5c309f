"""Scorecards: which marks count on a day, differences, what changed, what is missing, ranks."""

from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction

import pytest

from palika.errors import Conflict, Forbidden, Invalid
from palika.india import INDIA
from palika.text import Name
from services.kpi.domain.marking import check_mark, check_open, check_other_person
from services.kpi.domain.programme import Criterion, Exhibit, Link, Programme, Rule
from services.kpi.domain.scorecard import (
    CITY,
    OTHER,
    OWN,
    Entry,
    Mark,
    Reading,
    Review,
    Shown,
    applying,
    card,
    check_subject,
    computed,
    own_criteria,
    places,
)

NAME = Name("नाव", "Name")
SITE = Criterion("site", NAME, 10_00, exhibits=(Exhibit("audit", NAME),))
FILES = Criterion(
    "files", NAME, 20_00, links=(Link("ga-files", Rule(none=Fraction(0), full=Fraction(100))),)
)
FIRST = date(2026, 1, 5)


def programme(subjects=("corporation", "department")):
    return Programme(
        "short", NAME, NAME, NAME, "it-head", subjects, FIRST, 10, Fraction(60), (SITE, FILES), ()
    )


def at(day, hour=10):
    return datetime(2026, 1, day, hour, tzinfo=INDIA)


def mark(criterion="site", kind="self", marks=5_00, day=6, hour=10, by="officer:a", given=None):
    """A mark from a day on, given on it, or on a later one."""
    moment = at(given or day, hour)
    return Mark(criterion, kind, marks, date(2026, 1, day), moment, by)


def made(marks, day, shown=(), since=None):
    return card(programme(), CITY, date(2026, 1, day), marks, shown, since)


def held(day, recorded=None, hour=12):
    return Review(date(2026, 1, day), at(recorded or day, hour))


def test_a_mark_of_a_past_day_is_not_seen_on_a_day_before_it_was_given():
    marks = [mark(marks=5_00, day=6), mark(marks=9_00, day=7, given=12)]
    for day, counts in ((7, 5_00), (11, 5_00), (12, 9_00)):
        assert made(marks, day).lines[0].own.marks == counts, day
    assert [each.backdated for each in marks] == [False, True]
    # The day ends in India: 23:30 is still of it, half past midnight is not.
    late = [mark(marks=1_00, day=6, hour=23), mark(marks=2_00, day=6, given=7, hour=0)]
    assert made(late, 6).lines[0].own.marks == 1_00


def test_what_a_review_saw_stays_whatever_is_given_for_its_day_later():
    marks = [mark(marks=5_00, day=6)]
    seen = made(marks, 20, since=held(8)).lines[0]
    assert not seen.changed
    for later in (
        mark(marks=9_00, day=7, given=12),
        # On the day of the review, after it was recorded.
        mark(marks=9_00, day=8, hour=15),
    ):
        found = made([*marks, later], 20, since=held(8)).lines[0]
        assert (found.own_before.marks, found.own.marks, found.changed) == (5_00, 9_00, True)
    # Recorded days later, it saw what was there at the end of its day.
    found = made([*marks, mark(marks=9_00, day=7, given=12)], 20, since=held(8, recorded=15))
    assert found.lines[0].own_before.marks == 5_00


def test_evidence_that_comes_after_the_review_on_its_day_is_new():
    shown = [Shown("files", None, "a", at(8, 9), None), Shown("files", None, "b", at(8, 15), None)]
    assert made([], 9, shown, since=held(8)).lines[1].new_evidence == ("b",)


def test_the_latest_mark_up_to_the_day_counts_and_later_ones_do_not():
    marks = [mark(marks=5_00, day=6), mark(marks=7_00, day=9), mark(marks=6_00, day=8)]
    for day, counts in ((5, None), (6, 5_00), (7, 5_00), (8, 6_00), (9, 7_00), (30, 7_00)):
        own = made(marks, day).lines[0].own
        assert (own and own.marks) == counts, day


def test_of_one_day_the_mark_that_was_given_last_counts():
    marks = [mark(marks=7_00, hour=11), mark(marks=5_00, hour=10)]
    assert made(marks, 6).lines[0].own.marks == 7_00


def test_a_computed_mark_is_one_of_the_office():
    marks = [mark("files", "self", 4_00, 6), mark("files", "computed", 9_00, 7)]
    assert made(marks, 8).lines[1].own.kind == "computed"


def test_the_difference_is_told_once_both_sides_have_marks():
    marks = [mark(marks=8_00), mark(kind="third_party", marks=6_50, day=8, by="supervisor:b")]
    assert made(marks, 7).lines[0].difference is None
    assert made(marks, 8).lines[0].difference == -1_50


def test_totals_count_what_is_given_and_say_what_is_open():
    total = made([mark(marks=6_00)], 8).total(OWN)
    assert (total.marks, total.score, total.given, total.open) == (6_00, 20, 1, 1)
    assert made([mark(marks=6_00)], 8).total(OTHER).given == 0


def test_what_changed_since_the_review_is_marks_and_evidence():
    shown = [Shown("files", None, "report", at(8), None)]
    marks = [mark(marks=5_00, day=6), mark(marks=5_00, day=8)]
    found = made(marks, 9, shown, since=held(7))
    assert [line.criterion.code for line in found.changed] == ["files"]
    assert found.lines[1].new_evidence == ("report",)
    marks.append(mark(marks=6_00, day=9))
    found = made(marks, 9, shown, since=held(7))
    assert [line.criterion.code for line in found.changed] == ["site", "files"]
    assert found.lines[0].own_before.marks == 5_00


def test_missing_are_marks_evidence_that_is_asked_for_and_low_marks():
    def told(*args):
        return [(line.criterion.code, words.en) for line, words in made(*args).missing()]

    audit = [Shown("site", "audit", "report", at(6), at(9))]
    assert told([], 6) == [
        ("site", "no self-assessed marks"),
        ("site", "no evidence: Name"),
        ("files", "no self-assessed marks"),
    ]
    # Why there are none is told with it.
    unmarked = [replace(line, why=Name("कारण", "reason")) for line in made([], 6).lines]
    said = [words.en for _, words in replace(made([], 6), lines=tuple(unmarked)).missing()]
    assert said[0] == "no self-assessed marks: reason"
    low = [mark(marks=5_99), mark("files", marks=12_00)]
    assert told(low, 6, audit) == [("site", "marks below 60 %")]
    # From the day on which it was taken away, evidence is missing again.
    assert ("site", "no evidence: Name") in told(low, 9, audit)
    other = [Shown("site", None, "picture", at(6), None)]
    assert ("site", "no evidence: Name") in told(low, 6, other)


def test_of_two_sides_the_third_partys_mark_decides_whether_it_is_low():
    marks = [mark(marks=9_00), mark(kind="third_party", marks=1_00, by="supervisor:b")]
    assert made(marks, 6).lines[0].low(Fraction(60))


@pytest.mark.parametrize(
    ("marks", "day", "field", "said"),
    [
        (Fraction(11), 6, "marks", "from 0 to 10"),
        (Fraction(-1), 6, "marks", "from 0 to 10"),
        (Fraction(1, 8), 6, "marks", "two decimals"),
        (Fraction(1), 4, "day", "before the programme begins"),
        (Fraction(1), 21, "day", "after today"),
    ],
)
def test_marks_out_of_bounds_are_refused(marks, day, field, said):
    with pytest.raises(Invalid) as caught:
        check_mark(programme(), SITE, marks, date(2026, 1, day), date(2026, 1, 20))
    assert said in caught.value.fields[field][0]


def test_marks_are_kept_in_hundredths():
    today = date(2026, 1, 20)
    assert check_mark(programme(), SITE, Fraction("9.75"), today, today) == 975


@pytest.mark.parametrize(("kind", "before"), [("self", "third_party"), ("third_party", "self")])
def test_the_two_sides_are_given_by_different_people(kind, before):
    given = [mark(kind=before, by="supervisor:b")]
    with pytest.raises(Forbidden):
        check_other_person(kind, "supervisor:b", given)
    with pytest.raises(Forbidden):
        check_other_person(kind, "officer:b", given)
    check_other_person(kind, "officer:c", given)
    check_other_person(before, "supervisor:b", given)


@pytest.mark.parametrize(
    ("subjects", "subject", "right"),
    [
        (("corporation",), CITY, True),
        (("corporation",), "roads", False),
        (("department",), "roads", True),
        (("department",), CITY, False),
        (("department",), "lost", False),
        (("corporation", "department"), "roads", True),
    ],
)
def test_only_who_is_given_marks_has_a_scorecard(subjects, subject, right):
    if right:
        check_subject(programme(subjects), subject, ["roads"])
        return
    with pytest.raises(Invalid) as caught:
        check_subject(programme(subjects), subject, ["roads"])
    assert "subject" in caught.value.fields


def test_a_departments_marks_follow_from_its_own_kpis_and_from_what_events_count_of_it():
    rule = Rule(none=Fraction(0), full=Fraction(1))
    criterion = Criterion("c", NAME, 100, links=tuple(Link(each, rule) for each in ("a", "b", "c")))
    owned = {"a": "roads", "b": "water", "c": "water"}
    found = [each.kpi for each in applying(criterion, "roads", owned, ["c"])]
    assert found == ["a", "c"]
    assert len(applying(criterion, CITY, owned, [])) == 3


def test_computed_marks_are_the_mean_share_of_the_kpis_with_data():
    def read(share):
        return Reading("k", "2026-01", None, "", share)

    assert computed(FILES, []) is None
    assert computed(FILES, [read(None)]) is None
    assert computed(FILES, [read(Fraction(1)), read(None), read(Fraction(1, 3))]) == 13_33
    # Half a hundredth is rounded up.
    assert computed(Criterion("x", NAME, 25), [read(Fraction(1, 2))]) == 13


def test_equal_scores_share_a_rank_and_the_next_is_left_out():
    scores = {"a": 50, "b": 80, "c": 80, "d": 10}
    found = places(Entry(code, NAME, Fraction(score)) for code, score in scores.items())
    assert [(each.rank, each.entry.code) for each in found] == [
        (1, "b"), (1, "c"), (3, "a"), (4, "d")
    ]  # fmt: skip


def test_after_its_end_and_evaluation_a_programme_takes_no_marks():
    ended = replace(programme(), evaluation_days=5)
    check_open(ended, date(2026, 1, 19))
    with pytest.raises(Conflict) as refused:
        check_open(ended, date(2026, 1, 20))
    assert "ended on 14-01-2026, and marks were given until 19-01-2026" in str(refused.value)


def test_a_department_is_scored_by_the_marks_that_its_own_criteria_have():
    of = programme()
    assert own_criteria(of, "ga", {"ga-files": "ga"}, []) == {"site", "files"}
    assert own_criteria(of, "roads", {"ga-files": "ga"}, []) == {"site"}
    assert own_criteria(of, "roads", {"ga-files": "ga"}, ["ga-files"]) == {"site", "files"}
    assert of.score({"site": 5_00}) == Fraction(50, 3)
    assert of.score({"site": 5_00}, {"site"}) == 50
    weighted = replace(
        of,
        criteria=(replace(SITE, weight=Fraction(20)), replace(FILES, weight=Fraction(80))),
    )
    assert (weighted.score({"site": 5_00}), weighted.score({"site": 5_00}, {"site"})) == (10, 50)
