"""Places on the map: whether they can be, how far apart they are, and a grid to find neighbours.

The database needs no geometry: a grievance is stored with the number of its grid cell in an indexed
column, and what is near is looked for in the few cells that a circle touches.
"""

import math
from dataclasses import dataclass

from palika.errors import Conflict, Invalid

CELL_M = 300
"""A cell is about this high and wide, anywhere: a usual radius then touches four to nine cells."""
WIDEST_RADIUS_M = 1_000
"""The widest search; FixMyStreet gives its staff as much (citizens 250 m)."""

_EARTH_M = 6_371_008.8  # mean radius (IUGG)
_DEGREE_M = math.pi * _EARTH_M / 180
_STEP = CELL_M / _DEGREE_M
_COLUMNS = 1 << 18  # more than a row of cells has at the equator


@dataclass(frozen=True, slots=True)
class Box:
    """The bounds within which a city's places lie, in degrees."""

    south: float
    west: float
    north: float
    east: float


INDIA = Box(south=6.5, west=68.0, north=37.5, east=97.5)
"""Roughly the country, islands included: beyond it a place is a mistake."""


EARTH = Box(south=-90, west=-180, north=90, east=180)
"""Anywhere: other systems' records are taken as they are."""


@dataclass(frozen=True, slots=True)
class Point:
    """A place in degrees (WGS 84)."""

    lat: float
    lon: float


def check_unplaced(number: str, lat: float | None) -> None:
    """Refuse to say where something is of which that is known: a place that was filed stays.

    Raises:
        Conflict: the grievance has a position.
    """
    if lat is not None:
        raise Conflict(f"{number} has a position already", {"position": "known"})


def point(lat: float | None, lon: float | None, bounds: Box = INDIA) -> Point | None:
    """The place that was given, or None if none was.

    Raises:
        Invalid: only one of the two was given, or the place is outside the bounds (as when the two
            are the wrong way round).
    """
    if lat is None and lon is None:
        return None
    problems = {}
    for field, value, low, high in (
        ("lat", lat, bounds.south, bounds.north),
        ("lon", lon, bounds.west, bounds.east),
    ):
        # Written so that NaN, which is within nothing, is refused as well.
        if value is None or not low <= value <= high:
            problems[field] = [f"must be a number from {low} to {high}"]
    if lat is None or lon is None or problems:
        raise Invalid("no such place here", problems)
    return Point(lat, lon)


def distance_m(a: Point, b: Point) -> float:
    """Metres between two places not far apart.

    The surface is taken as flat: within a city (tens of kilometres) the error is far below that of
    a telephone's GPS.
    """
    middle = math.radians((a.lat + b.lat) / 2)
    return math.hypot(a.lat - b.lat, (a.lon - b.lon) * math.cos(middle)) * _DEGREE_M


def cell(lat: float, lon: float) -> int:
    """The number of the grid cell in which a place lies; it fits a ``bigint``."""
    row = _row(lat)
    return row * _COLUMNS + _column(row, lon)


def cells_around(lat: float, lon: float, radius_m: float) -> list[int]:
    """Every cell in which something within ``radius_m`` can lie (some reach farther).

    The grid ends at the 180th meridian and close to the poles: no city is asked about there.

    Raises:
        ValueError: the radius is not between 0 and ``WIDEST_RADIUS_M``.
    """
    if not 0 <= radius_m <= WIDEST_RADIUS_M:
        raise ValueError(f"a radius is 0 to {WIDEST_RADIUS_M} m, not {radius_m}")
    # A little more than asked for, so that rounding never loses the rim.
    high = (radius_m + 1) / _DEGREE_M
    # Meridians draw together towards the pole: there the circle spans the most degrees.
    wide = high / math.cos(math.radians(abs(lat) + high))
    return [
        row * _COLUMNS + column
        for row in range(_row(lat - high), _row(lat + high) + 1)
        for column in range(_column(row, lon - wide), _column(row, lon + wide) + 1)
    ]


def _row(lat: float) -> int:
    return int((lat + 90) / _STEP)


def _column(row: int, lon: float) -> int:
    # Each row has columns of its own width, so that cells are as wide as high everywhere.
    middle = math.radians((row + 0.5) * _STEP - 90)
    return int((lon + 180) * math.cos(middle) / _STEP)
