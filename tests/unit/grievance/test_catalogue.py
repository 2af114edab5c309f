"""What can be complained about, and where."""

import copy
import re
from typing import Any

import pytest

from palika.errors import Invalid
from services.grievance.domain.catalogue import foreign
from services.grievance.domain.catalogue_file import Mistakes, catalogue, parts
from services.grievance.files.city import Folder
from services.grievance.reference import city

ROADS, FIELDS = "catalogue/roads.yaml", "catalogue/fields.yaml"
DEVANAGARI = re.compile("[\u0904-\u0939]")
# Since the first version; grievances, the demo and the indicators' data carry them.
FIRST_CODES = {
    "roads": ["pothole", "road-damage", "footpath-damage", "speed-breaker"],
    "drainage": ["water-logging", "drainage-choked", "manhole-cover", "sewage-overflow"],
    "water-supply": ["no-water", "low-pressure", "water-leakage", "contaminated-water"],
    "solid-waste": ["garbage-not-collected", "garbage-dump", "street-not-swept", "public-toilet"],
    "electrical": ["street-light", "street-light-row"],
    "garden": ["tree-fall", "tree-trimming", "park-upkeep"],
    "health": ["mosquitoes", "stray-dogs", "dead-animal"],
    "building-permission": ["unauthorised-building"],
    "encroachment": ["encroachment"],
    "property-tax": ["tax-bill"],
    "general-administration": ["other"],
}


@pytest.fixture(scope="module")
def shipped() -> dict[str, Any]:
    """What the shipped files hold, by name."""
    folder = Folder(None)
    head = folder.yaml("catalogue.yaml")
    return {name: folder.yaml(name) for name in ("catalogue.yaml", "wards.yaml", *parts(head))}


@pytest.fixture
def files(shipped: dict[str, Any]) -> dict[str, Any]:
    """The same, for the test to change."""
    return copy.deepcopy(shipped)


def made(files):
    """The catalogue of these files."""
    listed = {name: files[name] for name in parts(files["catalogue.yaml"])}
    return catalogue(files["catalogue.yaml"], listed, files["wards.yaml"])


# ---- what is shipped


def test_the_shipped_catalogue_is_that_of_a_whole_city():
    assert len(city().categories) >= 25
    assert len(city().subcategories) >= 120
    assert len(city().wards) == 15
    asked = [each for each in city().subcategories.values() if each.fields]
    assert len(asked) > len(city().subcategories) / 2
    assert {field.type for each in asked for field in each.fields} == {
        "text", "integer", "number", "boolean", "date", "choice", "multichoice",
    }  # fmt: skip


def test_everything_has_a_name_in_marathi_and_one_in_english():
    entries = [*city().categories.values(), *city().subcategories.values()]
    names = [each.name for each in entries] + list(city().departments.values())
    for entry in city().subcategories.values():
        for field in entry.fields:
            names += [field.name, *field.choices.values()]
    for name in names:
        assert DEVANAGARI.search(name.mr), name
        assert not DEVANAGARI.search(name.en), name
        assert name.mr == name.mr.strip()
        assert name.en == name.en.strip()


def test_no_two_sub_categories_are_called_the_same():
    for language in ("mr", "en"):
        names = [
            each.name.in_(language)
            for each in city().subcategories.values()
            if each.code != "other"
        ]
        assert sorted(names) == sorted(set(names))


def test_every_sub_category_is_listed_under_its_category_and_every_department_has_work():
    for category in city().categories.values():
        for code in category.subcategories:
            assert city().subcategories[code].parent == category.code
    listed = [code for each in city().categories.values() for code in each.subcategories]
    assert sorted(listed) == sorted(city().subcategories)
    assert {each.department for each in city().subcategories.values()} == set(city().departments)


def test_the_first_codes_stay_with_their_departments():
    for department, codes in FIRST_CODES.items():
        assert {city().route(code).department for code in codes} == {department}


def test_every_category_of_the_demo_is_in_the_catalogue():
    assert Folder(None).yaml("seed.yaml")["categories"].keys() <= city().subcategories.keys()


def test_emergencies_do_not_wait_for_the_office_to_open():
    emergencies = [each for each in city().subcategories.values() if each.priority == "emergency"]
    assert len(emergencies) >= 10
    assert all(each.round_the_clock and each.sla_hours <= 24 for each in emergencies)
    assert not city().subcategories["tax-bill"].round_the_clock


