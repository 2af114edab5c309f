"""The catalogue of KPIs: whatever is wrong in its files is told, with the file and the line."""

import copy
import csv
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from palika.catalogue import service_class
from palika.text import Name
from services.kpi import reference
from services.kpi.domain.catalogue_file import catalogue
from services.kpi.domain.catalogue_reading import Wrong
from services.kpi.domain.catalogue_same import alike
from tests.support.mill import (
    ATTRIBUTES,
    EVENTS,
    FILE,
    FILES,
    KINDS,
    MILL,
    NAME,
    PROJECTED,
    REMOVED,
    made,
    mill,
)


def mistakes(changes: dict[str, Any]) -> list[tuple[str, str, str]]:
    with pytest.raises(Wrong) as error:
        made(**changes)
    return list(error.value.found)


def test_the_sample_is_right_and_says_what_is_written():
    known = made()
    assert list(known.indicators) == ["mill-yield", "mill-sold"]
    ground = known.measures["mill.ground"]
    assert (ground.department, ground.decimals, ground.by, ground.due_days) == (
        *("mill", 1),
        ("ward",),
        10,
    )
    assert (ground.least, ground.most, ground.manual) == (0, 1000, True)
    tea = known.measures["tea.sold"]
    assert (tea.unit, tea.kind, tea.zero_with) == ("count", "sum", "shop.filed")
    kpi = known.indicator("mill-yield")
    assert kpi.owner == "mill-head"
    assert (kpi.aim(2025).low, kpi.aim(2026).low, kpi.aim(2027)) == (40, 50, None)
    assert (kpi.baseline.value, kpi.baseline.period) == (38, "2024")
    assert kpi.illustrative == {"targets", "thresholds", "baseline"}
    assert known.indicator("mill-sold").aim(2031).high == 60


def test_the_citys_own_catalogue_is_sound_and_a_service_that_has_it_starts():
    city = reference.city_catalogue()
    assert len(city.indicators) >= 12
    service_class("kpi")()


def test_every_department_of_the_catalogue_is_one_of_the_citys():
    organisation = Path("services/eoffice/data/organisation/departments.csv")
    with organisation.open(encoding="utf-8", newline="") as file:
        of_the_city = {row["code"]: Name(row["mr"], row["en"]) for row in csv.DictReader(file)}
    for code, each in reference.city_catalogue().departments.items():
        assert of_the_city[code] == each.name


def kpi(place: int, field: str, to: Any) -> dict[str, Any]:
    return mill("kpis", place - 1, field, to=to)


def measure(name: str, field: str, to: Any) -> dict[str, Any]:
    return mill("measures", name, field, to=to)


def part(code: str, **fields: Any) -> dict[str, Any]:
    content = copy.deepcopy(EVENTS)
    content["measures"][code] = {"name": NAME, **fields}
    return {"measures/shop.yaml": content}


