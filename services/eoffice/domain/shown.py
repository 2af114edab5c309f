"""An officer's text as people see it: as HTML, of which no tag comes from the text itself, and as
plain data for print."""

from collections.abc import Sequence
from html import escape
from typing import Any

from services.eoffice.domain.markup import Block, Kind, Line, Reference, Span

_LABELS = {
    "mr": {
        "n": "टिपणी {number}",
        "n/": "टिपणी {number}, परिच्छेद {to}",
        "c": "पत्रव्यवहार पृष्ठ {number}",
        "c/": "पत्रव्यवहार पृष्ठे {number}–{to}",
        "f": "नस्ती {file}",
    },
    "en": {
        "n": "note {number}",
        "n/": "note {number}, para {to}",
        "c": "page {number}/c",
        "c/": "pages {number}–{to}/c",
        "f": "file {file}",
    },
}


def label(reference: Reference, language: str) -> str:
    """What a reader sees of a reference: ``pages 12–14/c``."""
    form = reference.kind + ("/" if reference.to is not None else "")
    return _LABELS[language][form].format(
        number=reference.number, to=reference.to, file=reference.file
    )


def anchor(reference: Reference) -> str:
    """The id of what a reference goes to, in a page that shows a file: ``n3-2``, ``c12``."""
    if reference.kind == "f":
        return f"f-{reference.file}"
    block = f"-{reference.to}" if reference.kind == "n" and reference.to is not None else ""
    return f"{reference.kind}{reference.number}{block}"


def html(blocks: Sequence[Block], language: str, number: int | None = None) -> str:
    """HTML of a text; every character of the text is escaped.

    Args:
        blocks: the text.
        language: of the references' labels: ``mr`` or ``en``.
        number: of the note: its blocks get anchors (``n3-2``).
    """
    shown = []
    for position, block in enumerate(blocks, 1):
        mark = "" if number is None else f' id="n{number}-{position}"'
        shown.append(_block(block, mark, language))
    return "\n".join(shown)


def _block(block: Block, mark: str, language: str) -> str:
    if block.kind is Kind.TABLE:
        rows = []
        for index, row in enumerate(block.rows):
            tag = "th" if block.heading and index == 0 else "td"
            cells = "".join(f"<{tag}>{_line(cell, language)}</{tag}>" for cell in row)
            rows.append(f"<tr>{cells}</tr>")
        return f"<table{mark}>{''.join(rows)}</table>"
    lines = [_line(each, language) for each in block.lines]
    if block.kind is Kind.PARAGRAPH:
        return f"<p{mark}>{'<br>'.join(lines)}</p>"
    tag = "ul" if block.kind is Kind.BULLETS else "ol"
    points = "".join(f"<li>{each}</li>" for each in lines)
    return f"<{tag}{mark}>{points}</{tag}>"


def _line(line: Line, language: str) -> str:
    return "".join(_span(each, language) for each in line)


def _span(span: Span, language: str) -> str:
    if span.reference is None:
        told = escape(span.text)
    else:
        code, goal = escape(span.reference.code), escape(anchor(span.reference))
        told = f'<a href="#{goal}" data-ref="{code}">{escape(label(span.reference, language))}</a>'
    return f"<strong>{told}</strong>" if span.bold else told


def plain(blocks: Sequence[Block]) -> str:
    """The words of a text, a line each, without its markup: for the search. A reference is the
    number of its file, or a word of its own (``n3``)."""

    def words(line: Line) -> str:
        return "".join(_word(each) for each in line)

    return "\n".join(
        words(line)
        for block in blocks
        for line in (*block.lines, *(cell for row in block.rows for cell in row))
    )


def _word(span: Span) -> str:
    if span.reference is None:
        return span.text
    return span.reference.file or span.reference.code.replace(":", "")


def data(blocks: Sequence[Block], language: str) -> list[dict[str, Any]]:
    """The same for print: lists of lines of ``{"text", "bold"}``, references as their labels."""

    def line(spans: Line) -> list[dict[str, Any]]:
        return [
            {
                "text": label(each.reference, language) if each.reference else each.text,
                "bold": each.bold,
            }
            for each in spans
        ]

    return [
        {
            "kind": str(block.kind),
            "lines": [line(each) for each in block.lines],
            "rows": [[line(cell) for cell in row] for row in block.rows],
            "heading": block.heading,
        }
        for block in blocks
    ]
