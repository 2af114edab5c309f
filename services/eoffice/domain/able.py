"""Which posts may do a thing, as a city writes it: these, and all from a level on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.eoffice.domain.organisation import Post


@dataclass(frozen=True, slots=True)
class Able:
    """Which posts may do a thing: these, and all from a level on."""

    posts: frozenset[str]
    from_level: int | None

    def includes(self, post: Post) -> bool:
        """Whether a post may."""
        return post.code in self.posts or (
            self.from_level is not None and post.level >= self.from_level
        )

    def those(self, posts: Sequence[Post]) -> list[str]:
        """Of some posts those that may, in their order."""
        return [each.code for each in posts if self.includes(each)]


def named(may: Sequence[str]) -> str:
    """How a refusal names who may: the nearest of them."""
    return f"{may[0]} may" if may else "no post up the line may"


def able(raw: Mapping[str, Any], name: str) -> Able:
    """Whom a city's data name: ``posts``, ``from_level``, or both.

    Args:
        raw: as YAML has it.
        name: of the line, for the error.

    Raises:
        ValueError: nobody may, or the level is no whole number from 1.
    """
    level = raw.get("from_level")
    if level is not None and (type(level) is not int or level < 1):
        raise ValueError(f"{name}: {level!r} must be a whole level from 1")
    if level is None and not raw.get("posts"):
        raise ValueError(f"{name}: nobody may")
    return Able(frozenset(raw.get("posts", [])), level)
