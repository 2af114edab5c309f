"""What the city sets: when a project is amber or red, and when its forecast says nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from palika.errors import Invalid
from palika.reading import Reading
from services.warroom.domain.facts import Stage


@dataclass(frozen=True, slots=True)
class Threshold:
    """From which value on a project is amber, and red."""

    amber: int
    red: int

    @property
    def falls(self) -> bool:
        """Whether less is worse."""
        return self.red < self.amber


@dataclass(frozen=True, slots=True)
class City:
    """Between which degrees the city's places lie."""

    south: float
    west: float
    north: float
    east: float

    def check(self, lat: float, lon: float) -> None:
        """Refuse a place outside.

        Raises:
            Invalid: naming the field.
        """
        wrong = {
            name: [f"must be from {low} to {high}: the place is outside the city"]
            for name, value, low, high in (
                ("lat", lat, self.south, self.north),
                ("lon", lon, self.west, self.east),
            )
            if not low <= value <= high
        }
        if wrong:
            raise Invalid("it is outside the city", wrong)


@dataclass(frozen=True, slots=True)
class Policy:
    """The city's policy.

    Attributes:
        schedule_percent: of what was planned by today, how much is done; less is worse.
        slip_days: by how many days the end is expected after the plan's.
        spend_points: by how many percentage points spending is ahead of progress.
        silence_days: since somebody last changed anything.
        overdue_issues: how many severe issues are open beyond their day.
        severe_issues: how many severe issues are open.
        risk_score: of the worst open risk, likelihood × impact.
        widest_days: of a forecast's interval.
        city: where places must lie; None: that is not checked.
    """

    schedule_percent: Threshold
    slip_days: Threshold
    spend_points: Threshold
    silence_days: Threshold
    overdue_issues: Threshold
    severe_issues: Threshold
    risk_score: Threshold
    widest_days: int
    city: City | None = None


_FALLING = frozenset({"schedule_percent"})
_THRESHOLDS = tuple(name for name in Policy.__annotations__ if name not in ("widest_days", "city"))


def policy(raw: Any) -> Policy:
    """The policy that ``data/policy.yaml`` has.

    Raises:
        Mistakes: what is wrong, each with its place.
    """
    reading = Reading()
    given = reading.mapping("", raw, ("health", "widest_days"), ("city",))
    widest = reading.whole("widest_days", given["widest_days"], 1, 36_500)
    health = reading.mapping("health", given["health"], _THRESHOLDS)
    found = {name: _threshold(reading, name, health[name]) for name in _THRESHOLDS}
    city = _city(reading, given["city"]) if "city" in given else None
    reading.stop_if_wrong()
    return Policy(**found, widest_days=widest, city=city)


def _city(reading: Reading, raw: Any) -> City:
    sides = reading.mapping("city", raw, ("south", "west", "north", "east"))
    degrees = {}
    for name, each in sides.items():
        degrees[name] = each if isinstance(each, int | float) and abs(each) <= 180 else 0
        if degrees[name] != each:
            reading.wrong(f"city, {name}", "must be a number of degrees")
    return City(**degrees)


def stages(raw: Any) -> tuple[Stage, ...]:
    """The usual life of a project that ``data/stages.yaml`` has, in order.

    Raises:
        Mistakes: what is wrong, each with its place.
    """
    reading = Reading()
    given = reading.mapping("", raw, ("stages",))
    found = tuple(
        Stage(code, reading.name(place, each))
        for place, code, each in reading.entries("stages", given["stages"])
    )
    if not found:
        reading.wrong("stages", "there must be one")
    reading.stop_if_wrong()
    return found


def _threshold(reading: Reading, name: str, raw: Any) -> Threshold:
    place = f"health, {name}"
    given: Mapping[str, Any] = reading.mapping(place, raw, ("amber", "red"))
    found = Threshold(
        reading.whole(f"{place}, amber", given["amber"], 0, 100_000),
        reading.whole(f"{place}, red", given["red"], 0, 100_000),
    )
    if found.amber == found.red or found.falls != (name in _FALLING):
        how = "below" if name in _FALLING else "above"
        reading.wrong(place, f"red must be {how} amber")
    return found
