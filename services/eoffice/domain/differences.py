"""What changed between two versions of a text, word by word."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from html import escape

_WORDS = re.compile(r"\n|[^\S\n]+|[^\s]+")
MOST_WORDS = 20_000
"""Of both texts together, spaces counted; longer ones are compared line by line."""


@dataclass(frozen=True, slots=True)
class Change:
    """A piece of text: ``kept``, ``added`` or ``removed``."""

    kind: str
    text: str


def changes(before: str, after: str) -> list[Change]:
    """The two texts as one, in pieces: without the added ones it is ``before``, without the removed
    ones ``after``."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    if len(old) + len(new) > MOST_WORDS:
        old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    found: list[Change] = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(Change("kept", "".join(old[a:b])))
            continue
        if a < b:
            found.append(Change("removed", "".join(old[a:b])))
        if c < d:
            found.append(Change("added", "".join(new[c:d])))
    return found


def html(found: list[Change]) -> str:
    """The pieces as HTML; every character of the texts is escaped."""
    tags = {"added": "ins", "removed": "del"}
    shown = []
    for each in found:
        told = escape(each.text).replace("\n", "<br>")
        tag = tags.get(each.kind)
        shown.append(f"<{tag}>{told}</{tag}>" if tag else told)
    return "".join(shown)


def plain(found: list[Change]) -> str:
    """The pieces for a terminal: ``[-removed-]{+added+}``, as ``git diff --word-diff`` has them."""
    marks = {"added": ("{+", "+}"), "removed": ("[-", "-]"), "kept": ("", "")}
    return "".join(f"{marks[each.kind][0]}{each.text}{marks[each.kind][1]}" for each in found)
