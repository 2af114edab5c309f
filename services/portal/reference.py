"""What the city edits of accounts (``data/``), read once a process."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import yaml

from services.portal.domain.editing import Rules, rules_of
from services.portal.domain.rights import Roles, roles_of


@cache
def city_roles() -> Roles:
    """How posts become roles.

    Raises:
        ValueError: the file is not as it should be.
    """
    return roles_of(yaml.safe_load(_text("roles.yaml")))


@cache
def editing_rules() -> Rules:
    """Who edits the site and puts out what was written.

    Raises:
        ValueError: the file is not as it should be.
    """
    return rules_of(yaml.safe_load(_text("editing.yaml")))


@cache
def common_passwords() -> frozenset[str]:
    """What everybody tries, in small letters."""
    lines = (line.strip() for line in _text("common_passwords.txt").splitlines())
    return frozenset(line for line in lines if line and not line.startswith("#"))


@dataclass(frozen=True, slots=True)
class DemoPeople:
    """Who can be tried out: ``officers`` by their code, with the role of each by language."""

    officers: Mapping[str, dict[str, str]]


@cache
def demo_people() -> DemoPeople:
    """Who can be tried out in the city of sample work."""
    raw = yaml.safe_load(_text("demo.yaml"))
    return DemoPeople({each["officer"]: each["role"] for each in raw["officers"]})


def _text(name: str) -> str:
    return resources.files("services.portal").joinpath("data", name).read_text("utf-8")
