"""What a text in Markdown is held to, in a file as in the editor."""

from collections.abc import Iterator
from typing import Final

from services.portal.content import markdown
from services.portal.content.fields import UNFILLED

LEAST: Final = 40
"""Characters that a text has at the least."""


def mistakes_in(text: str) -> Iterator[tuple[int, str]]:
    """What is wrong in a text: the line, and the rule."""
    heading = markdown.first_level_heading(text)
    if heading is not None:
        yield heading, "headings begin with ##: the title is the first"
    if UNFILLED in text:
        line = text.count("\n", 0, text.index(UNFILLED)) + 1
        yield line, f"is still to be written ({UNFILLED})"
    elif len(text.strip()) < LEAST:
        yield 1, f"has fewer than {LEAST} characters"
