"""What the city edits (``data/``), read once a process."""

from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import yaml

from palika import city_data
from palika.reading import Reading
from palika.text import Name
from services.warroom.domain.facts import Stage
from services.warroom.domain.policy import Policy, policy, stages
from services.warroom.domain.review_policy import ReviewPolicy, review_policy
from services.warroom.domain.rhythm import DaysOff, days_off

_Found = TypeVar("_Found")


@cache
def city_policy() -> Policy:
    """When a project is amber or red.

    Raises:
        ValueError: the file is not as it should be.
    """
    return _read("policy.yaml", policy)


@cache
def city_stages() -> tuple[Stage, ...]:
    """The usual life of a project.

    Raises:
        ValueError: the file is not as it should be.
    """
    return _read("stages.yaml", stages)


@cache
def departments() -> Mapping[str, Name]:
    """Those that sponsor projects, by code.

    Raises:
        ValueError: the file is not as it should be.
    """
    return _read("departments.yaml", lambda raw: _names("departments", raw))


@cache
def wards() -> Mapping[str, Name]:
    """Those in which projects lie, by code.

    Raises:
        ValueError: the file is not as it should be.
    """
    return _read("wards.yaml", lambda raw: _names("wards", raw))


@cache
def city_reviews() -> ReviewPolicy:
    """Which reviews are held, and how actions are followed.

    Raises:
        ValueError: the file is not as it should be.
    """
    return _read("reviews.yaml", review_policy)


@cache
def city_days_off() -> DaysOff:
    """The days on which no review is held.

    Raises:
        ValueError: the file is not as it should be.
    """
    return _read("calendar.yaml", days_off)


@cache
def corporation() -> Name:
    """Whose documents these are.

    Raises:
        ValueError: the file is not as it should be.
    """
    return _read(
        "documents/city.yaml", lambda raw: city_data.corporation(Name(**raw["corporation"]))
    )


@cache
def read_data(name: str) -> Any:
    """One file of ``data/``, as YAML has it."""
    path = Path(str(resources.files("services.warroom"))) / "data" / name
    return yaml.safe_load(city_data.own(path).read_text(encoding="utf-8"))


def _names(key: str, raw: Any) -> dict[str, Name]:
    reading = Reading()
    given = reading.mapping("", raw, (key,))
    found = {
        code: reading.name(place, each) for place, code, each in reading.entries(key, given[key])
    }
    reading.stop_if_wrong()
    return found


def _read(name: str, build: Callable[[Any], _Found]) -> _Found:
    try:
        return build(read_data(name))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"services/warroom/data/{name}: {error}") from error
