"""In which ward a place is: by the city's own map, which is checked when it is read."""

import copy
import json
import math
import random

import pytest

from benchmarks.lives import LATITUDES, LONGITUDES
from palika.errors import Invalid
from services.grievance.domain.boundaries import FILE, RIM_M, boundaries
from services.grievance.domain.place import Point, distance_m
from services.grievance.files.city import Folder, WrongData
from services.grievance.reference import boundaries as shipped
from services.grievance.reference import boundaries_in, city, mistakes_in, read_data

SQUARE = [[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]]
HOLE = [[1, 1], [1, 3], [3, 3], [3, 1], [1, 1]]
ISLAND = [[10, 10], [11, 10], [10.5, 11], [10, 10]]


def drawn(*features):
    """A map of features: a ward's code, a kind, coordinates."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"ward": ward},
                "geometry": {"type": kind, "coordinates": coordinates},
            }
            for ward, kind, coordinates in features
        ],
    }


def test_a_place_is_in_the_ward_around_it_and_not_in_its_hole():
    found = boundaries(
        drawn(("a", "MultiPolygon", [[SQUARE, HOLE], [ISLAND]]), ("b", "Polygon", [HOLE])), "ab"
    )
    assert found.ward_at(Point(0.5, 3.5)) == "a"
    assert found.ward_at(Point(2, 2)) == "b"
    assert found.ward_at(Point(10.2, 10.5)) == "a"
    assert found.ward_at(Point(10.9, 10.1)) is None
    assert found.ward_at(Point(5, 2)) is None


def test_a_place_just_beyond_the_boundary_is_still_the_wards():
    found = boundaries(drawn(("a", "Polygon", [SQUARE])), "a")
    degree = distance_m(Point(0, 0), Point(1, 0))
    assert found.ward_at(Point(4 + 0.9 * RIM_M / degree, 2)) == "a"
    assert found.ward_at(Point(-0.9 * RIM_M / degree, -0.1 * RIM_M / degree)) == "a"
    outside = Point(4 + 1.1 * RIM_M / degree, 2)
    assert found.ward_at(outside) is None
    with pytest.raises(Invalid) as refused:
        found.check(outside)
    assert list(refused.value.fields) == ["lat", "lon"]


def test_without_boundaries_no_place_is_refused_and_none_has_a_ward():
    found = boundaries(drawn(), "ab")
    assert found.check(Point(28.6, 77.2)) is None


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda raw: raw.update(type="Feature"), "type: must be one of FeatureCollection"),
        (lambda raw: raw.pop("features"), "features: must be a list"),
        (lambda raw: raw["features"].pop(), "features: there is none for: b"),
        (lambda raw: raw["features"][1].pop("properties"), "features, 2, properties: must be"),
        (lambda raw: raw["features"][0]["properties"].update(ward="c"), "1, properties, ward: m"),
        (lambda raw: raw["features"][0]["geometry"].update(type="Point"), "1, geometry, type: mu"),
        (lambda raw: raw["features"][0]["geometry"]["coordinates"].clear(), "must be a ring"),
        (lambda raw: raw["features"][0]["geometry"]["coordinates"][0].pop(), "the last as the fir"),
        (lambda raw: raw["features"][0]["geometry"]["coordinates"][0].insert(1, [1, 200]), "[1, 2"),
        (lambda raw: raw["features"][0]["geometry"]["coordinates"][0].insert(1, ["x", 2]), "['x'"),
        (lambda raw: raw["features"][0]["geometry"]["coordinates"][0].insert(1, 7), "not 7"),
    ],
)  # fmt: skip
def test_what_is_no_map_of_the_wards_is_refused_with_its_place(change, rule):
    raw = copy.deepcopy(drawn(("a", "Polygon", [SQUARE]), ("b", "Polygon", [ISLAND])))
    change(raw)
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the rule is compared below
        boundaries(raw, ["a", "b"])
    assert rule in str(refused.value)


def test_a_mistake_in_the_citys_own_file_is_told_with_its_line(tmp_path):
    file = tmp_path / FILE
    file.write_text('{\n"type": "FeatureCollection",\n"features": [\n{"type": 7}\n]}', "utf-8")
    (told,) = mistakes_in(Folder(tmp_path))
    assert str(told).startswith(f"{FILE}, line 4: features, 1, properties: must be a mapping")
    file.write_text('{\n"type": }', "utf-8")
    with pytest.raises(WrongData, match=f"{FILE}, line 2: not JSON"):
        boundaries_in(Folder(tmp_path))
    file.write_text(json.dumps(drawn()), "utf-8")
    assert mistakes_in(Folder(tmp_path)) == []


def test_wards_of_the_citys_own_need_a_map_of_their_own(tmp_path):
    (tmp_path / "wards.yaml").write_text("wards:\n  a: {mr: अ, en: A, seed_weight: 1}\n", "utf-8")
    told = [str(each) for each in mistakes_in(Folder(tmp_path))]
    assert any(each.startswith(f"{FILE}, line ") and "properties, ward" in each for each in told)


def test_the_shipped_map_parts_the_city_by_the_nearest_office():
    rng = random.Random(1)
    features = Folder(None).json(FILE)["features"]
    centres = {
        each["properties"]["ward"]: Point(*reversed(each["properties"]["centre"]))
        for each in features
    }
    assert centres.keys() == city().wards.keys()
    shrink = math.cos(math.radians(18.53))
    for _ in range(2_000):
        place = Point(rng.uniform(18.42, 18.64), rng.uniform(73.72, 73.98))
        far = sorted(
            (math.hypot(place.lat - at.lat, (place.lon - at.lon) * shrink), ward)
            for ward, at in centres.items()
        )
        # Corners are rounded to a metre.
        either = {ward for off, ward in far if off - far[0][0] < 0.0001}
        assert shipped().ward_at(place) in either, place


def test_the_shipped_map_has_all_that_the_demo_and_the_measurements_place():
    for lat in LATITUDES:
        for lon in LONGITUDES:
            assert shipped().ward_at(Point(lat, lon)) is not None
    for area in read_data("labelled.yaml")["areas"]:
        assert shipped().ward_at(Point(*area["at"])) == area["ward"], area["en"]
    for elsewhere in (Point(19.07, 72.87), Point(38.63, -90.2), Point(18.75, 73.40)):
        assert shipped().ward_at(elsewhere) is None
