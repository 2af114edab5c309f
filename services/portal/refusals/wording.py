"""A refusal in Marathi: its pattern is found, and its values are put into the translation."""

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple, TypeVar

from flask import has_request_context

from palika.errors import Invalid, PalikaError
from services.portal.pages.frame import wanted
from services.portal.pages.languages import MARATHI, current
from services.portal.pages.words import translations
from services.portal.refusals.files import catalogue

VALUE: Final = re.compile(r"\{([a-z_]+|\d+)\}")
"""Where a value stands in a pattern."""
_DEEPEST: Final = 3
_LONGEST: Final = 2_000
"""Longer texts are no refusal, and are not searched."""

Error = TypeVar("Error", bound=PalikaError)


class _Pattern(NamedTuple):
    regex: re.Pattern[str]
    names: tuple[str, ...]
    translation: str


def for_reader(error: Error) -> Error:
    """The error as who reads this page is told it: in Marathi on a page in Marathi, else itself."""
    if not has_request_context() or not wanted() or current() != MARATHI:
        return error
    details = _rules(error.details) if isinstance(error, Invalid) else error.details
    return type(error)(said(error.message), details)


@lru_cache(4_096)
def said(message: str) -> str:
    """What a service says, in Marathi; itself, where there is no translation."""
    return _said(message, 0)


def _said(message: str, depth: int) -> str:
    if not message or len(message) > _LONGEST or depth > _DEEPEST:
        return message
    exact, patterns = _known()
    # A value may be a word of the pages: the name of a state.
    found = exact.get(message) or translations(MARATHI).gettext(message)
    if found != message:
        return found
    for pattern in patterns:
        matched = pattern.regex.fullmatch(message)
        if matched is None:
            continue
        told = (_said(each, depth + 1) for each in matched.groups())
        return _filled(pattern.translation, dict(zip(pattern.names, told, strict=True)))
    return message


def _filled(translation: str, values: Mapping[str, str]) -> str:
    return VALUE.sub(lambda at: values[at[1]], translation)


def _rules(told: Any) -> Any:
    """Rules by field, however deep, in Marathi."""
    if isinstance(told, Mapping):
        return {name: _rules(each) for name, each in told.items()}
    if isinstance(told, list | tuple):
        return [_rules(each) for each in told]
    return said(told) if isinstance(told, str) else told


@cache
def _known() -> tuple[Mapping[str, str], tuple[_Pattern, ...]]:
    """Sentences as they are, and those with values; what says most by itself is tried first."""
    exact, found = {}, []
    for each in catalogue():
        if not each.id or not each.string:
            continue
        names = tuple(VALUE.findall(each.id))
        if not names:
            exact[each.id] = each.string
            continue
        words = VALUE.split(each.id)[::2]
        regex = re.compile("(.+?)".join(map(re.escape, words)), re.DOTALL)
        found.append((sum(map(len, words)), _Pattern(regex, names, each.string)))
    found.sort(key=lambda one: -one[0])
    return exact, tuple(pattern for _, pattern in found)
