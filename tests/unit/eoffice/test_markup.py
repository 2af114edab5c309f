"""What a note may hold, and that nothing of it is taken for anything else."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.eoffice.domain.markup import (
    LONGEST,
    Kind,
    Reference,
    blocks,
    mistakes,
    parse,
    references,
)
from services.eoffice.domain.shown import data, html

TEXT = """प्रस्ताव **मंजुरीसाठी** सादर.
पाहा {n:3/२} व {c:12-14}.

- पहिला
- दुसरा

१. एक
२. दोन

| बाब | रक्कम |
|---|---|
| खडी | ₹ 5,000 |
| डांबर | ₹ 900 | एकूण |"""


def test_blocks_are_paragraphs_lists_and_tables():
    found = blocks(TEXT)
    assert [each.kind for each in found] == list(Kind)
    assert [len(each.lines) for each in found] == [2, 2, 2, 0]
    table = found[-1]
    assert table.heading
    assert [len(row) for row in table.rows] == [3, 3, 3]


def test_a_text_becomes_html_with_links_and_anchors():
    shown = html(blocks(TEXT), "mr", 7)
    assert '<p id="n7-1">प्रस्ताव <strong>मंजुरीसाठी</strong> सादर.<br>पाहा ' in shown
    assert '<a href="#n3-2" data-ref="n:3/2">टिपणी 3, परिच्छेद 2</a>' in shown
    assert '<a href="#c12" data-ref="c:12-14">पत्रव्यवहार पृष्ठे 12–14</a>' in shown
    assert '<ol id="n7-3"><li>एक</li><li>दोन</li></ol>' in shown
    assert '<table id="n7-4"><tr><th>बाब</th><th>रक्कम</th><th></th></tr>' in shown


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        "**<b onclick=x>**",
        '{f:"><script>}',
        "| <td onclick=x> |",
        "- </li><iframe>",
        "&lt;script&gt;",
        "[x](javascript:alert(1))",
    ],
)
def test_markup_of_others_is_shown_as_it_is_written(attack):
    shown = html(blocks(attack), "en")
    tags = re.findall(r"<[^>]*>", shown)
    ours = r'</?(p|strong|ul|ol|li|table|tr|td|th)>|<br>|</a>|<a href="[^"]*" data-ref="[^"]*">'
    assert all(re.fullmatch(ours, each) for each in tags), tags


@given(st.text(alphabet="ab<>&\"'*|-1. \n{}:ncf/\r\u0967क", max_size=80))
def test_every_text_is_shown_and_holds_no_tag_of_its_own(text):
    found = blocks(text)
    shown = html(found, "mr")
    for tag in re.findall(r"<[^>]*>", shown):
        assert re.fullmatch(
            r'</?(p|strong|ul|ol|li|table|tr|td|th)>|<br>|</a>|<a href="[^"]*" data-ref="[^"]*">',
            tag,
        )
    assert len(data(found, "mr")) == len(found)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("n:3", Reference("n", 3)),
        ("n:३/२", Reference("n", 3, 2)),
        ("c:12", Reference("c", 12)),
        ("c:12–14", Reference("c", 12, 14)),
        ("f:ROADS/2026/0001", Reference("f", file="ROADS/2026/0001")),
        ("n:0", None),
        ("n:x", None),
        ("c:14-12", None),
        ("c:1/2", None),
        ("f:", None),
        ("x:1", None),
        ("n", None),
    ],
)
def test_references_are_read_in_either_scripts_digits(code, expected):
    assert parse(code) == expected
    if expected is not None:
        assert parse(expected.code) == expected


def test_each_reference_counts_once_in_its_order():
    assert [each.code for each in references("{c:2} {n:1} {c:2} {n:zz}")] == ["c:2", "n:1"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "must not be empty"),
        (" \n\u200b", "must not be empty"),
        ("x" * (LONGEST + 1), "longer than"),
        ("a\x00b", "cannot be stored: U+0000"),
        ("pay \u202e001 rupees", "order in which letters"),
        ("see {n:abc}", "{n:abc} is no reference"),
        ("|" + "x|" * 21, "more than 20 columns"),
    ],
)
def test_what_cannot_become_a_green_note_is_named(text, said):
    assert any(said in each for each in mistakes(text))


def test_a_sound_text_has_no_mistakes():
    assert mistakes(TEXT) == []


def test_stars_that_close_nothing_are_stars():
    (block,) = blocks("2 ** 3 is **eight**")
    assert html([block], "en").startswith("<p>2 <strong> 3 is </strong>eight**")
