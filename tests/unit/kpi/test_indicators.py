"""The catalogue of KPIs: checked when it is read, honest about zeros, targets and rounding."""

import copy
from fractions import Fraction

import pytest

from palika.errors import Invalid, NotFound
from services.kpi.domain.indicators import catalogue
from services.kpi.reference import city_catalogue

NAME = {"mr": "नाव", "en": "Name"}
DATA = {
    "units": {"percent": {"mr": "टक्के", "en": "%"}},
    "measures": {
        "a.made": {"name": NAME, "unit": "percent"},
        "a.sold": {"name": NAME, "unit": "percent", "zero_with": "a.made"},
        "a.worn": {"name": NAME, "unit": "percent", "zero_with": "a.sold"},
    },
    "kpis": [
        {
            "code": "sold",
            "name": NAME,
            "unit": "percent",
            "decimals": 1,
            "formula": "a.sold / a.made * 100",
            "direction": "higher",
            "target": 50,
            "departments": ["shop"],
        }
    ],
}
MEASURES = {"a.made", "a.sold", "a.worn"}


def changed(**fields):
    data = copy.deepcopy(DATA)
    data["kpis"][0].update(fields)
    return data


def test_the_citys_own_catalogue_is_sound_and_bilingual():
    city = city_catalogue()
    assert len(city.indicators) >= 12
    assert all(
        any("\u0900" <= letter <= "\u097f" for letter in each.name["mr"])
        for each in city.indicators.values()
    )


def test_no_two_kpis_of_the_city_have_the_same_formula():
    formulas = [each.formula.text for each in city_catalogue().indicators.values()]
    assert len(set(formulas)) == len(formulas)


@pytest.mark.parametrize(
    ("field", "value", "mistake"),
    [
        ("formula", "a.sold / a.lost", "unknown measure a.lost"),
        ("formula", "a.sold /", "character 9"),
        ("direction", "up", "direction: one of"),
        ("unit", "furlongs", "unit: one of"),
        ("decimals", 9, "decimals"),
        ("target", "high", "target: a number"),
        ("target", True, "target: a number"),
        ("name", {"en": "Only English"}, "name.mr: missing"),
        ("colour", "red", "colour: unknown field"),
    ],
)
def test_a_mistake_is_told_with_the_entry_and_the_rule(field, value, mistake):
    with pytest.raises(Invalid) as error:
        catalogue(changed(**{field: value}), MEASURES)
    (where,) = error.value.details
    assert where == "kpis.sold"
    assert mistake in str(error.value.details)


def test_a_missing_field_and_a_code_used_twice_are_mistakes():
    data = copy.deepcopy(DATA)
    data["kpis"] += [copy.deepcopy(data["kpis"][0]), {"code": "half"}, "not a table"]
    with pytest.raises(Invalid) as error:
        catalogue(data, MEASURES)
    assert error.value.details["kpis.sold"] == ["code: used twice"]
    assert "formula: missing" in error.value.details["kpis.half"]
    assert error.value.details["kpis.4"] == ["must be a table of fields"]


def test_the_measures_described_are_those_that_events_feed():
    with pytest.raises(Invalid) as error:
        catalogue(DATA, (MEASURES - {"a.worn"}) | {"a.new"})
    assert error.value.details == {
        "measures.a.new": ["is projected but not described"],
        "measures.a.worn": ["is fed by no event"],
    }


def test_a_circle_of_zeros_is_refused():
    data = copy.deepcopy(DATA)
    data["measures"]["a.made"]["zero_with"] = "a.worn"
    with pytest.raises(Invalid, match="mistakes"):
        catalogue(data, MEASURES)


def test_an_absent_measure_is_zero_only_where_its_base_has_data():
    known = catalogue(DATA, MEASURES)
    assert known.complete({"a.made": 3}) == {"a.made": 3, "a.sold": 0, "a.worn": 0}
    assert known.complete({}) == {}
    assert known.complete({"a.worn": 1}) == {"a.worn": 1}


def test_a_department_sees_its_own_kpis_and_the_city_sees_all():
    known = catalogue(DATA, MEASURES)
    assert [each.code for each in known.of("shop")] == ["sold"]
    assert known.of("mill") == []
    assert [each.code for each in known.of(None)] == ["sold"]


def test_an_unknown_code_is_not_found():
    with pytest.raises(NotFound, match="'gone'"):
        catalogue(DATA, MEASURES).indicator("gone")


@pytest.mark.parametrize(
    ("direction", "target", "value", "status"),
    [
        ("higher", 50, 50, "met"),
        ("higher", 50, Fraction(4999, 100), "missed"),
        ("lower", 50, 50, "met"),
        ("lower", 50, 51, "missed"),
        ("higher", None, 51, "no target"),
        ("none", 50, 51, "no target"),
        ("higher", 50, None, "no data"),
    ],
)
def test_a_value_is_judged_by_direction_and_target(direction, target, value, status):
    known = catalogue(changed(direction=direction, target=target), MEASURES)
    exact = None if value is None else Fraction(value)
    assert known.indicator("sold").status(exact) == status


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [
        (Fraction(1, 3), 1, "0.3"),
        (Fraction(25, 100), 1, "0.3"),
        (Fraction(-25, 100), 1, "-0.3"),
        (Fraction(5, 2), 0, "3"),
        (Fraction(10**17 + 1, 100), 2, "1000000000000000.01"),
    ],
)
def test_values_are_rounded_halves_away_from_zero(value, decimals, shown):
    known = catalogue(changed(decimals=decimals), MEASURES)
    assert str(known.indicator("sold").rounded(value)) == shown
