"""Where a grievance is: its position, and the ward that it belongs to."""

from collections.abc import Mapping
from typing import Any

from services.grievance.domain.place import EARTH, Point, point
from services.grievance.reference import boundaries, city
from services.grievance.schemas import IMPORT


def placed(args: Mapping[str, Any]) -> tuple[Point | None, str | None]:
    """The position and the ward of what is filed.

    A ward that is said is taken as said, whatever the position: a telephone tells where the citizen
    stands, and some report from home. Without one it is the ward in which the position lies. What
    is imported may lie anywhere.

    Args:
        args: as loaded by ``schemas.Filing``, ``ImportedFiling`` or ``SimilarTo``.

    Raises:
        Invalid: no such ward, half a position, or one outside the city.
    """
    said, lat, lon = args["ward"], args.get("lat"), args.get("lon")
    if args.get("channel") == IMPORT:
        city().check_ward(said, imported=True)
        place = point(lat, lon, EARTH)
        return place, said if said or place is None else _known(boundaries().ward_at(place))
    city().check_ward(said)
    place = point(lat, lon)
    if place is None:
        return None, said
    found = ward_of(place)
    return place, said or found


def ward_of(place: Point) -> str | None:
    """The ward in which a place lies, if the city has drawn where its wards lie.

    Raises:
        Invalid: it is outside the city.
    """
    return _known(boundaries().check(place))


def is_in_the_city(place: Point) -> bool:
    """Whether a place would be taken as one of the city's."""
    return boundaries().has(place)


def _known(ward: str | None) -> str | None:
    # The two files are read anew at different moments: a ward that is gone is none.
    return ward if ward in city().wards else None
