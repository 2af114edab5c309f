"""What an officer's text may hold: paragraphs, bold, lists, tables, references; the rest is text.

A small part of Markdown. A blank line ends a block; ``**bold**``; lines that begin with ``- `` are
a list and such with ``1.`` a numbered one, in either script's digits; lines between bars are a
table, whose first line is its heading if a line of dashes follows. ``{n:3}`` is note 3 of the
file, ``{n:3/2}`` its second block, ``{c:12}`` and ``{c:12-14}`` pages of the correspondence,
``{f:…}`` another file by its number. Nothing of it is ever taken for HTML.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from palika.text import NO_TEXT, is_blank, plain_digits

LONGEST: Final = 100_000
"""Characters of a text."""
WIDEST: Final = 20
"""Columns of a table."""

# They change the order in which letters are shown: what is read would not be what is kept.
TURNING: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Characters that no text of the office has."""
_REFERENCE: Final = re.compile(r"\{([ncf]):([^{}\n]{0,100})\}")
_LIST: Final = re.compile(r"\s{0,3}([-*]|\d{1,3}[.)])\s+(\S.*)")
_ROW: Final = re.compile(r"\s*\|(.*)\|\s*")
_RULE: Final = re.compile(r"[\s|:-]*-[\s|:-]*")
_NOTE: Final = re.compile(r"(\d{1,6})(?:/(\d{1,4}))?")
_PAGES: Final = re.compile(r"(\d{1,7})(?:\s*[-–]\s*(\d{1,7}))?")


class Kind(StrEnum):
    """What a block is."""

    PARAGRAPH = "paragraph"
    BULLETS = "bullets"
    NUMBERS = "numbers"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference to a note (``n``), to pages of the correspondence (``c``) or to a file (``f``).

    ``number`` is of the note or the first page, ``to`` the block of the note or the last page.
    """

    kind: str
    number: int = 0
    to: int | None = None
    file: str = ""

    @property
    def code(self) -> str:
        """As it is written: ``n:3/2``."""
        if self.kind == "f":
            return f"f:{self.file}"
        between = "/" if self.kind == "n" else "-"
        return f"{self.kind}:{self.number}" + ("" if self.to is None else f"{between}{self.to}")


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line: text, or a reference that ``text`` is written as."""

    text: str
    bold: bool = False
    reference: Reference | None = None


Line = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A block: its lines (of a paragraph), its points (of a list), or its rows of cells.

    ``heading``: the first row of the table is its heading.
    """

    kind: Kind
    lines: tuple[Line, ...] = ()
    rows: tuple[tuple[Line, ...], ...] = ()
    heading: bool = False


def blocks(text: str) -> tuple[Block, ...]:
    """The text as blocks; every text is some: what is written wrongly is shown as it is written."""
    found: list[Block] = []
    lines: list[str] = []
    for line in [*text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), ""]:
        if not is_blank(line):
            if lines and _kind(line) is not _kind(lines[-1]):
                found.append(_block(lines))
                lines = []
            lines.append(line)
        elif lines:
            found.append(_block(lines))
            lines = []
    return tuple(found)


def references(text: str) -> list[Reference]:
    """Every reference in a text, each once, in their order."""
    found = (parse(each[0][1:-1]) for each in _REFERENCE.finditer(text))
    return list(dict.fromkeys(each for each in found if each is not None))


def parse(code: str) -> Reference | None:
    """The reference that ``n:3/2`` is; None: it is none."""
    kind, _, told = plain_digits(code).partition(":")
    told = told.strip()
    if kind == "f":
        return Reference("f", file=told) if told else None
    match = {"n": _NOTE, "c": _PAGES}[kind].fullmatch(told) if kind in ("n", "c") else None
    if match is None:
        return None
    number, to = int(match[1]), int(match[2]) if match[2] else None
    if number < 1 or to == 0 or (kind == "c" and to is not None and to < number):
        return None
    return Reference(kind, number, to)


def mistakes(text: str) -> list[str]:
    """What stands against a text as a green note; empty: nothing does."""
    found: list[str] = []
    if is_blank(text):
        found.append("must not be empty")
    if len(text) > LONGEST:
        found.append(f"must not be longer than {LONGEST} characters")
    if bad := NO_TEXT.search(text):
        found.append(f"has a character that cannot be stored: U+{ord(bad[0]):04X}")
    if turning := TURNING.search(text):
        found.append(
            f"has U+{ord(turning[0]):04X}, which changes the order in which letters are shown"
        )
    wrong = [each[0] for each in _REFERENCE.finditer(text) if parse(each[0][1:-1]) is None]
    found += [f"{each} is no reference; write {{n:3}}, {{n:3/2}}, {{c:12}}, {{c:12-14}} or "
              "{f:NUMBER}" for each in dict.fromkeys(wrong)]  # fmt: skip
    if any(len(row) > WIDEST for block in blocks(text) for row in block.rows):
        found.append(f"has a table of more than {WIDEST} columns")
    return found


def _kind(line: str) -> Kind:
    if _ROW.fullmatch(line):
        return Kind.TABLE
    point = _LIST.fullmatch(line)
    if point is None:
        return Kind.PARAGRAPH
    return Kind.BULLETS if point[1] in "-*" else Kind.NUMBERS


def _block(lines: list[str]) -> Block:
    kind = _kind(lines[0])
    if kind is Kind.TABLE:
        return _table(lines)
    if kind is not Kind.PARAGRAPH:
        points = [match[2] for line in lines if (match := _LIST.fullmatch(line))]
        return Block(kind, tuple(_spans(each) for each in points))
    return Block(kind, tuple(_spans(line.strip()) for line in lines))


def _table(lines: list[str]) -> Block:
    heading = len(lines) > 1 and _RULE.fullmatch(lines[1]) is not None
    shown = [line for line in lines if not _RULE.fullmatch(line)] or lines
    rows = [[cell.strip() for cell in line.strip()[1:-1].split("|")] for line in shown]
    columns = max(map(len, rows))
    return Block(
        Kind.TABLE,
        rows=tuple(
            tuple(_spans(cell) for cell in [*row, *[""] * (columns - len(row))]) for row in rows
        ),
        heading=heading,
    )


def _spans(line: str) -> Line:
    parts = line.split("**")
    if len(parts) % 2 == 0:
        # The last two stars close nothing: they are stars.
        parts[-2:] = ["**".join(parts[-2:])]
    found: list[Span] = []
    for index, part in enumerate(parts):
        bold, at = index % 2 == 1, 0
        for match in _REFERENCE.finditer(part):
            reference = parse(match[0][1:-1])
            if reference is None:
                continue
            if match.start() > at:
                found.append(Span(part[at : match.start()], bold))
            found.append(Span(match[0], bold, reference))
            at = match.end()
        if part[at:]:
            found.append(Span(part[at:], bold))
    return tuple(found)
