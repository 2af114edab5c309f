"""Slides, read back from the file that they are written to."""

import io
import zipfile
from datetime import date

import pytest
from PIL import Image
from pptx import Presentation
from pptx.oxml.ns import qn
from pptx.util import Inches

from palika.number_words import devanagari
from palika.slides import FONT, Deck, Point, Rag

DAY = date(2026, 11, 29)


def deck(language="mr"):
    return Deck("Review", language, DAY, "पुणे महानगरपालिका")


def read(made):
    return Presentation(io.BytesIO(made.content()))


def texts(slide):
    return [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]


def tables(presentation):
    return [
        shape.table for slide in presentation.slides for shape in slide.shapes if shape.has_table
    ]


def photo(mode="RGB", size=(400, 300), form="JPEG", **how):
    file = io.BytesIO()
    Image.new(mode, size).save(file, form, **how)
    return file.getvalue()


def full_deck(language="mr"):
    made = deck(language)
    made.cover("कार्यक्रम", "दिवस ८७ / १५०", ["ओळ"])
    made.bullets("यादी", ["एक", Point("दोन", 1)])
    made.table("गुण", ["निकष", "स्थिती"], [["संकेतस्थळ", Rag("red", "लाल")]], note="टीप")
    made.bars("स्तंभ", ["अ", "ब"], [("स्व", [1, None]), ("बाह्य", [2, 3])])
    made.lines("रेषा", ["अ", "ब"], [("स्व", [1, None])], note="टीप")
    made.pictures("चित्रे", [(photo(), "रस्ता")])
    return made


def test_slides_are_sixteen_by_nine_and_each_has_its_title_date_source_and_number():
    found = read(full_deck())
    assert found.slide_width / found.slide_height == pytest.approx(16 / 9, rel=1e-3)
    assert [slide.shapes.title.text for slide in found.slides] == [
        "कार्यक्रम", "यादी", "गुण", "स्तंभ", "रेषा", "चित्रे"
    ]  # fmt: skip
    for number, slide in enumerate(found.slides, 1):
        assert "२९-११-२०२६  ·  स्रोत: पुणे महानगरपालिका" in texts(slide)
        # A field would be written in the digits 0 to 9.
        assert devanagari(number) in texts(slide)
    for number, slide in enumerate(read(full_deck("en")).slides, 1):
        [field] = slide.element.iter(qn("a:fld"))
        assert field.get("type") == "slidenum"
        assert field.find(qn("a:t")).text == str(number)


def test_the_numbers_of_charts_are_in_the_digits_of_the_language():
    for language, wanted in (("mr", "[$-400044E]General"), ("en", "General")):
        charts = [
            shape.chart
            for slide in read(full_deck(language)).slides
            for shape in slide.shapes
            if shape.has_chart
        ]
        assert len(charts) == 2
        for chart in charts:
            assert chart.value_axis.tick_labels.number_format == wanted
        assert charts[0].plots[0].data_labels.number_format == wanted


def test_the_fixed_words_are_of_the_language():
    made = deck("en")
    made.bullets("List", [])
    made.table("Table", ["a", "b"], [])
    found = read(made)
    assert "29-11-2026  ·  Source: पुणे महानगरपालिका" in texts(found.slides[0])
    assert "None" in texts(found.slides[0])
    assert tables(found)[0].cell(1, 0).text == "None"


@pytest.mark.parametrize(("language", "tag"), [("mr", "mr-IN"), ("en", "en-IN")])
def test_every_letter_has_its_font_for_complex_scripts_and_its_language(language, tag):
    for slide in read(full_deck(language)).slides:
        runs = list(slide.element.iter(qn("a:rPr")))
        assert runs
        for run in runs:
            assert run.find(qn("a:latin")).get("typeface") == FONT
            assert run.find(qn("a:cs")).get("typeface") == FONT
            assert run.get("lang") == tag
        for shape in slide.shapes:
            if shape.has_chart:
                fonts = shape.chart._chartSpace.findall(f"{qn('c:txPr')}//{qn('a:cs')}")
                assert [each.get("typeface") for each in fonts] == [FONT]


def test_a_long_table_goes_on_with_its_heading_on_further_slides_and_stays_on_them():
    rows = [[f"{number}", "अतिशय लांब निकष " * (1 + number % 9)] for number in range(60)]
    made = deck()
    made.table("गुण", ["क्र.", "निकष"], rows, widths=[1, 9], right=[0])
    found = read(made)
    parts = tables(found)
    assert len(parts) > 3
    assert [
        row.cells[0].text for table in parts for row in list(table.rows)[1:]
    ] == [row[0] for row in rows]  # fmt: skip
    for number, (slide, table) in enumerate(zip(found.slides, parts, strict=True), 1):
        assert slide.shapes.title.text == devanagari(f"गुण ({number}/{len(parts)})")
        assert table.cell(0, 1).text == "निकष"
        assert sum(row.height for row in table.rows) <= Inches(5.45)
        assert sum(column.width for column in table.columns) == pytest.approx(Inches(12.13), abs=9)


