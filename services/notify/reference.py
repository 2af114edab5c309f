"""What the city edits (``data/*.yaml``), read once a process."""

from datetime import timedelta
from functools import cache
from importlib import resources
from typing import Any

import yaml

from services.notify.domain.sending import Policy
from services.notify.domain.templates import Templates, templates


@cache
def city_templates() -> Templates:
    """The city's templates.

    Raises:
        Invalid: names every mistake in the file.
    """
    return templates(read_data("templates.yaml"))


@cache
def city_policy(max_age_h: float) -> Policy:
    """The city's way of sending.

    Args:
        max_age_h: for what happened more hours ago, nothing is sent.

    Raises:
        Invalid: names every mistake in the file.
    """
    return Policy.load(read_data("sending.yaml"), timedelta(hours=max_age_h))


@cache
def read_data(name: str) -> Any:
    """One file of ``data/``, as YAML has it."""
    path = resources.files("services.notify") / "data" / name
    return yaml.safe_load(path.read_text(encoding="utf-8"))
