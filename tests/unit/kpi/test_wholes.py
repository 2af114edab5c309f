"""Which measures can be held against which, and a value against what it is a part of."""

from dataclasses import replace
from datetime import date

import pytest

from palika.text import Name
from services.kpi.domain.catalogue_wholes import wrong_wholes
from services.kpi.domain.entry import Key
from services.kpi.domain.indicators import MeasureInfo
from services.kpi.domain.places import Places
from services.kpi.domain.wholes import Known
from services.kpi.reference import city_catalogue

WHOLE = MeasureInfo(
    "some.whole", Name("क", "whole"), "tonnes", department="mill", every="month", by=("ward",)
)
PART = replace(WHOLE, code="some.part", decimals=1, at_most="some.whole")
CITY = Places({"a": Name("अ", "a"), "b": Name("ब", "b")}, {}, {})
OCTOBER, SEPTEMBER = date(2026, 10, 31), date(2026, 9, 30)


def found(part: MeasureInfo, whole: MeasureInfo) -> list[tuple[str, str, str]]:
    return list(wrong_wholes({part.code: part, whole.code: whole}))


def test_a_part_of_the_same_unit_department_and_period_is_right():
    assert found(PART, WHOLE) == []
    assert found(replace(PART, by=()), WHOLE) == []
    assert found(replace(PART, every="quarter"), replace(WHOLE, kind="level")) == []


@pytest.mark.parametrize(
    ("part", "whole", "rule"),
    [
        ({"at_most": "some.other"}, {}, "unknown measure some.other"),
        ({}, {"department": "shop"}, "some.whole is not entered by this department"),
        ({}, {"every": None}, "some.whole is not entered by this department"),
        ({}, {"unit": "count"}, "this is in tonnes, and some.whole in count"),
        ({"every": "quarter"}, {}, "some.whole is a sum of every month: only a sum of the same"),
        ({"kind": "level"}, {}, "some.whole is a sum of every month: only a sum of the same"),
        ({}, {"by": ("zone",)}, "this is entered by ward, and some.whole by zone"),
        ({"rarely_above": "some.whole"}, {}, "at_most says it already"),
        ({}, {"at_most": "some.part"}, "circular: it leads back to itself"),
        ({}, {"rarely_above": "some.part"}, "circular: it leads back to itself"),
    ],
)
def test_what_cannot_be_compared_is_refused(part, whole, rule):
    first = found(replace(PART, **part), replace(WHOLE, **whole))[0]
    assert first[:2] == ("some.part", "at_most")
    assert rule in first[2]


def above(values: dict[tuple[str, str, date], int], *key: object, **changes: object) -> list:
    whole = replace(WHOLE, **changes)
    measures = {"some.part": PART, "some.whole": whole}
    known = Known({Key(*each): value for each, value in values.items()}, measures, CITY)
    return [(float(e.has), float(e.most), e.refused) for e in known.touched(Key(*key))]


def test_values_of_other_decimals_are_compared_in_their_unit():
    values = {("some.part", "a", OCTOBER): 101, ("some.whole", "a", OCTOBER): 10}
    assert above(values, "some.part", "a", OCTOBER) == [(10.1, 10, True)]
    assert above(values, "some.whole", "a", OCTOBER) == [(10.1, 10, True)]
    assert above(values | {("some.part", "a", OCTOBER): 100}, "some.part", "a", OCTOBER) == []


def test_another_place_or_period_of_a_sum_says_nothing():
    values = {("some.part", "a", OCTOBER): 101, ("some.whole", "a", SEPTEMBER): 10}
    assert above(values, "some.part", "a", OCTOBER) == []
    values = {("some.part", "a", OCTOBER): 101, ("some.whole", "b", OCTOBER): 10}
    assert above(values, "some.part", "a", OCTOBER) == []


def test_a_level_stands_and_what_is_above_an_earlier_one_is_not_refused():
    values = {("some.part", "a", OCTOBER): 101, ("some.whole", "a", SEPTEMBER): 10}
    assert above(values, "some.part", "a", OCTOBER, kind="level") == [(10.1, 10, False)]
    assert above(values, "some.whole", "a", SEPTEMBER, kind="level") == [(10.1, 10, False)]
    values[("some.whole", "a", OCTOBER)] = 11
    assert above(values, "some.whole", "a", SEPTEMBER, kind="level") == []


def test_a_whole_of_the_city_is_held_against_the_wards_that_are_there():
    values = {("some.part", "a", OCTOBER): 60, ("some.whole", "", OCTOBER): 10}
    assert above(values, "some.whole", "", OCTOBER, by=()) == []
    values[("some.part", "b", OCTOBER)] = 41
    assert above(values, "some.part", "b", OCTOBER, by=()) == [(10.1, 10, True)]
    assert above(values, "some.whole", "", OCTOBER, by=()) == [(10.1, 10, True)]


def test_a_part_of_the_city_waits_for_all_wards_of_its_whole():
    measures = {"some.part": replace(PART, by=()), "some.whole": WHOLE}
    values = {Key("some.part", "", OCTOBER): 101, Key("some.whole", "a", OCTOBER): 4}
    assert Known(values, measures, CITY).touched(Key("some.part", "", OCTOBER)) == []
    values[Key("some.whole", "b", OCTOBER)] = 6
    (told,) = Known(values, measures, CITY).touched(Key("some.whole", "b", OCTOBER))
    assert told.refused


def test_the_shipped_shares_have_a_whole():
    """What is a part by its name is held to its whole; a few that are known are looked at."""
    known = city_catalogue().measures
    assert known["waste.households_covered"].at_most == "waste.households"
    assert known["water.revenue_paise"].rarely_above == "water.expense_paise"
    assert known["audit.paras_settled"].at_most is None
    assert sum(each.at_most is not None for each in known.values()) > 230
