"""What the city edits (``data/*.yaml``), read once a process."""

from functools import cache
from importlib import resources
from typing import Any

import yaml

from services.eoffice.domain.posts import Posts, posts


@cache
def city_posts() -> Posts:
    """The posts among which files move.

    Raises:
        ValueError: the file is not as it should be.
    """
    try:
        return posts(read_data("posts.yaml"))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"services/eoffice/data/posts.yaml: {error}") from error


@cache
def read_data(name: str) -> Any:
    """One file of ``data/``, as YAML has it."""
    path = resources.files("services.eoffice") / "data" / name
    return yaml.safe_load(path.read_text(encoding="utf-8"))