def test_what_tells_on_somebody_is_taken_without_a_name_and_never_shown():
    bribe = city().subcategory("bribe")
    assert bribe.anonymous
    assert bribe.private
    assert city().route("bribe").private
    assert not city().subcategory("tax-assessment").anonymous


# ---- looking up


def test_a_sub_category_goes_to_its_department():
    routing = city().route("pothole")
    assert (routing.department, routing.parent) == ("roads", "roads")
    assert city().route("signal-not-working").department == "electrical"
    assert city().categories["traffic"].department == "traffic"


def test_an_unknown_category_is_refused_and_the_nearest_are_named():
    with pytest.raises(Invalid) as refused:
        city().route("pot-hole")
    assert "pothole" in refused.value.fields["category"][0]


def test_a_category_above_is_refused_and_its_sub_categories_are_named():
    with pytest.raises(Invalid) as refused:
        city().route("street-lights")
    assert "street-light-row" in refused.value.fields["category"][0]


@pytest.mark.parametrize("category", ["stlouis:POTHOLE", "pot-hole", "", "x" * 100, "\x00"])
def test_a_citizen_cannot_use_a_foreign_or_an_unknown_code(category):
    with pytest.raises(Invalid):
        city().route(category)


def test_an_import_may_bring_foreign_codes_but_no_unknown_ones():
    routing = city().route_imported(foreign("x", "Snow/Ice"), foreign("x", "STREETS"))
    assert routing.department == "x:STREETS"
    assert routing.sla_hours == city().fallback.sla_hours
    assert (routing.parent, routing.private) == (None, False)
    assert city().route_imported("pothole", None) == city().route("pothole")
    assert city().route_imported("pothole", "garden").department == "garden"
    with pytest.raises(Invalid):
        city().route_imported("pot-hole", None)
    with pytest.raises(Invalid):
        city().route_imported("pothole", "streets")


def test_a_ward_must_be_of_the_city_unless_it_is_imported():
    city().check_ward(None)
    city().check_ward("aundh-baner")
    city().check_ward("x:16", imported=True)
    for ward, imported in (("x:16", False), ("16", True)):
        with pytest.raises(Invalid):
            city().check_ward(ward, imported=imported)


def test_a_foreign_category_is_its_own_name():
    assert city().category_name("x:Snow/Ice").en == "Snow/Ice"
    assert city().category_name("pothole").mr == "रस्त्यावरील खड्डे"
    assert city().category_name("roads").en == "Roads"


# ---- what a city writes


def test_a_sub_category_takes_from_its_category_and_that_from_the_defaults(files):
    head, roads = files["catalogue.yaml"], files[ROADS]["categories"]["roads"]
    head["defaults"]["priority"] = "low"
    roads["clock"] = "round_the_clock"
    roads["subcategories"]["pothole"] |= {"private": True, "department": "garden"}
    pothole = made(files).subcategories["pothole"]
    assert pothole.priority == "low"
    assert pothole.clock == "round_the_clock"
    assert (pothole.private, pothole.department) == (True, "garden")
    assert not made(files).subcategories["road-damage"].private


def test_a_field_is_required_where_it_is_asked_so(files):
    lights = files[ROADS]["categories"]["street-lights"]["subcategories"]
    lights["street-light"]["fields"] = {"since_days": "optional", "pole_number": "required"}
    asked = made(files).subcategories["street-light"].fields
    assert [(field.code, field.required) for field in asked] == [
        ("since_days", False),
        ("pole_number", True),
    ]
    assert not made(files).subcategories["light-pole-damaged"].fields[0].required


def pothole(**facts):
    return lambda files: files[ROADS]["categories"]["roads"]["subcategories"]["pothole"].update(
        facts
    )


def roads(**facts):
    return lambda files: files[ROADS]["categories"]["roads"].update(facts)


def head(**facts):
    return lambda files: files["catalogue.yaml"].update(facts)


def question(**facts):
    return lambda files: files[FIELDS]["fields"]["how_many"].update(facts)


