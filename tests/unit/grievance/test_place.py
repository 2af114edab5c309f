"""Places: distances, bounds, and a grid in which nothing near is overlooked."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palika.errors import Invalid
from services.grievance.domain.place import (
    CELL_M,
    INDIA,
    WIDEST_RADIUS_M,
    Box,
    Point,
    cell,
    cells_around,
    distance_m,
    point,
)

PUNE = Box(south=18.3, west=73.6, north=18.7, east=74.1)
latitudes = st.floats(8.0, 37.0)
longitudes = st.floats(68.5, 97.0)
turns = st.floats(0, 2 * math.pi)


def haversine_m(a: Point, b: Point) -> float:
    """The distance on the sphere, by the book."""
    south, north = math.radians(a.lat), math.radians(b.lat)
    half = (
        math.sin((north - south) / 2) ** 2
        + math.cos(south) * math.cos(north) * math.sin(math.radians(b.lon - a.lon) / 2) ** 2
    )
    return 2 * 6_371_008.8 * math.asin(math.sqrt(half))


def moved(place: Point, metres: float, turn: float) -> Point:
    degree = 111_195.08
    return Point(
        place.lat + metres * math.cos(turn) / degree,
        place.lon + metres * math.sin(turn) / (degree * math.cos(math.radians(place.lat))),
    )


@given(latitudes, longitudes, st.floats(0, 30_000), turns)
def test_within_a_city_the_distance_is_that_on_the_sphere(lat, lon, metres, turn):
    here = Point(lat, lon)
    there = moved(here, metres, turn)
    assert distance_m(here, there) == pytest.approx(haversine_m(here, there), rel=1e-3, abs=0.01)
    assert distance_m(here, there) == distance_m(there, here)


def test_a_known_distance():
    shaniwar_wada, pune_station = Point(18.5195, 73.8553), Point(18.5286, 73.8744)
    assert distance_m(shaniwar_wada, pune_station) == pytest.approx(2_252, rel=0.01)


@pytest.mark.parametrize("radius", [1, 50, 250, WIDEST_RADIUS_M])
def test_whatever_lies_within_the_radius_lies_in_the_cells_around(radius):
    rng = random.Random(radius)
    for _ in range(1_000):
        here = Point(rng.uniform(8, 37), rng.uniform(68.5, 97))
        around = cells_around(here.lat, here.lon, radius)
        for eighth in range(8):
            rim = moved(here, radius, eighth * math.pi / 4)
            assert cell(rim.lat, rim.lon) in around, (here, rim)


@given(latitudes, longitudes, st.sampled_from([50, 250, WIDEST_RADIUS_M]))
def test_cells_around_are_few_and_named_once(lat, lon, radius):
    found = cells_around(lat, lon, radius)
    a_side = 2 * radius / CELL_M + 2.1
    assert len(set(found)) == len(found) <= a_side**2


@given(latitudes, longitudes)
def test_a_cell_is_about_as_wide_as_high_and_its_number_fits_a_bigint(lat, lon):
    number = cell(lat, lon)
    assert 0 <= number < 2**63
    for turn in (0, math.pi / 2):
        far = moved(Point(lat, lon), CELL_M * 1.02, turn)
        assert cell(far.lat, far.lon) != number


@pytest.mark.parametrize("radius", [-1, WIDEST_RADIUS_M + 1, math.nan])
def test_a_radius_beyond_the_widest_is_refused(radius):
    with pytest.raises(ValueError, match="a radius is 0 to 1000 m"):
        cells_around(18.5, 73.8, radius)


def test_a_place_is_both_coordinates_or_none():
    assert point(None, None) is None
    assert point(18.52, 73.85, PUNE) == Point(18.52, 73.85)
    with pytest.raises(Invalid) as refused:
        point(18.52, None)
    assert list(refused.value.fields) == ["lon"]


@pytest.mark.parametrize(
    ("lat", "lon", "wrong"),
    [
        (73.85, 18.52, ["lat", "lon"]),
        (19.07, 73.85, ["lat"]),
        (18.52, 72.87, ["lon"]),
        (math.nan, 73.85, ["lat"]),
        (18.52, math.inf, ["lon"]),
        (0.0, 0.0, ["lat", "lon"]),
    ],
)
def test_a_place_outside_the_city_is_refused_with_what_is_wrong(lat, lon, wrong):
    with pytest.raises(Invalid) as refused:
        point(lat, lon, PUNE)
    assert list(refused.value.fields) == wrong


def test_without_bounds_of_its_own_a_city_is_in_india():
    assert point(28.61, 77.21) == Point(28.61, 77.21)
    with pytest.raises(Invalid, match=f"from {INDIA.south} to {INDIA.north}"):
        point(51.5, 77.21)
