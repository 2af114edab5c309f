"""Named fields in a text: `{name}` or `{name:form}`, and nothing else in braces.

A template has no loops, no conditions and no attributes: a brace that is not such a field is a
mistake, and what a value contains is never taken for a field.
"""

import re
from collections.abc import Callable, Iterable, Mapping

from services.notify.domain import wording

LINES = "lines"
"""The form of a list, which takes a line for each value."""
Form = Callable[[object, str], str]
"""Writes a value in a language; raises Invalid for what it cannot write."""
FORMS: dict[str, Form] = {
    "text": wording.text,
    "digits": wording.text,
    "money": wording.money,
    "amount": wording.amount,
    "date": wording.day,
    "time": wording.time,
    "moment": wording.moment,
    "number": wording.number,
    "link": wording.link,
    LINES: wording.lines,
}
"""How a value is written, by the name of the form."""

FIELD = re.compile(r"\{([a-z][a-z0-9_]*)(?::([a-z]+))?\}")


def in_order(text: str) -> list[str]:
    """The names of the fields as they stand in the text, each as often as it does."""
    return [found[1] for found in FIELD.finditer(text)]


def forms_of(parts: Iterable[str], mistakes: list[str]) -> dict[str, str]:
    """The form of each field in the parts of a text, in their order.

    Args:
        parts: a subject and a body, or a body.
        mistakes: what is wrong is added: braces, unknown forms, one field in two forms, characters
            that are no text.
    """
    found: dict[str, str] = {}
    for part in parts:
        rest = FIELD.sub("", part)
        if "{" in rest or "}" in rest:
            mistakes.append("a brace that is not a field such as {name:form}")
        if wrong := _no_text(part):
            mistakes.append(wrong)
        for name, form in FIELD.findall(part):
            form = form or "text"
            if form not in FORMS:
                mistakes.append(f"{name}: form {form!r} is not one of {', '.join(FORMS)}")
            elif found.setdefault(name, form) != form:
                mistakes.append(f"{name} is written in two forms")
    return found


def fill(text: str, written: Mapping[str, str]) -> str:
    """The text with its fields filled; once through, so a value's braces stay what they are."""
    return FIELD.sub(lambda found: written[found[1]], text)


def _no_text(part: str) -> str | None:
    for each in part:
        if each in wording.BIDI:
            return f"U+{ord(each):04X} turns the direction of writing"
        if each != "\n" and each not in "\u200c\u200d" and not each.isprintable():
            return f"U+{ord(each):04X} is no text"
    return None