POTHOLE = f"{ROADS}: categories, roads, subcategories, pothole"
HOW_MANY = f"{FIELDS}: fields, how_many"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (pothole(department="streets"), f"{POTHOLE}, department: must be one of"),
        (pothole(sla_hours=0), f"{POTHOLE}, sla_hours: must be a whole number"),
        (pothole(sla_hours=True), f"{POTHOLE}, sla_hours: must be a whole number"),
        (pothole(sla_hours="24"), f"{POTHOLE}, sla_hours: must be a whole number"),
        (pothole(mr=""), f"{POTHOLE}: needs a name"),
        (pothole(priority="urgent"), f"{POTHOLE}, priority: must be one of low, normal"),
        (pothole(clock="day"), f"{POTHOLE}, clock: must be one of"),
        (pothole(anonymous=True), f"{POTHOLE}, anonymous: must be one of allowed, refused"),
        (pothole(evidence="photo"), f"{POTHOLE}, evidence: must be one of required, optional"),
        (pothole(private="no"), f"{POTHOLE}, private: must be true or false"),
        (pothole(duplicate_radius_m=1001), f"{POTHOLE}, duplicate_radius_m: must be"),
        (pothole(sla_minutes=3), f"{POTHOLE}: sla_minutes not known"),
        (pothole(fields=["how_many"]), f"{POTHOLE}, fields: must be a mapping"),
        (pothole(fields={"colour": "optional"}), f"{POTHOLE}, fields, colour: there is no field"),
        (pothole(fields={"how_many": True}), f"{POTHOLE}, fields, how_many: must be one of"),
        (roads(subcategories={}), "roads, subcategories: there must be one at least"),
        (roads(subcategories=[1]), "roads, subcategories: must be a mapping"),
        (roads(department=None), "categories, roads, department: must be one of"),
        (roads(colour="red"), "categories, roads: colour not known"),
        (lambda files: files[ROADS].update(categoreis={}), f"{ROADS}: file: categoreis not known"),
        (lambda files: files.update({ROADS: None}), f"{ROADS}: file: must be a mapping"),
        (head(fallback="nothing"), "catalogue.yaml: fallback: there is no sub-category"),
        (head(fallback=["other"]), "catalogue.yaml: fallback: there is no sub-category"),
        (head(number_prefix="pmc"), "catalogue.yaml: number_prefix: must be"),
        (head(departments={"a:b": {"mr": "अ", "en": "A"}}), "a colon marks foreign codes"),
        (head(departments={7: {"mr": "अ", "en": "A"}}), "departments, 7: a code is small letters"),
        (head(defaults={}), "catalogue.yaml: defaults: priority"),
        (question(type="colour"), f"{HOW_MANY}, type: must be one of"),
        (question(min=5, max=4), f"{HOW_MANY}: min is above max"),
        (question(min="1"), f"{HOW_MANY}, min: must be a whole number"),
        (question(max_length=7), f"{HOW_MANY}: max_length not known"),
        (question(type="choice"), f"{HOW_MANY}: choices missing"),
        (lambda files: files["wards.yaml"]["wards"]["bibwewadi"].pop("en"), "bibwewadi: en miss"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_catalogue_is_named_with_file_place_and_rule(files, change, complaint):
    change(files)
    with pytest.raises(Mistakes, match=re.escape(complaint)):
        made(files)


@pytest.mark.parametrize("code", ["pothole", "traffic", "street-lights"])
def test_a_code_belongs_to_one_category_or_sub_category_only(files, code):
    lights = files[ROADS]["categories"]["street-lights"]["subcategories"]
    lights[code] = lights["street-light"]
    with pytest.raises(Mistakes, match=f"{code}: there is another category of this code"):
        made(files)


def test_a_category_may_not_have_the_code_of_a_sub_category(files):
    files[ROADS]["categories"]["pothole"] = files[ROADS]["categories"].pop("street-lights")
    with pytest.raises(Mistakes, match="categories, pothole: there is another category"):
        made(files)


def test_every_mistake_is_told_at_once(files):
    pothole(sla_hours=-1)(files)
    roads(priority="urgent")(files)
    files["wards.yaml"]["wards"]["bibwewadi"]["seed_weight"] = 0
    files[ROADS]["categories"]["traffic"]["subcategories"]["sign-board"].pop("en")
    with pytest.raises(Mistakes) as refused:
        made(files)
    assert [file for file, _ in refused.value.found] == [ROADS, ROADS, "wards.yaml"]
    roads(priority="low")(files)
    with pytest.raises(Mistakes) as refused:
        made(files)
    assert [text.split(":")[0].split(", ")[-1] for _, text in refused.value.found] == [
        "sla_hours",
        "sign-board",
        "seed_weight",
    ]


@pytest.mark.parametrize(
    "listed", [None, "roads.yaml", ["../roads.yaml"], ["/etc/passwd"], ["a.yaml", "a.yaml"], [7]]
)
def test_the_files_of_the_catalogue_are_named_within_its_folder(listed):
    with pytest.raises(ValueError, match=r"^files"):
        parts({"files": listed})
