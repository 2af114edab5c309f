"""What slides are made of: fonts, colours, the size of a text, pictures."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, Final, Literal, TypeVar

from PIL import Image, ImageOps
from pptx.dml.color import RGBColor
from pptx.oxml.ns import qn
from pptx.oxml.xmlchemy import OxmlElement
from pptx.util import Inches, Pt

FONT: Final = "Nirmala UI"
"""Has Devanagari and Latin; part of Windows since 8."""

Language = Literal["mr", "en"]
Colour = Literal["green", "amber", "red", "grey"]

WIDTH, HEIGHT = 13.333, 7.5  # inches, as all measures here
LEFT, ACROSS = 0.6, 12.13
TOP, BOTTOM = 1.45, 6.85
INK, BLUE, PALE = (
    RGBColor(0x20, 0x29, 0x33),
    RGBColor(0x0B, 0x3C, 0x6E),
    RGBColor(0xE8, 0xEE, 0xF5),
)
WHITE, DIM = RGBColor(0xFF, 0xFF, 0xFF), RGBColor(0x5A, 0x65, 0x70)
# White or dark ink on them can be read (contrast of 4.5 at least).
RAG: Final[dict[str, tuple[RGBColor, RGBColor]]] = {
    "green": (RGBColor(0x1B, 0x7A, 0x3D), WHITE),
    "amber": (RGBColor(0xFF, 0xC1, 0x07), INK),
    "red": (RGBColor(0xB7, 0x1C, 0x1C), WHITE),
    "grey": (RGBColor(0xD5, 0xDA, 0xE0), INK),
}
SERIES: Final = [
    BLUE,
    RGBColor(0xE0, 0x7B, 0x00),
    RGBColor(0x4F, 0x8A, 0x8B),
    RGBColor(0x8E, 0x44, 0xAD),
]
LINE: Final = 0.0195
"""How tall a line is, in inches, of letters of one point."""
_LARGEST_PICTURE = 1920
# What XML cannot hold.
_NO_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_MARKS = re.compile("[\u0900-\u0902\u093a-\u094f\u0962\u0963\u200b-\u200d]")

_LONGEST_CELL = 600

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rag:
    """A cell of a table with its colour; the text says the same to who sees no colour."""

    colour: Colour
    text: str


@dataclass(frozen=True, slots=True)
class Point:
    """A bullet; ``level`` 0 is the outermost, 2 the innermost."""

    text: str
    level: int = 0
    bold: bool = False


Cell = str | Rag


def set_font(font: Any, size: int, ink: RGBColor, *, bold: bool = False) -> None:
    """Latin and complex scripts: without the second, Devanagari is set in whatever there is."""
    font.name, font.size, font.bold = FONT, Pt(size), bold
    font.color.rgb = ink
    properties = font._element
    for old in properties.findall(qn("a:cs")):
        properties.remove(old)
    latin = properties.find(qn("a:latin"))
    script = OxmlElement("a:cs")
    script.set("typeface", FONT)
    latin.addnext(script)


def widen(deck: Any) -> None:
    """Put the template's places, which are for 4:3, on 16:9."""
    for layout in [deck.slide_master, *deck.slide_layouts]:
        for shape in layout.placeholders:
            if shape.element.find(f".//{qn('a:off')}") is not None:
                shape.left, shape.width = (
                    int(each * WIDTH / 10) for each in (shape.left, shape.width)
                )
    for shape in deck.slide_layouts[5].placeholders:
        if shape.placeholder_format.idx == 0:
            place(shape, LEFT, 0.4, ACROSS, 0.95)


def place(shape: Any, left: float, top: float, width: float, height: float) -> None:
    """Put a shape at a place."""
    shape.left, shape.top, shape.width, shape.height = (
        Inches(each) for each in (left, top, width, height)
    )


