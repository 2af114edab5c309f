"""Slides (PPTX) for reviews: title, bullets, tables, charts and pictures, in Marathi or English.

16:9. Every slide has its title where a program looks for it, and below the date, the source and its
number. Texts are set in a font that Windows has for both scripts, named for Latin and for complex
scripts; elsewhere the program takes its own Devanagari font. What does not fit on a slide goes on
in the next one, never off its edge.
"""

import io
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from itertools import chain
from math import ceil
from typing import Any, Final, TypeVar

from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.oxml.xmlchemy import OxmlElement
from pptx.util import Inches, Pt

from palika.india import in_digits
from palika.number_words import devanagari
from palika.slides.parts import (
    ACROSS,
    BLUE,
    BOTTOM,
    DIM,
    FONT,
    HEIGHT,
    INK,
    LEFT,
    LINE,
    PALE,
    RAG,
    SERIES,
    TOP,
    WHITE,
    WIDTH,
    Cell,
    Colour,
    Language,
    Point,
    Rag,
    bullet,
    clean,
    fitting,
    headed,
    height_of,
    lines_of,
    note_height,
    picture,
    place,
    point_height,
    point_size,
    set_font,
    short,
    tag,
    text_of,
    widen,
    width,
)

__all__ = ["FONT", "Cell", "Colour", "Deck", "Language", "Point", "Rag"]

_SOURCE: Final = {"mr": "स्रोत", "en": "Source"}
_NOTHING: Final = {"mr": "नोंद नाही", "en": "None"}

_DEVANAGARI_DIGITS: Final = "[$-400044E]"
"""In front of a format of numbers: digits of Devanagari (04), in Marathi (044E)."""
_PICTURES_A_SLIDE = 4

T = TypeVar("T")


