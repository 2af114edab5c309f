"""What the city edits (`data/*.yaml`), read once a process."""

from datetime import timedelta
from functools import cache
from importlib import resources
from typing import Any

import yaml

from services.notify.domain.sending import Policy
from services.notify.domain.templates import Templates, templates


@cache
def city_templates() -> Templates:
    """The city's templates. Raises Invalid naming every mistake in the file."""
    return templates(_read("templates.yaml"))


@cache
def city_policy(max_age_h: float) -> Policy:
    """The city's way of sending. Raises Invalid naming every mistake in the file.

    Args:
        max_age_h: for what happened more hours ago, nothing is sent.
    """
    return Policy.load(_read("sending.yaml"), timedelta(hours=max_age_h))


def _read(name: str) -> Any:
    path = resources.files("services.notify") / "data" / name
    return yaml.safe_load(path.read_text(encoding="utf-8"))
