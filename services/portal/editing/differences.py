"""What two states of a page differ in, field by field, side by side, with what is gone and what is
new marked in the words."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final

from markupsafe import Markup, escape

from services.portal.content import Content
from services.portal.domain.editing import unit_of
from services.portal.editing.controls import controls, value_words
from services.portal.editing.inputs import Sort
from services.portal.pages.words import gettext

_PIECES: Final = re.compile(r"\s+|[^\s]+")
_AROUND: Final = 1
"""Lines that are shown before and after one that was changed."""
_SIMILAR: Final = 0.35
"""Less alike than so, all of it is other: marks of single words would help nobody."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A field, its words, and both sides as HTML; ``lines`` are those of a text."""

    name: str
    words: str
    before: Markup
    after: Markup
    language: str | None


def differences(
    kind: str, before: Mapping[str, Any], after: Mapping[str, Any], content: Content
) -> list[Difference]:
    """Every field that differs, in the order of the form; in what order codes were chosen is none
    of its matter."""
    found = []
    for name, words, each in controls(kind, {**before, **after}):
        was, now = (value_words(each, side.get(name), content, kind) for side in (before, after))
        if was == now:
            continue
        last = name.rpartition(".")[2]
        language = (
            last if last in ("mr", "en") and (each is None or each.sort is Sort.BOTH) else None
        )
        marked = _of_lines(was, now) if each is None else _of_words(was, now)
        found.append(Difference(name, words, *marked, language))
    return found


def one_side(
    kind: str, units: Sequence[str], typed: Mapping[str, Any], content: Content
) -> list[tuple[str, str]]:
    """Fields with their words and what stands in them, for who is told of another's changes."""
    return [
        (words, value_words(each, typed.get(name), content, kind))
        for name, words, each in controls(kind, typed)
        if unit_of(name) in units
    ]


def _of_words(before: str, after: str) -> tuple[Markup, Markup]:
    left, right = _PIECES.findall(before), _PIECES.findall(after)
    found = SequenceMatcher(None, left, right, autojunk=False)
    if before and after and found.ratio() < _SIMILAR:
        return _marked("del", before), _marked("ins", after)
    one, other = Markup(), Markup()
    for what, a, b, c, d in found.get_opcodes():
        gone, new = "".join(left[a:b]), "".join(right[c:d])
        if what == "equal":
            one, other = one + gone, other + new
        else:
            one, other = one + _marked("del", gone), other + _marked("ins", new)
    return one, other


def _marked(tag: str, words: str) -> Markup:
    if not words:
        return Markup()
    # Colour alone says nothing to who cannot see it.
    told = gettext("removed:") if tag == "del" else gettext("added:")
    return Markup('<{0}><span class="seen-by-readers">{1} </span>{2}</{0}>').format(
        Markup(tag),  # noqa: S704 a name of the code's own
        told,
        escape(words),
    )


def _of_lines(before: str, after: str) -> tuple[Markup, Markup]:
    left, right = before.splitlines(), after.splitlines()
    one: list[Markup] = []
    other: list[Markup] = []
    found = SequenceMatcher(None, left, right, autojunk=False)
    for group in found.get_grouped_opcodes(_AROUND):
        if one:
            one.append(Markup("…"))
            other.append(Markup("…"))
        for what, a, b, c, d in group:
            if what == "equal":
                one += map(escape, left[a:b])
                other += map(escape, right[c:d])
                continue
            for was, now in _pairs(left[a:b], right[c:d]):
                marked = _of_words(was, now)
                one += [marked[0]] if was else []
                other += [marked[1]] if now else []
    line = Markup("\n")
    return line.join(one), line.join(other)


def _pairs(left: Sequence[str], right: Sequence[str]) -> Iterator[tuple[str, str]]:
    for number in range(max(len(left), len(right))):
        yield (
            left[number] if number < len(left) else "",
            right[number] if number < len(right) else "",
        )