def bullet(paragraph: Any, level: int) -> None:
    """Make a paragraph a bullet of a list."""
    paragraph.space_after = Pt(6)
    paragraph.level = min(level, 2)
    properties = paragraph._p.get_or_add_pPr()
    properties.set("marL", str(Inches(0.4 * (min(level, 2) + 1))))
    properties.set("indent", str(-Inches(0.3)))
    for name, key, value in (
        ("a:buFont", "typeface", "Arial"),
        ("a:buChar", "char", "•" if level == 0 else "–"),
    ):
        mark = OxmlElement(name)
        mark.set(key, value)
        properties.append(mark)


def fitting(items: Sequence[T], heights: Sequence[float], room: float) -> list[list[T]]:
    """The items in groups that fit into ``room``; one that is too tall has its own."""
    groups: list[list[T]] = [[]]
    used = 0.0
    for item, height in zip(items, heights, strict=True):
        if groups[-1] and used + height > room:
            groups.append([])
            used = 0.0
        groups[-1].append(item)
        used += height
    return groups


def headed(points: Sequence[Point]) -> list[list[Point]]:
    """Points with those that they stand under, so that none of these ends a slide: each in a group
    of its own, but for the first of what is below it, which is in its group."""
    groups: list[list[Point]] = []
    for point in points:
        if groups and point.level > groups[-1][-1].level:
            groups[-1].append(point)
        else:
            groups.append([point])
    return groups


def point_size(point: Point) -> int:
    """How large a bullet is written, in points."""
    return 18 - 2 * min(point.level, 2)


def point_height(point: Point) -> float:
    """About how tall a bullet is, in inches."""
    across = ACROSS - 0.4 * (min(point.level, 2) + 1)
    size = point_size(point)
    return lines_of(point.text, size, across) * size * LINE + 0.1


def width(text: str, size: int) -> float:
    """About how wide a text is on one line, in inches: marks of Devanagari take no room."""
    shown = len(_MARKS.sub("", text))
    return shown * size * 0.0083


def lines_of(text: str, size: int, across: float) -> int:
    """About how many lines a text takes in a column ``across`` inches wide."""
    return sum(max(1, ceil(width(each, size) / max(across, 0.3))) for each in text.split("\n"))


def clean(text: str) -> str:
    """The text without what XML cannot hold."""
    return _NO_TEXT.sub("", text)


def tag(language: Language) -> str:
    """The language as BCP 47 has it."""
    return {"mr": "mr-IN", "en": "en-IN"}[language]


def picture(content: bytes) -> tuple[bytes, int, int]:
    """A picture upright, small enough, as JPEG or PNG; its width and height in pixels.

    Raises:
        ValueError: it is not JPEG, PNG or WebP.
    """
    try:
        with Image.open(io.BytesIO(content), formats=["JPEG", "PNG", "WEBP"]) as opened:
            upright = ImageOps.exif_transpose(opened)
            upright.thumbnail((_LARGEST_PICTURE, _LARGEST_PICTURE))
            file = io.BytesIO()
            if upright.mode in {"RGB", "L", "CMYK"}:
                upright.convert("RGB").save(file, "JPEG", quality=85)
            else:
                upright.convert("RGBA").save(file, "PNG")
            return file.getvalue(), upright.width, upright.height
    except (OSError, Image.DecompressionBombError) as error:
        raise ValueError("it cannot be read as a picture (JPEG, PNG or WebP)") from error


def short(cell: Cell) -> Cell:
    """A cell that is not taller than a slide: a very long text is cut, with an ellipsis."""
    if isinstance(cell, Rag) or len(cell) <= _LONGEST_CELL:
        return cell
    return cell[: _LONGEST_CELL - 1] + "…"


def text_of(cell: Cell) -> str:
    """What is written in a cell."""
    return cell.text if isinstance(cell, Rag) else cell


def height_of(texts: Sequence[str], size: int) -> float:
    """About how tall paragraphs are over the whole width, in inches."""
    return sum(lines_of(each, size, ACROSS) * size * 0.0185 + 0.12 for each in texts)


def note_height(note: str) -> float:
    """The room of a note below."""
    return 0.15 + 0.23 * lines_of(note, 12, ACROSS) if note else 0
