"""What a program's token is good for, and how tokens look."""

import re
import secrets
from collections.abc import Iterable, Set
from datetime import timedelta
from typing import Final

WALL: Final = "wall:read"
"""Of the token of a screen on a wall: it opens the wall and nothing else."""
SCOPES: Final = frozenset(
    {
        *("grievance:read", "grievance:write"),
        *("property:read", "property:write"),
        *("files:read", "files:write"),
        *("projects:read", "projects:write"),
        *("kpi:read", "kpi:write"),
        *("messages:read", "messages:write"),
        WALL,
    }
)
"""Whose data, and whether they are only read. A token can do no more than its post may."""
LONGEST: Final = timedelta(days=366)
NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,49}")
_PREFIX: Final = "palika_"
_SHAPE: Final = re.compile(rf"{_PREFIX}[A-Za-z0-9_-]{{43}}")


def new_token() -> str:
    """A token: 256 random bits behind a word by which scanners of code know it."""
    return _PREFIX + secrets.token_urlsafe(32)


def is_token(text: str) -> bool:
    """Whether it can be one at all."""
    return _SHAPE.fullmatch(text) is not None


def unknown(scopes: Iterable[str]) -> list[str]:
    """Those that there are not."""
    return sorted(set(scopes) - SCOPES)


def covers(held: Set[str], needed: str) -> bool:
    """Whether what a token is good for takes in what is needed: who may write may read."""
    area, _, _ = needed.partition(":")
    return needed in held or (needed.endswith(":read") and f"{area}:write" in held)