KPI = "kpis, 1"
GROUND = "measures, mill.ground"
WRONG = [
    # Fields and names
    (kpi(1, "colour", "red"), KPI, "colour not known"),
    (kpi(1, "formula", REMOVED), KPI, "formula missing"),
    (kpi(1, "name", {"en": "Yield"}), f"{KPI}, name", "mr missing"),
    (kpi(1, "name", {"mr": "Yield", "en": "Yield"}), f"{KPI}, name, mr", "Devanagari"),
    (kpi(1, "name", {"mr": "नाव", "en": "नाव"}), f"{KPI}, name, en", "in English"),
    (kpi(1, "definition", {"mr": "नाव", "en": ""}), f"{KPI}, definition, en", "must be text"),
    (kpi(1, "code", "Mill Yield"), f"{KPI}, code", "small letters"),
    (kpi(2, "code", "mill-yield"), "kpis, 2, code", "used twice: mill has it too"),
    (kpi(2, "code", "shop-sold"), "kpis, 2, code", "the codes of this file with mill"),
    (kpi(2, "name", {"mr": "उतारा", "en": "X"}), "kpis, 2, name", "mill-yield has the same name"),
    (mill("department", to="roads"), "department", "must be as the file is called: mill"),
    (mill("owner", to=REMOVED), "file", "owner missing"),
    (mill("kpis", to={}), "kpis", "must be a list"),
    (mill("kpis", to=["x"]), "kpis, 1", "must be a mapping"),
    ({FILE: None}, "file", "must be a mapping"),
    # Formulas
    (kpi(1, "formula", "mill.lost"), f"{KPI}, formula", "character 1 of 'mill.lost': unknown"),
    (kpi(1, "formula", "mill.ground /"), f"{KPI}, formula", "character 14"),
    (kpi(1, "formula", "7"), f"{KPI}, formula", "there is no measure in it"),
    (kpi(1, "formula", "rate(shop.days, 1)"), f"{KPI}, formula", "cannot stand alone"),
    (
        kpi(1, "formula", "100 * shop.sold / (shop.filed)"),
        "kpis, 2, formula",
        "the same as that of mill-yield",
    ),
    # What goes together
    (kpi(1, "source", "events"), f"{KPI}, source", "make it manual, not events"),
    (kpi(2, "source", "mixed"), "kpis, 2, source", "make it events, not mixed"),
    (kpi(1, "frequency", "week"), f"{KPI}, frequency", "mill.ground is entered every month only"),
    (kpi(1, "dimensions", ["ward"]), f"{KPI}, dimensions", "mill.people is not entered by ward"),
    (kpi(1, "dimensions", ["street"]), f"{KPI}, dimensions, 1", "must be one of ward, zone"),
    (kpi(1, "frequency", "day"), f"{KPI}, frequency", "must be one of week"),
    (kpi(1, "unit", "furlongs"), f"{KPI}, unit", "must be one of count, percent"),
    (kpi(1, "decimals", 9), f"{KPI}, decimals", "from 0 to 3"),
    (kpi(1, "scope", "ward"), f"{KPI}, scope", "must be one of city, department"),
    (kpi(1, "reference", {"source": "hearsay"}), f"{KPI}, reference, source", "not in sources"),
    (kpi(1, "programme", ["150 Days"]), f"{KPI}, programme, 1", "small letters"),
    # Direction, targets, thresholds
    (kpi(1, "direction", "up"), f"{KPI}, direction", "must be one of higher"),
    (kpi(1, "direction", "lower"), f"{KPI}, thresholds", "lower is better, green must be below"),
    (kpi(1, "direction", "none"), f"{KPI}, targets", "nothing is aimed at"),
    (kpi(1, "thresholds", {"green": 20, "red": 30}), f"{KPI}, thresholds", "must be above red"),
    (kpi(1, "thresholds", {"green": 60, "red": 45}), f"{KPI}, thresholds", "a target, 40, would"),
    (kpi(1, "thresholds", {"green": 60}), f"{KPI}, thresholds", "red missing"),
    (kpi(1, "thresholds", {"amber": 5}), f"{KPI}, thresholds", "green, red missing"),
    (kpi(1, "tolerance", 5), f"{KPI}, tolerance", "thresholds say it already"),
    (kpi(1, "targets", "high"), f"{KPI}, targets", "must be a number"),
    (kpi(1, "targets", True), f"{KPI}, targets", "must be a number"),
    (kpi(1, "targets", float("nan")), f"{KPI}, targets", "must be a number"),
    (kpi(1, "targets", {"26": 4}), f"{KPI}, targets, 26", "must be a financial year"),
    (kpi(1, "targets", {"2026": [1, 2]}), f"{KPI}, targets, 2026", "for direction: band only"),
    (kpi(2, "targets", 5), "kpis, 2, targets", "a band is [low, high]"),
    (kpi(2, "targets", [60, 40]), "kpis, 2, targets", "low end must be below"),
    (kpi(2, "targets", REMOVED), "kpis, 2", "targets missing"),
    (kpi(2, "thresholds", {"amber": 0}), "kpis, 2, thresholds, amber", "must be above 0"),
    (kpi(2, "illustrative", ["targets"]), "kpis, 2, thresholds", "name them under illustrative"),
    (kpi(1, "illustrative", ["owner"]), f"{KPI}, illustrative, 1", "must be one of targets"),
    (kpi(1, "baseline", {"value": 1, "period": "26"}), f"{KPI}, baseline, period", "must be as"),
    (kpi(1, "baseline", {"value": "x", "period": "2024"}), f"{KPI}, baseline, value", "a number"),
    # Measures that are entered
    (measure("mill.ground", "unit", "furlongs"), f"{GROUND}, unit", "must be one of"),
    (measure("mill.ground", "kind", "distinct"), f"{GROUND}, kind", "must be one of sum, level"),
    (measure("mill.ground", "every", "hour"), f"{GROUND}, every", "must be one of day"),
    (measure("mill.ground", "by", ["ward", "zone"]), f"{GROUND}, by", "ward or zone"),
    (measure("mill.ground", "source", "rpc"), f"{GROUND}, source", "must be one of form"),
    (measure("mill.ground", "due_days", -1), f"{GROUND}, due_days", "from 0 to 366"),
    (measure("mill.ground", "max", 0), f"{GROUND}, max", "must be above min"),
    (measure("mill.ground", "min", "low"), f"{GROUND}, min", "must be a number"),
    (measure("mill.ground", "zero_with", "mill.gone"), f"{GROUND}, zero_with", "unknown measure"),
    (measure("mill.ground", "zero_with", "mill.ground"), f"{GROUND}, zero_with", "circular"),
    (measure("mill.ground", "due_with", "mill.gone"), f"{GROUND}, due_with", "another measure"),
    (measure("mill.ground", "due_with", "mill.ground"), f"{GROUND}, due_with", "another measure"),
    (measure("mill.ground", "due_with", "shop.days"), f"{GROUND}, due_with", "is in days, not"),
    (kpi(1, "formula", "mill.people"), GROUND, "no KPI uses it"),
    (mill("measures", "ground", to=MILL["measures"]["mill.ground"]), "measures, ground", "dots"),
    (
        mill("measures", "shop.sold", to=MILL["measures"]["mill.ground"]),
        "measures, shop.sold",
        "another measure of this code",
    ),
]


