"""Cells of tables that people fill in."""

from datetime import date

import pytest

from palika.cells import bare, day, header_mistakes, words


@pytest.mark.parametrize(
    "text", ["2026-04-01", "01-04-2026", "1/4/2026", "01.04.2026", "०१-०४-२०२६"]
)
def test_a_day_is_read_as_people_and_programs_write_it(text):
    assert day(text, 1990, 2100) == date(2026, 4, 1)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("31-02-2026", "must be a day like 2026-04-01"),
        ("soon", "must be a day like 2026-04-01"),
        ("01-04-1026", "must be of the years 1990 to 2100"),
    ],
)
def test_what_is_no_day_is_refused_with_the_rule(text, rule):
    with pytest.raises(ValueError, match=rule):
        day(text, 1990, 2100)


def test_an_apostrophe_before_what_looks_like_a_formula_is_the_spreadsheets():
    assert [bare(each) for each in (" '+91 20 ", "'=A1", "'tis", "-1")] == [
        *("+91 20", "=A1", "'tis", "-1"),
    ]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("x" * 11, "at most 10"),
        ("a\nb", "text of one line"),
        ("a\rb", "text of one line"),
        ("a\x07", "text of one line"),
        ("\u200b", "must not be empty"),
        ("????", "letters were lost"),
    ],
)
def test_words_are_text_of_one_line(text, rule):
    assert words("रस्ता", 10) == "रस्ता"
    with pytest.raises(ValueError, match=rule):
        words(text, 10)


def test_every_mistake_of_a_header_is_told():
    known, lack = ["code", "name", "until"], {"until"}
    found = list(header_mistakes(["code", "code", "colour", ""], known, lack))
    assert [(column, value) for column, _, value in found] == [
        ("name", None),
        ("code", None),
        ("colour", "colour"),
        (None, ""),
    ]
    assert found[0][1] == "there is no such column; the columns are code, name, until"
    assert list(header_mistakes(["code", "name"], known, lack)) == []
