"""What can be complained about, and where."""

import copy

import pytest

from palika.errors import Invalid
from services.grievance.domain.catalogue import catalogue, foreign
from services.grievance.reference import city, read_data


def test_the_shipped_catalogue_is_whole_in_both_languages():
    assert len(city().categories) >= 25
    assert len(city().wards) == 15
    for category in city().categories.values():
        assert category.name.mr != category.name.en
        assert category.department in city().departments


def test_every_category_of_the_demo_is_in_the_catalogue():
    assert read_data("seed.yaml")["categories"].keys() == city().categories.keys()


def test_a_category_goes_to_its_department():
    assert city().route("pothole").department == "roads"


def test_an_unknown_category_is_refused_and_the_known_ones_are_named():
    with pytest.raises(Invalid) as refused:
        city().route("pot-hole")
    assert "pothole" in refused.value.fields["category"][0]


@pytest.mark.parametrize("category", ["stlouis:POTHOLE", "pot-hole"])
def test_a_citizen_cannot_use_a_foreign_or_an_unknown_code(category):
    with pytest.raises(Invalid):
        city().route(category)


def test_an_import_may_bring_foreign_codes_but_no_unknown_ones():
    routing = city().route_imported(foreign("x", "Snow/Ice"), foreign("x", "STREETS"))
    assert routing.department == "x:STREETS"
    assert routing.sla_hours == city().fallback.sla_hours
    assert city().route_imported("pothole", None) == city().route("pothole")
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


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda raw: raw["categories"]["pothole"].update(department="streets"), "streets"),
        (lambda raw: raw["categories"]["pothole"].update(sla_hours=0), "sla_hours"),
        (lambda raw: raw["categories"]["pothole"].pop("mr"), "name"),
        (lambda raw: raw.update(fallback="nothing"), "fallback"),
        (lambda raw: raw["categories"].update({"a:b": raw["categories"]["pothole"]}), "colon"),
    ],
)
def test_a_mistake_in_the_catalogue_is_named(change, complaint):
    raw = copy.deepcopy(read_data("catalogue.yaml"))
    change(raw)
    with pytest.raises(ValueError, match=complaint):
        catalogue(raw, read_data("wards.yaml"))