@pytest.mark.parametrize(("changes", "place", "rule"), WRONG)
def test_a_mistake_in_a_departments_file_is_told_with_place_and_rule(changes, place, rule):
    found = mistakes(changes)
    assert [(FILE, place)] == [(file, at) for file, at, said in found if rule in said], found


PARTS = [
    (
        part("x.y", of="shop.lost", where={"category": ["x"]}),
        "x.y, of",
        "unknown measure shop.lost",
    ),
    (part("x.y", of="x.y", where={"category": ["x"]}), "x.y, of", "circular"),
    (part("x.y", of="mill.ground", where={"category": ["x"]}), "x.y, of", "only what events feed"),
    (part("x.y", of="shop.sold", where={"mode": ["x"]}), "x.y, where, mode", "offers category"),
    (part("x.y", of="shop.days", where={"mode": ["x"]}), "x.y, where, mode", "no attributes"),
    (part("x.y", of="shop.sold", where={}), "x.y, where", "one attribute at least"),
    (part("x.y", of="shop.sold", where={"category": []}), "x.y, where, category", "one at least"),
    (part("x.y", of="shop.sold", where={"category": ["x", "x"]}), "x.y, where, category", "twice"),
    (part("x.y", of="shop.sold", where={"category": ["tea"]}), "x.y", "the same part as tea.sold"),
    (part("x.y", of="shop.sold"), "x.y", "where missing"),
    (part("x.y", unit="count", kind="sum"), "x.y", "no event feeds it"),
    (part("x.y", unit="count", kind="gauge"), "x.y, kind", "must be one of sum"),
    (
        part("shop.filed", unit="count", kind="level"),
        "shop.filed, kind",
        "must be sum, as events feed it",
    ),
    (
        part("shop.filed", unit="count", kind="sum", zero_with="shop.sold"),
        "shop.filed, zero_with",
        "circular",
    ),
]


@pytest.mark.parametrize(("changes", "place", "rule"), PARTS)
def test_a_mistake_in_a_measure_is_told_with_place_and_rule(changes, place, rule):
    with pytest.raises(Wrong) as error:
        catalogue(copy.deepcopy(FILES) | changes, PROJECTED, ATTRIBUTES, KINDS)
    found = list(error.value.found)
    assert ("measures/shop.yaml", f"measures, {place}") in [
        (file, at) for file, at, said in found if rule in said
    ], found


def test_a_circle_of_parts_is_refused_and_not_followed_for_ever():
    content = copy.deepcopy(EVENTS)
    for one, other in (("p.a", "p.b"), ("p.b", "p.c"), ("p.c", "p.a")):
        content["measures"][one] = {"of": other, "where": {"category": [one]}, "name": NAME}
    found = mistakes({"measures/shop.yaml": content})
    assert any(rule.startswith("circular") for _, _, rule in found)


def test_a_part_of_a_part_meets_the_conditions_of_both():
    content = part("x.y", of="tea.sold", where={"category": ["tea", "milk"]})
    content["measures/shop.yaml"]["measures"]["x.z"] = {
        "of": "shop.filed",
        "where": {"mode": [True, None], "category": ["x"]},
        "name": NAME,
    }
    known = made(**content)
    assert known.parts() == {
        "tea.sold": {"of": "shop.sold", "where": {"category": ["tea"]}},
        "x.y": {"of": "shop.sold", "where": {"category": ["tea"]}},
        "x.z": {"of": "shop.filed", "where": {"mode": [True, None], "category": ["x"]}},
    }


def test_a_measure_that_events_feed_and_no_file_describes_is_told():
    with pytest.raises(Wrong, match=r"events feed shop\.new"):
        catalogue(copy.deepcopy(FILES), PROJECTED | {"shop.new"}, ATTRIBUTES)


@pytest.mark.parametrize("name", ["units.yaml", "sources.yaml"])
def test_without_units_or_sources_there_is_no_catalogue(name):
    assert (name, "file", "must be a mapping, not None") in mistakes({name: None})
    assert any(file == name for file, _, _ in mistakes({name: {name[:-5]: {"x": 3}}}))


