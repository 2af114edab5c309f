"""Where each ward lies (``data/ward_boundaries.geojson``, RFC 7946), and what lies in it."""

import itertools
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from palika.errors import Invalid
from services.grievance.domain.place import Point, distance_m
from services.grievance.domain.plain import mapping, one_of, sequence

FILE = "ward_boundaries.geojson"
RIM_M = 50
"""So near to a boundary a place is still of that ward: a telephone errs, and so do map-makers."""
_OUTSIDE: Final = "is outside the city: in none of its wards"

Ring = tuple[Point, ...]
Polygon = tuple[Ring, ...]
"""An outline, and the holes in it; the last point of each ring is its first."""


@dataclass(frozen=True, slots=True)
class _Area:
    """A polygon of a ward within its bounds."""

    ward: str
    polygon: Polygon
    south: float
    west: float
    north: float
    east: float

    @classmethod
    def of(cls, ward: str, polygon: Polygon) -> "_Area":
        lats, lons = zip(*((each.lat, each.lon) for each in polygon[0]), strict=True)
        return cls(ward, polygon, min(lats), min(lons), max(lats), max(lons))

    def has(self, place: Point) -> bool:
        """Whether a place is in it: in the outline, and in no hole."""
        if not (self.south <= place.lat <= self.north and self.west <= place.lon <= self.east):
            return False
        # An odd number of crossings from there to infinity, whichever ring they are of.
        return sum(_crosses(place, *side) for side in _sides(self.polygon)) % 2 == 1

    def metres_off(self, place: Point) -> float:
        """How far a place is from the nearest side."""
        return min(_metres_off(place, *side) for side in _sides(self.polygon))


class Boundaries:
    """The wards on the map. Without any, every place in the country may be the city's."""

    def __init__(self, polygons: Mapping[str, Sequence[Polygon]]) -> None:
        """Of each ward's polygons, by its code."""
        self._areas = [
            _Area.of(ward, polygon) for ward, several in polygons.items() for polygon in several
        ]

    def ward_at(self, place: Point) -> str | None:
        """The ward in which a place is, or from which it is at most ``RIM_M`` away; else None.

        Of two whose boundaries both have it, the first in the file.
        """
        for area in self._areas:
            if area.has(place):
                return area.ward
        near = [(area.metres_off(place), area.ward) for area in self._areas]
        metres, ward = min(near, default=(math.inf, None))
        return ward if metres <= RIM_M else None

    def has(self, place: Point) -> bool:
        """Whether a place may be the city's."""
        return not self._areas or self.ward_at(place) is not None

    def check(self, place: Point) -> str | None:
        """The ward in which a place is; None where the city has drawn no boundaries.

        Raises:
            Invalid: it is outside the city.
        """
        ward = self.ward_at(place)
        if ward is None and self._areas:
            raise Invalid("no such place here", {"lat": [_OUTSIDE], "lon": [_OUTSIDE]})
        return ward


def _crosses(place: Point, one: Point, other: Point) -> bool:
    """Whether a side is crossed on the way from a place to the east."""
    if (one.lat > place.lat) == (other.lat > place.lat):
        return False
    share = (place.lat - one.lat) / (other.lat - one.lat)
    return place.lon < one.lon + share * (other.lon - one.lon)


def _sides(polygon: Polygon) -> Iterator[tuple[Point, Point]]:
    for ring in polygon:
        yield from itertools.pairwise(ring)


def _metres_off(place: Point, one: Point, other: Point) -> float:
    """From a place to the nearest point of a side; the surface is taken as flat."""
    shrink = math.cos(math.radians(place.lat))
    run, rise = (other.lon - one.lon) * shrink, other.lat - one.lat
    along = (place.lon - one.lon) * shrink * run + (place.lat - one.lat) * rise
    share = min(max(along / ((run * run + rise * rise) or 1.0), 0.0), 1.0)
    nearest = Point(one.lat + share * rise, one.lon + share * (other.lon - one.lon))
    return distance_m(place, nearest)


def boundaries(raw: Any, wards: Collection[str]) -> Boundaries:
    """The boundaries that a city's GeoJSON draws: a ``FeatureCollection`` of polygons.

    A feature names its ward in ``properties.ward``; a ward may have several. No features at all
    means that the city has drawn no boundaries.

    Raises:
        ValueError: it is no such file, a ward is not known, or one is missing; the message says
            where.
    """
    one_of("type", mapping("file", raw).get("type"), ("FeatureCollection",))
    found: dict[str, list[Polygon]] = {}
    for at, feature in enumerate(sequence("features", raw.get("features")), 1):
        place = f"features, {at}"
        properties = mapping(f"{place}, properties", mapping(place, feature).get("properties"))
        ward = one_of(f"{place}, properties, ward", properties.get("ward"), wards)
        drawn = mapping(f"{place}, geometry", feature.get("geometry"))
        kind = one_of(f"{place}, geometry, type", drawn.get("type"), ("Polygon", "MultiPolygon"))
        where = f"{place}, geometry, coordinates"
        several = [drawn.get("coordinates")] if kind == "Polygon" else drawn.get("coordinates")
        found.setdefault(ward, []).extend(
            _polygon(where, each) for each in _some(where, several, "polygon")
        )
    missing = [ward for ward in wards if ward not in found]
    if found and missing:
        raise ValueError(f"features: there is none for: {', '.join(missing)}")
    return Boundaries(found)


def _polygon(where: str, raw: Any) -> Polygon:
    rings = []
    for each in _some(where, raw, "ring"):
        ring = tuple(_point(where, position) for position in sequence(where, each))
        if len(ring) < 4 or ring[0] != ring[-1]:
            raise ValueError(f"{where}: a ring has four positions at least, the last as the first")
        rings.append(ring)
    return tuple(rings)


def _some(where: str, raw: Any, what: str) -> Sequence[Any]:
    found = sequence(where, raw)
    if not found:
        raise ValueError(f"{where}: there must be a {what}")
    return found


def _point(where: str, raw: Any) -> Point:
    position = list(sequence(where, raw))
    # A third number, the height, is allowed, and says nothing here.
    lon, lat = (
        (_degrees(each) for each in position[:2]) if len(position) in (2, 3) else (None, None)
    )
    if lon is None or lat is None or abs(lon) > 180 or abs(lat) > 90:
        raise ValueError(f"{where}: a position is [longitude, latitude] in degrees, not {raw}")
    return Point(lat, lon)


def _degrees(value: Any) -> float | None:
    return float(value) if type(value) in (int, float) and math.isfinite(value) else None