def test_a_list_that_is_too_long_goes_on():
    made = deck()
    made.bullets("यादी", [f"मुद्दा {number}" for number in range(40)])
    shown = [text for slide in read(made).slides for text in texts(slide)]
    assert all(any(f"मुद्दा {n}" in text.split("\n") for text in shown) for n in range(40))
    assert made.count > 2


def test_colours_are_said_in_words_too_and_texts_can_be_read_on_them():
    made = deck()
    made.table("x", ["a"], [[Rag(each, each)] for each in ("green", "amber", "red", "grey")])
    [table] = tables(read(made))
    for row in list(table.rows)[1:]:
        [cell] = row.cells
        run = cell.text_frame.paragraphs[0].runs[0]
        shades = [_luminance(str(each)) for each in (cell.fill.fore_color.rgb, run.font.color.rgb)]
        assert (max(shades) + 0.05) / (min(shades) + 0.05) >= 4.5, cell.text


def _luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
    ]
    return sum(a * b for a, b in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_a_chart_keeps_its_numbers_and_its_gaps():
    found = read(full_deck())
    charts = [s.chart for slide in found.slides for s in slide.shapes if s.has_chart]
    assert [[tuple(s.values) for s in chart.plots[0].series] for chart in charts] == [
        [(1, None), (2, 3)], [(1, None)]
    ]  # fmt: skip
    assert list(charts[0].plots[0].categories) == ["अ", "ब"]
    assert [chart.has_legend for chart in charts] == [True, False]


def test_a_picture_is_turned_upright_made_smaller_and_loses_where_it_was_taken():
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    exif.get_ifd(0x8825)[1] = "N"
    made = deck()
    made.pictures(
        "x", [(photo(size=(3000, 2000), exif=exif), "रस्ता"), (photo("RGBA", form="PNG"), "b")]
    )
    shapes = [s for s in read(made).slides[0].shapes if hasattr(s, "image")]
    opened = Image.open(io.BytesIO(shapes[0].image.blob))
    assert opened.size == (1280, 1920)
    assert not opened.getexif()
    assert shapes[0].height > shapes[0].width
    assert shapes[0]._element.nvPicPr.cNvPr.get("descr") == "रस्ता"
    assert shapes[1].image.ext == "png"


def test_five_pictures_take_two_slides():
    made = deck()
    made.pictures("x", [(photo(), str(number)) for number in range(5)])
    assert [slide.shapes.title.text for slide in read(made).slides] == ["x (१/२)", "x (२/२)"]


def test_what_is_no_picture_is_refused():
    with pytest.raises(ValueError, match="picture"):
        deck().pictures("x", [(b"%PDF-1.7", "b")])


def test_rows_and_series_of_another_length_are_refused_by_name():
    with pytest.raises(ValueError, match="गुण: every row has 2 cells"):
        deck().table("गुण", ["a", "b"], [["1"]])
    with pytest.raises(ValueError, match="स्तंभ: every series has 2 numbers"):
        deck().bars("स्तंभ", ["a", "b"], [("s", [1])])
    with pytest.raises(ValueError, match="one slide"):
        deck().content()


def test_what_xml_cannot_hold_is_left_out_and_markup_is_a_text():
    made = deck()
    made.cover("a\x00b\x0b<a:t>&\ud800", "x\ny")
    made.table("c\x01", ["h\x02"], [["=1+1\x03\nसाल"]])
    made.bars("d", ["e\x04"], [("f\x05", [1])])
    found = read(made)
    assert found.slides[0].shapes.title.text == "ab<a:t>&"
    assert tables(found)[0].cell(1, 0).text == "=1+1\nसाल"


def test_the_file_is_a_whole_package():
    with zipfile.ZipFile(io.BytesIO(full_deck().content())) as package:
        assert package.testzip() is None
        assert "ppt/slides/slide6.xml" in package.namelist()


def test_a_heading_does_not_end_a_slide_and_what_fits_stays_on_one():
    below = [Point(f"Point {number}", 1) for number in range(30)]
    for before in range(1, 20):
        told = [*below[:before], Point("Heading", bold=True), *below[before:]]
        made = deck("en")
        made.bullets("List", told)
        for slide in read(made).slides:
            (box,) = (
                shape for shape in slide.shapes if shape.has_text_frame and "Point" in shape.text
            )
            assert box.text_frame.paragraphs[-1].text != "Heading"
    few = [Point("One", bold=True), *below[:3], Point("Two", bold=True), *below[3:10]]
    made = deck("en")
    made.bullets("List", few)
    assert made.count == 1
