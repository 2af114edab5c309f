"""What comes in, by the hour, of a place with so many heads: ``loads.yaml``, checked."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_name("loads.yaml")
HOURS = range(24)
_DAYS = 365
_AN_HOUR_S = 3_600


class WrongLoads(ValueError):
    """A figure of the file cannot be; the message names the field and the rule."""


@dataclass(frozen=True)
class Place:
    """What is simulated.

    Attributes:
        key: in the file.
        name: for people.
        population: heads, all municipalities together.
        municipalities: each with a city of its own: virtual host, databases, processes.
    """

    key: str
    name: str
    population: int
    municipalities: int


@dataclass(frozen=True)
class Rates:
    """What comes in a second in one hour.

    Attributes:
        lives: whole lives of grievances.
        kept_pages: pages that are the same for everybody.
        personal_pages: pages made for the one who asks.
        officers: at work in the e-office at the same time.
    """

    lives: float
    kept_pages: float
    personal_pages: float
    officers: float


@dataclass(frozen=True)
class Loads:
    """The file."""

    reference: dict[str, float]
    habits: dict[str, float]
    citizens: tuple[float, ...]
    officers: tuple[float, ...]
    places: tuple[Place, ...]
    machines: dict[str, float]

    def rates(self, population: float, hour: int) -> Rates:
        """What comes to so many heads in an hour of the worst day: the busiest of the year, and the
        last of the rebate."""
        heads = population / self.reference["population"]
        habits, reference = self.habits, self.reference
        a_second = self.citizens[hour] / sum(self.citizens) / _AN_HOUR_S
        busiest = heads * habits["busiest_day"] / _DAYS * a_second
        visits = reference["visits_a_year"] * busiest
        personal = habits["personal_pages_a_visit"]
        owners = heads * reference["properties"] * habits["owners_on_the_last_day"] * a_second
        return Rates(
            lives=reference["grievances_a_year"] * busiest,
            kept_pages=visits * (habits["pages_a_visit"] - personal),
            personal_pages=visits * personal + owners * habits["personal_pages_an_owner"],
            officers=heads * reference["officers"] * self.officers[hour] / 100,
        )


def check(told: Any) -> Loads:
    """The file's content, checked.

    Raises:
        WrongLoads: a figure is missing, is no number, or is less than nothing.
    """
    if not isinstance(told, dict):
        raise WrongLoads("loads.yaml: it holds no fields")
    numbers = {key: _numbers(told, key) for key in ("reference", "habits", "machines")}
    profiles = {key: _profile(told, key) for key in ("citizens", "officers")}
    places = told.get("places")
    if not isinstance(places, dict) or not places:
        raise WrongLoads("places: at least one is wanted")
    if not 0 < numbers["machines"].get("busy", 0) < 1:
        raise WrongLoads("machines.busy: is to be between 0 and 1")
    return Loads(
        numbers["reference"],
        numbers["habits"],
        profiles["citizens"],
        profiles["officers"],
        tuple(_place(key, each) for key, each in places.items()),
        numbers["machines"],
    )


@cache
def load() -> Loads:
    """The shipped file. Raises as ``check``."""
    return check(yaml.safe_load(FILE.read_text("utf-8")))


def _numbers(told: dict[str, Any], key: str) -> dict[str, float]:
    found = told.get(key)
    if not isinstance(found, dict):
        raise WrongLoads(f"{key}: is missing")
    for name, value in found.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
            raise WrongLoads(f"{key}.{name}: {value!r} is no number above 0")
    return {name: float(value) for name, value in found.items()}


def _profile(told: dict[str, Any], key: str) -> tuple[float, ...]:
    found = told.get(key)
    if not isinstance(found, list) or len(found) != len(HOURS):
        raise WrongLoads(f"{key}: {len(HOURS)} numbers are wanted, one an hour")
    for hour, value in enumerate(found):
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise WrongLoads(f"{key}[{hour}]: {value!r} is no number of 0 or more")
    if not sum(found):
        raise WrongLoads(f"{key}: nothing comes at any hour")
    return tuple(float(each) for each in found)


def _place(key: str, told: Any) -> Place:
    if not isinstance(told, dict) or not isinstance(told.get("name"), str):
        raise WrongLoads(f"places.{key}.name: is missing")
    for field in ("population", "municipalities"):
        value = told.get(field)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise WrongLoads(f"places.{key}.{field}: {value!r} is no whole number above 0")
    return Place(key, told["name"], told["population"], told["municipalities"])
