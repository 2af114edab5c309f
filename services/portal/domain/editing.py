"""Who may change what the site says, and who puts it out: never one person alone."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from services.portal.domain.rights import Post

_FIELDS: Final = ("publishing", "publishing_level", "largest_file", "longest_text")


class State(StrEnum):
    """How far a draft is. Once it is out there is none any more."""

    DRAFT = "draft"
    REVIEW = "review"
    SCHEDULED = "scheduled"
    """Somebody has decided that it goes out at a moment."""


class Act(StrEnum):
    """What somebody has done to a page of the site."""

    BEGUN = "begun"
    SENT = "sent"
    WITHDRAWN = "withdrawn"
    SENT_BACK = "sent_back"
    DISCARDED = "discarded"
    TOOK_OVER = "took_over"
    """Looked at what was changed in the files underneath."""
    SCHEDULED = "scheduled"
    HELD = "held"
    """It was to go out at a moment, and could not."""
    PUBLISHED = "published"
    TAKEN_DOWN = "taken_down"
    ROLLED_BACK = "rolled_back"
    IMPORTED = "imported"


@dataclass(frozen=True, slots=True)
class Rules:
    """What the city decides (``data/editing.yaml``).

    Attributes:
        publishing: departments that edit and put out everything.
        publishing_level: from this level of a post of theirs on.
        largest_file: in bytes.
        longest_text: in characters.
    """

    publishing: frozenset[str]
    publishing_level: int
    largest_file: int
    longest_text: int

    def publishes(self, post: Post) -> bool:
        """Whether a post is of a department that edits every page."""
        return post.department in self.publishing

    def may_edit(self, post: Post, owner: str | None) -> bool:
        """Whether who acts for a post may change a page of this department; None: of none."""
        return self.publishes(post) or (owner is not None and post.department == owner)

    def may_publish(self, post: Post, roles: Collection[str], owners: Iterable[str | None]) -> bool:
        """Whether a post puts out, or takes back, what is of these departments: that of the page
        as it is and that of the draft, which may give it away."""
        if self.publishes(post) and post.level >= self.publishing_level:
            return True
        return "supervisor" in roles and set(owners) == {post.department}


def is_fourth_eye(person: str, authors: Collection[str]) -> bool:
    """Whether somebody has no hand in a draft: only such a person decides about it."""
    return person not in authors


def rules_of(raw: Any) -> Rules:
    """The rules out of the file.

    Raises:
        ValueError: it is not as it should be.
    """
    if not isinstance(raw, Mapping) or set(raw) != set(_FIELDS):
        raise ValueError(f"editing.yaml: must have {', '.join(_FIELDS)}")
    publishing = raw["publishing"]
    if not isinstance(publishing, list) or not all(isinstance(each, str) for each in publishing):
        raise ValueError("editing.yaml, publishing: must be a list of departments")
    for name in _FIELDS[1:]:
        value = raw[name]
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ValueError(f"editing.yaml, {name}: must be a whole number of 1 or more")
    return Rules(frozenset(publishing), *(raw[name] for name in _FIELDS[1:]))


@dataclass(frozen=True, slots=True)
class Merged:
    """Two people's changes of one draft: all values, and the units that both have changed, each in
    another way; there those of the second one stand."""

    values: dict[str, Any]
    clashes: tuple[str, ...]


def unit_of(name: str) -> str:
    """What of a form is changed as a whole: a list, else a field."""
    first, _, rest = name.partition(".")
    return first if rest[:1].isdigit() else name


def merged(before: Mapping[str, Any], theirs: Mapping[str, Any], mine: Mapping[str, Any]) -> Merged:
    """What the first one has saved and the second one wants to, put together unit by unit.

    Args:
        before: the values from which both began.
        theirs: as the first one has saved them.
        mine: as the second one has them.
    """
    units = {unit_of(name) for values in (before, theirs, mine) for name in values}
    values: dict[str, Any] = {}
    clashes = []
    for unit in sorted(units):
        was, first, second = (_of(unit, each) for each in (before, theirs, mine))
        if second == was:
            values |= first
            continue
        if first not in (was, second):
            clashes.append(unit)
        values |= second
    return Merged(values, tuple(clashes))


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """The units in which two sets of values differ."""
    units = {unit_of(name) for values in (before, after) for name in values}
    return tuple(sorted(unit for unit in units if _of(unit, before) != _of(unit, after)))


def _of(unit: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in values.items() if unit_of(name) == unit and each}
