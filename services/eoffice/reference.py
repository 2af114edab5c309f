"""What the city edits (``data/``), read once a process."""

from functools import cache
from importlib import resources
from typing import Any

import yaml

from services.eoffice.domain.numbering import Numbering, numbering
from services.eoffice.domain.reporting import Reporting, reporting


@cache
def city_numbering() -> Numbering:
    """How files are numbered.

    Raises:
        ValueError: the file is not as it should be.
    """
    try:
        return numbering(read_data("numbering.yaml"))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"services/eoffice/data/numbering.yaml: {error}") from error


@cache
def city_reporting() -> Reporting:
    """How reports count and what acts are called.

    Raises:
        ValueError: the file is not as it should be.
    """
    try:
        return reporting(read_data("reports.yaml"))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"services/eoffice/data/reports.yaml: {error}") from error


@cache
def read_data(name: str) -> Any:
    """One file of ``data/``, as YAML has it."""
    path = resources.files("services.eoffice") / "data" / name
    return yaml.safe_load(path.read_text(encoding="utf-8"))
