"""Markdown as HTML: no HTML inside, tables that scroll, links that keep the language."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup

_ALIGNED: Final = re.compile(r"text-align:(\w+)")
_TABLE: Final = {"mr": "तक्ता", "en": "Table"}
_LINK: Final = re.compile(r"\]\((/[^)\s]*)\)")
_HEADING_1: Final = re.compile(r"^# ", re.MULTILINE)


class _Html(RendererHTML):
    """HTML without style attributes: the site's policy allows none."""

    def table_open(self, _: Sequence[Token], __: int, ___: Any, env: Any) -> str:
        """A region of its own that scrolls, by keyboard too."""
        label = _TABLE[env["language"]]
        return f'<div class="scroll" role="region" aria-label="{label}" tabindex="0"><table>\n'

    def table_close(self, *_: Any) -> str:
        """Its end."""
        return "</table></div>\n"

    def renderToken(  # noqa: N802 - markdown-it's name
        self, tokens: Sequence[Token], idx: int, options: Any, env: Any
    ) -> str:
        """As markdown-it has it; how a cell is aligned is a class."""
        token = tokens[idx]
        style = token.attrs.pop("style", None)
        if isinstance(style, str) and (found := _ALIGNED.match(style)):
            token.attrSet("class", found[1])
        if token.type == "th_open":
            token.attrSet("scope", "col")
        href = token.attrs.get("href") if token.type == "link_open" else None
        if isinstance(href, str) and href.startswith("/"):
            token.attrSet("href", f"/{env['language']}{href}")
        return super().renderToken(tokens, idx, options, env)


_READER: Final = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Html).enable("table")


def html(text: str, language: str) -> Markup:
    """A text as HTML; links to the site's own pages (``/services/…``) get its language."""
    return Markup(_READER.render(text, {"language": language}))  # noqa: S704 all that comes from data is escaped before


def plain(text: str) -> str:
    """The words of a text, without marks."""
    found: list[str] = []
    for token in _READER.parse(text):
        if token.type == "inline":
            found += [each.content for each in token.children or () if each.content]
    return " ".join(found)


def links(text: str) -> Iterator[tuple[int, str]]:
    """The links to the site's own pages: the line (from 1), and the address without query."""
    for number, line in enumerate(text.splitlines(), 1):
        for found in _LINK.finditer(line):
            yield number, found[1].partition("#")[0].partition("?")[0]


def first_level_heading(text: str) -> int | None:
    """The line of a heading of the first level, which only the title of a page is."""
    found = _HEADING_1.search(text)
    return text.count("\n", 0, found.start()) + 1 if found else None