class Deck:
    """A presentation that is made slide by slide.

    Args:
        title: of the file.
        language: of its texts and its fixed words.
        day: that the slides show the state of; stands on each of them.
        source: who says so, on each of them.
    """

    def __init__(self, title: str, language: Language, day: date, source: str) -> None:
        self._deck = Presentation()
        self._language = language
        shown = devanagari(in_digits(day)) if language == "mr" else in_digits(day)
        self._foot = f"{shown}  ·  {_SOURCE[language]}: {clean(source)}"
        self._deck.slide_width, self._deck.slide_height = Inches(WIDTH), Inches(HEIGHT)
        widen(self._deck)
        properties = self._deck.core_properties
        properties.title, properties.author = clean(title), clean(source)[:255]
        properties.language = tag(language)
        properties.created = properties.modified = datetime.combine(day, time(12))

    @property
    def count(self) -> int:
        """How many slides there are."""
        return len(self._deck.slides)

    def cover(self, title: str, subtitle: str, lines: Sequence[str] = ()) -> None:
        """The first slide: a title, a subtitle and some lines in large letters."""
        slide = self._deck.slides.add_slide(self._deck.slide_layouts[0])
        slide.background.fill.solid()
        slide.background.fill.fore_color.rgb = BLUE
        head, below = slide.placeholders[0], slide.placeholders[1]
        place(head, LEFT, 1.4, ACROSS, 1.7)
        place(below, LEFT, 3.2, ACROSS, 3.5)
        head.text_frame.vertical_anchor = MSO_ANCHOR.BOTTOM
        self._fill(
            head.text_frame,
            [title],
            36 if width(title, 36) <= 2 * ACROSS else 28,
            WHITE,
            bold=True,
        )
        told = [subtitle, *lines]
        size = next((each for each in (22, 18, 16) if height_of(told, each) <= 3.4), 14)
        self._fill(below.text_frame, told, size, WHITE)
        for paragraph in below.text_frame.paragraphs:
            paragraph.space_after = Pt(8)
        self._foot_of(slide, WHITE)

    def bullets(self, title: str, points: Sequence[str | Point]) -> None:
        """A list. An empty one says that there is nothing."""
        given = points or [_NOTHING[self._language]]
        heads = headed([each if isinstance(each, Point) else Point(each) for each in given])
        groups = fitting(heads, [sum(map(point_height, each)) for each in heads], BOTTOM - TOP)
        for name, part in self._parts(title, [list(chain(*each)) for each in groups]):
            slide = self._slide(name)
            box = slide.shapes.add_textbox(
                Inches(LEFT), Inches(TOP), Inches(ACROSS), Inches(BOTTOM - TOP)
            )
            frame = box.text_frame
            frame.word_wrap = True
            for index, point in enumerate(part):
                paragraph = frame.paragraphs[0] if index == 0 else frame.add_paragraph()
                bullet(paragraph, point.level)
                self._run(
                    paragraph,
                    point.text.replace("\n", " "),
                    point_size(point),
                    INK,
                    bold=point.bold,
                )

    def table(
        self,
        title: str,
        header: Sequence[str],
        rows: Sequence[Sequence[Cell]],
        *,
        widths: Sequence[float] | None = None,
        right: Sequence[int] = (),
        size: int = 13,
        note: str = "",
    ) -> None:
        """A table, its heading again on every slide that it needs.

        Args:
            header: the columns' names.
            rows: as many cells each; ``Rag`` cells are filled with their colour.
            widths: of the columns, in proportion; all alike if not given.
            right: columns of numbers, from 0: set to the right.
            size: of the letters, in points.
            note: one line below.

        Raises:
            ValueError: a row, or ``widths``, has another number of cells than ``header``.
        """
        told: list[list[Cell]] = [list(row) for row in rows]
        told = told or [[_NOTHING[self._language], *[""] * (len(header) - 1)]]
        shares = list(widths or [1] * len(header))
        if any(len(row) != len(header) for row in told) or len(shares) != len(header):
            raise ValueError(f"{title}: every row has {len(header)} cells, as the heading has")
        across = [ACROSS * share / sum(shares) for share in shares]
        line = size * LINE
        told = [[short(cell) for cell in row] for row in told]

        def height(row: Sequence[Cell]) -> float:
            cells = zip(row, across, strict=True)
            return 0.12 + line * max(lines_of(text_of(c), size, wide - 0.2) for c, wide in cells)

        room = BOTTOM - TOP - height(header) - note_height(note)
        for name, part in self._parts(title, fitting(told, [height(row) for row in told], room)):
            slide = self._slide(name)
            place = [Inches(each) for each in (LEFT, TOP, ACROSS, 0.3)]
            table = slide.shapes.add_table(len(part) + 1, len(header), *place).table
            for column, each in zip(table.columns, across, strict=True):
                column.width = Inches(each)
            shown: list[list[Cell]] = [list(header), *part]
            for index, row in enumerate(shown):
                table.rows[index].height = Inches(height(row))
                for at, cell in enumerate(row):
                    self._cell(table.cell(index, at), cell, index, size, at in right)
            if note:
                self._line(slide, note, BOTTOM - note_height(note))

    def bars(
        self,
        title: str,
        categories: Sequence[str],
        series: Sequence[tuple[str, Sequence[float | None]]],
        *,
        lying: bool = False,
        number: str = "General",
        note: str = "",
    ) -> None:
        """A bar chart; its numbers can be edited in the file. Without a number there is no bar.

        Args:
            categories: what the bars stand for, in reading order.
            series: a name and a number for each category.
            lying: from left to right, for long names.
            number: the numbers' format, as spreadsheets write it (``0.0``).
            note: one line below.
        """
        kind = XL_CHART_TYPE.BAR_CLUSTERED if lying else XL_CHART_TYPE.COLUMN_CLUSTERED
        chart = self._chart(title, kind, categories, series, number, note)
        if lying:
            chart.category_axis.reverse_order = True
            chart.value_axis.visible = False
        chart.plots[0].gap_width = 60
        chart.plots[0].has_data_labels = len(categories) * len(series) <= 30
        if chart.plots[0].has_data_labels:
            labels = chart.plots[0].data_labels
            labels.number_format, labels.number_format_is_linked = self._written(number), False
            set_font(labels.font, 11, INK)

    def lines(
        self,
        title: str,
        categories: Sequence[str],
        series: Sequence[tuple[str, Sequence[float | None]]],
        *,
        number: str = "General",
        note: str = "",
    ) -> None:
        """A line chart, as ``bars``. Where a number is missing the line has a gap."""
        self._chart(title, XL_CHART_TYPE.LINE_MARKERS, categories, series, number, note)

    def pictures(self, title: str, pictures: Sequence[tuple[bytes, str]]) -> None:
        """Pictures (JPEG, PNG, WebP) with what they show; four on a slide at most.

        They are turned upright, made smaller, and lose what the camera wrote into them.

        Raises:
            ValueError: one cannot be read as a picture.
        """
        groups = [
            list(pictures[at : at + _PICTURES_A_SLIDE])
            for at in range(0, len(pictures), _PICTURES_A_SLIDE)
        ]
        for name, part in self._parts(title, groups):
            slide = self._slide(name)
            columns = min(len(part), 2)
            wide = ACROSS / columns
            tall = (BOTTOM - TOP) / ceil(len(part) / 2)
            for index, (content, told) in enumerate(part):
                left, top = LEFT + index % 2 * wide, TOP + index // 2 * tall
                small, *pixels = picture(content)
                scale = min((wide - 0.2) / pixels[0], (tall - 0.5) / pixels[1])
                across, down = (Inches(each * scale) for each in pixels)
                at = Inches(left + wide / 2) - across // 2
                shape = slide.shapes.add_picture(io.BytesIO(small), at, Inches(top), across, down)
                shape._element.nvPicPr.cNvPr.set("descr", clean(told))
                self._line(slide, told, top + tall - 0.45, left=left, across=wide, middle=True)

    def content(self) -> bytes:
        """The file. Raises ValueError when it has no slide."""
        file = io.BytesIO()
        if not self.count:
            raise ValueError("a presentation has one slide at least")
        self._deck.save(file)
        return file.getvalue()

    def _parts(self, title: str, groups: Sequence[T]) -> Iterator[tuple[str, T]]:
        for index, part in enumerate(groups, 1):
            number = f" ({index}/{len(groups)})" if len(groups) > 1 else ""
            yield title + (devanagari(number) if self._language == "mr" else number), part

    def _slide(self, title: str) -> Any:
        slide = self._deck.slides.add_slide(self._deck.slide_layouts[5])
        frame = slide.shapes.title.text_frame
        size = next((each for each in (28, 24, 20) if width(title, each) <= ACROSS), 18)
        self._fill(frame, [title], size, BLUE, bold=True)
        self._foot_of(slide, DIM)
        return slide

    def _chart(
        self,
        title: str,
        kind: XL_CHART_TYPE,
        categories: Sequence[str],
        series: Sequence[tuple[str, Sequence[float | None]]],
        number: str,
        note: str,
    ) -> Any:
        if any(len(values) != len(categories) for _, values in series):
            raise ValueError(f"{title}: every series has {len(categories)} numbers")
        slide = self._slide(title)
        number = self._written(number)
        data = CategoryChartData(number_format=number)
        data.categories = [clean(each) for each in categories]
        for name, values in series:
            data.add_series(clean(name), values)
        tall = BOTTOM - TOP - note_height(note)
        frame = slide.shapes.add_chart(
            kind, Inches(LEFT), Inches(TOP), Inches(ACROSS), Inches(tall), data
        )
        frame._element.nvGraphicFramePr.cNvPr.set("descr", clean(title))
        chart = frame.chart
        chart.has_title = False
        set_font(chart.font, 12, INK)
        chart.has_legend = len(series) > 1
        if chart.has_legend:
            chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.BOTTOM, False
        ticks = chart.value_axis.tick_labels
        ticks.number_format, ticks.number_format_is_linked = number, False
        chart.value_axis.major_gridlines.format.line.color.rgb = PALE
        for each, colour in zip(chart.plots[0].series, SERIES * len(series), strict=False):
            if kind is XL_CHART_TYPE.LINE_MARKERS:
                each.smooth = False
                each.format.line.color.rgb = colour
                each.marker.format.fill.solid()
                each.marker.format.fill.fore_color.rgb = colour
            else:
                each.format.fill.solid()
                each.format.fill.fore_color.rgb = colour
        if note:
            self._line(slide, note, BOTTOM - note_height(note))
        return chart

    def _written(self, number: str) -> str:
        """A format of numbers, with the digits of the language."""
        return f"{_DEVANAGARI_DIGITS}{number}" if self._language == "mr" else number

    def _cell(self, cell: Any, told: Cell, row: int, size: int, right: bool) -> None:
        colour: tuple[RGBColor, RGBColor]
        if isinstance(told, Rag):
            colour = RAG[told.colour]
        elif row == 0:
            colour = (BLUE, WHITE)
        else:
            colour = (PALE if row % 2 == 0 else WHITE, INK)
        cell.fill.solid()
        cell.fill.fore_color.rgb, ink = colour
        cell.margin_left = cell.margin_right = Inches(0.09)
        cell.margin_top = cell.margin_bottom = Inches(0.04)
        cell.vertical_anchor = MSO_ANCHOR.MIDDLE
        self._fill(
            cell.text_frame, [text_of(told)], size, ink, bold=row == 0 or isinstance(told, Rag)
        )
        if right:
            cell.text_frame.paragraphs[0].alignment = PP_ALIGN.RIGHT

    def _line(
        self,
        slide: Any,
        text: str,
        top: float,
        *,
        left: float = LEFT,
        across: float = ACROSS,
        middle: bool = False,
    ) -> None:
        box = slide.shapes.add_textbox(Inches(left), Inches(top), Inches(across), Inches(0.35))
        box.text_frame.word_wrap = True
        self._fill(box.text_frame, [text], 12, DIM)
        if middle:
            box.text_frame.paragraphs[0].alignment = PP_ALIGN.CENTER

    def _foot_of(self, slide: Any, ink: RGBColor) -> None:
        box = slide.shapes.add_textbox(Inches(LEFT), Inches(6.95), Inches(11), Inches(0.35))
        self._fill(box.text_frame, [self._foot], 11, ink)
        box = slide.shapes.add_textbox(Inches(WIDTH - 1.6), Inches(6.95), Inches(1), Inches(0.35))
        paragraph = box.text_frame.paragraphs[0]
        paragraph.alignment = PP_ALIGN.RIGHT
        if self._language == "mr":
            # PowerPoint writes a field with the digits 0 to 9, whatever its language is.
            self._run(paragraph, devanagari(str(self.count)), 11, ink)
            return
        run = self._run(paragraph, str(self.count), 11, ink)
        # A field: the number stays right when slides are moved.
        field = OxmlElement("a:fld")
        field.set("id", "{5B1D2C1E-7B57-4C5D-9A55-0F0B7A1C2D3E}")
        field.set("type", "slidenum")
        paragraph._p.append(field)
        for part in list(run._r):
            field.append(part)
        paragraph._p.remove(run._r)

    def _fill(
        self, frame: Any, texts: Sequence[str], size: int, ink: RGBColor, *, bold: bool = False
    ) -> None:
        frame.word_wrap = True
        for index, text in enumerate(line for each in texts for line in each.split("\n")):
            paragraph = frame.paragraphs[0] if index == 0 else frame.add_paragraph()
            paragraph.alignment = PP_ALIGN.LEFT
            self._run(paragraph, text, size, ink, bold=bold)

    def _run(
        self, paragraph: Any, text: str, size: int, ink: RGBColor, *, bold: bool = False
    ) -> Any:
        run = paragraph.add_run()
        run.text = clean(text)
        set_font(run.font, size, ink, bold=bold)
        run.font._element.set("lang", tag(self._language))
        return run
