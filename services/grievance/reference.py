"""What the city edits (``data/*.yaml``), read once a process."""

from functools import cache
from importlib import resources
from typing import Any

import yaml

from services.grievance.domain.catalogue import Catalogue, catalogue


@cache
def city() -> Catalogue:
    """The city's categories, departments and wards.

    Raises:
        ValueError: a file is not as it should be; the message names it and the place.
    """
    try:
        return catalogue(read_data("catalogue.yaml"), read_data("wards.yaml"))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"services/grievance/data (catalogue.yaml, wards.yaml): {error}"
        ) from error


@cache
def read_data(name: str) -> Any:
    """One file of ``data/``, as YAML has it."""
    path = resources.files("services.grievance") / "data" / name
    return yaml.safe_load(path.read_text(encoding="utf-8"))