def test_the_same_formula_of_two_departments_counts_two_things_and_of_the_city_one():
    other = copy.deepcopy(MILL) | {"department": "shop", "measures": {}}
    other["kpis"] = [MILL["kpis"][1] | {"code": "shop-sold", "name": NAME}]
    assert len(made(**{"departments/shop.yaml": other}).indicators) == 3
    here = mill("kpis", 1, "scope", to="city")
    other["kpis"][0]["scope"] = "city"
    found = mistakes({**here, "departments/shop.yaml": other})
    assert found == [("departments/shop.yaml", "kpis, 1, formula", "the same as that of mill-sold")]


def test_a_part_under_another_name_does_not_hide_the_same_formula():
    content = copy.deepcopy(MILL)
    content["kpis"][0] |= {"formula": "tea.sold", "source": "events"}
    content["kpis"][1] |= {"formula": "leaf.sold / 60"}
    content["measures"] = {
        "leaf.sold": {"of": "shop.sold", "where": {"category": ["tea"]}, "name": NAME}
    }
    rules = [rule for _, _, rule in mistakes({FILE: content})]
    assert "the same as that of mill-yield" in rules
    assert "the same part as tea.sold" in rules


@pytest.mark.parametrize(
    "formula",
    ["rate(shop.filed - shop.sold, shop.filed)", "rate(shop.filed, shop.sold)"],
)
def test_a_share_turned_over_is_the_same_kpi_of_the_same_department(formula):
    content = copy.deepcopy(MILL)
    names = {"mr": "उरलेले", "en": "Left"}
    content["kpis"].append(
        content["kpis"][1] | {"code": "mill-left", "name": names, "formula": formula}
    )
    rule = "the same as that of mill-sold, as the rest of its whole or the other way up"
    assert mistakes({FILE: content}) == [(FILE, "kpis, 3, formula", rule)]


def test_what_cancels_out_is_told():
    found = mistakes(
        mill("kpis", 1, "formula", to="rate(shop.sold * tea.sold, shop.filed * tea.sold)")
    )
    assert found == [(FILE, "kpis, 2, formula", "tea.sold cancels out: it says nothing")]


def test_rates_that_differ_in_one_value_alone_are_told_and_not_refused():
    content = copy.deepcopy(MILL)
    of = {"of": "shop.filed", "name": NAME}
    values = {
        "web": ["web", "app"],
        "all": ["web", "app", "call"],
        "desk": ["desk"],
        "call": ["call"],
    }
    for code, modes in values.items():
        content["measures"][f"mill.{code}"] = of | {"where": {"mode": modes}}
        content["kpis"].append(
            content["kpis"][1]
            | {
                "code": f"mill-{code}",
                "name": {"mr": "नाव" * len(content["kpis"]), "en": code},
                "formula": f"rate(mill.{code}, shop.filed)",
            }
        )
    known = made(**{FILE: content})
    assert alike(known) == ["mill-web and mill-all differ in call alone: are they one indicator?"]


def test_every_mistake_is_told_at_once():
    content = copy.deepcopy(MILL)
    content["kpis"][0] |= {"unit": "x", "formula": "mill.ground +"}
    content["kpis"][1] |= {"direction": "up"}
    content["measures"]["mill.people"]["by"] = "ward"
    found = mistakes({FILE: content, "units.yaml": {"units": {"count": {"mr": "संख्या"}}}})
    places = {(file, place) for file, place, _ in found}
    assert {
        (FILE, "kpis, 1, unit"),
        (FILE, "kpis, 1, formula"),
        (FILE, "kpis, 2, direction"),
        (FILE, "measures, mill.people, by"),
        ("units.yaml", "units, count"),
    } <= places


LAND = "land.compensation_"


@pytest.mark.parametrize(
    ("code", "ended", "begun"),
    [
        ("ga-eoffice-disposal", "eoffice.closed", "eoffice.opened"),
        ("ga-grievance-disposal", "grievance.resolved", "grievance.filed"),
        ("land-compensation-resolved", LAND + "resolved", LAND + "grievances"),
    ],
)
def test_disposal_is_of_all_that_was_in_hand_and_not_of_what_came_in_a_quiet_month(
    code, ended, begun
):
    of = reference.city_catalogue().indicator(code).formula
    # 13 ended in the month in which 8 began; 60 had begun before, and 40 of them ended.
    known = {ended: (13, 53), begun: (8, 68)}
    known["eoffice.ended"] = known["land.compensation_ended"] = (13, 53)
    values = {one: known.get(one.measure, (0, 0))[one.shift.span == "stock"] for one in of.inputs}
    # Of 28 that were in hand 15 are open still.
    assert of.apply(values).value == Fraction(1300, 28)
