"""A value against its target: by the year, the direction and the thresholds."""

from fractions import Fraction

import pytest

from palika.text import Name
from services.kpi.domain.formula import formula
from services.kpi.domain.indicators import Aim, Indicator, Thresholds
from services.kpi.domain.judging import STATUSES, judge

NAME = Name("नाव", "Name")


def aim(low: int, high: int | None = None) -> Aim:
    return Aim(Fraction(low), Fraction(low if high is None else high))


def judged(value, direction="higher", year=2026, **fields):
    given = {
        "code": "x-y",
        "department": "x",
        "name": NAME,
        "definition": NAME,
        "unit": "percent",
        "decimals": 1,
        "formula": formula("1", {}),
        "direction": direction,
        "frequency": "month",
        "source": "manual",
        "owner": "head",
        "every_year": aim(50),
    }
    found = judge(Indicator(**given | fields), None if value is None else Fraction(value), year)
    assert found.status in STATUSES
    assert found.words.mr
    assert found.words.en
    return found


def limits(green, red):
    return Thresholds(Fraction(green), Fraction(red))


@pytest.mark.parametrize(
    ("direction", "value", "status"),
    [
        ("higher", 50, "green"),
        ("higher", 80, "green"),
        ("higher", Fraction(4999, 100), "amber"),
        ("higher", 45, "amber"),
        ("higher", Fraction(4499, 100), "red"),
        ("lower", 50, "green"),
        ("lower", 0, "green"),
        ("lower", 55, "amber"),
        ("lower", Fraction(5501, 100), "red"),
    ],
)
def test_without_thresholds_a_tenth_off_the_target_is_amber(direction, value, status):
    assert judged(value, direction).status == status


def test_the_tolerance_is_the_kpis_own():
    assert judged(45, tolerance=Fraction(5)).status == "red"
    assert judged(45, tolerance=Fraction(0)).status == "red"


def test_where_the_target_is_zero_nothing_is_near_it():
    assert judged(0, "lower", every_year=aim(0)).status == "green"
    assert judged(1, "lower", every_year=aim(0)).status == "red"


@pytest.mark.parametrize(
    ("direction", "thresholds", "value", "status"),
    [
        ("lower", limits(25, 35), 25, "green"),
        ("lower", limits(25, 35), 26, "amber"),
        ("lower", limits(25, 35), 35, "red"),
        ("higher", limits(60, 40), 60, "green"),
        ("higher", limits(60, 40), 41, "amber"),
        ("higher", limits(60, 40), 40, "red"),
        ("lower", limits(0, 10), 0, "green"),
        ("higher", limits(10, 0), 0, "red"),
    ],
)
def test_thresholds_say_where_green_ends_and_red_begins(direction, thresholds, value, status):
    assert judged(value, direction, thresholds=thresholds).status == status
    # They hold where no target is set, too.
    assert judged(value, direction, thresholds=thresholds, every_year=None).status == status


@pytest.mark.parametrize(
    ("value", "status", "short"),
    [(40, "green", 0), (60, "green", 0), (50, "green", 0), (38, "amber", 2), (65, "amber", 5),
     (34, "red", 6), (66, "red", 6)],
)  # fmt: skip
def test_a_band_is_left_on_both_sides(value, status, short):
    found = judged(value, "band", every_year=aim(40, 60), thresholds=Thresholds(amber=Fraction(5)))
    assert (found.status, found.short) == (status, short)


@pytest.mark.parametrize(
    ("value", "status"), [(36, "amber"), (35, "red"), (66, "amber"), (67, "red")]
)
def test_without_thresholds_a_tenth_off_the_nearest_end_of_a_band_is_amber(value, status):
    assert judged(value, "band", every_year=aim(40, 60)).status == status


def test_the_target_is_that_of_the_year():
    targets = {2025: aim(30), 2026: aim(25)}
    found = {
        year: judged(28, "lower", year, every_year=None, targets=targets)
        for year in (2025, 2026, 2027)
    }
    assert [each.status for each in found.values()] == ["green", "red", "no target"]
    assert [each.short for each in found.values()] == [-2, 3, None]
    assert found[2026].aim == aim(25)


@pytest.mark.parametrize(
    ("direction", "value", "short"),
    [("higher", 40, 10), ("higher", 60, -10), ("lower", 60, 10), ("lower", 40, -10)],
)
def test_how_far_it_is_from_the_target_is_told_in_the_direction_of_worse(direction, value, short):
    assert judged(value, direction).short == short


def test_without_a_value_there_is_no_data_and_without_a_direction_no_target():
    assert judged(None).status == "no data"
    assert judged(None, "none").status == "no data"
    assert judged(5, "none").status == "no target"
    assert judged(5, every_year=None).status == "no target"
    assert judged(5, "band", every_year=None).status == "no target"


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (judged(60), "the target of 50 is reached"),
        (judged(46), "4 off the target of 50: within 10 per cent of it"),
        (judged(Fraction(1, 3)), "49.667 off the target of 50: more than 10 per cent of it"),
        (judged(20, "lower", thresholds=limits(25, 35)), "25 or less"),
        (judged(30, "lower", thresholds=limits(25, 35)), "between 25 and 35"),
        (judged(40, "lower", thresholds=limits(25, 35)), "35 or more"),
        (judged(50, "band", every_year=aim(40, 60)), "within 40 to 60"),
    ],
)
def test_why_is_told_in_words(found, words):
    assert found.words.en == words
