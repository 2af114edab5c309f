"""What is shown of a text that was found."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.eoffice.domain.excerpts import (
    LONGEST,
    LONGEST_TITLE,
    beginning,
    excerpt,
    html,
    plain,
)
from services.eoffice.domain.markup import blocks
from services.eoffice.domain.searching import asked_tokens
from services.eoffice.domain.shown import plain as said


def shown(text: str, words: str) -> str:
    return html(excerpt(text, asked_tokens(words)))


@pytest.mark.parametrize(
    ("text", "words", "wanted"),
    [
        ("विभागाच्या निविदांमधील अट", "tender", "विभागाच्या <mark>निविदांमधील</mark> अट"),
        ("the Tenders, tendering", "निविदा", "the <mark>Tenders</mark>, <mark>tendering</mark>"),
        ("वर्ष २०२६", "2026", "वर्ष <mark>२०२६</mark>"),
        ("year 2026", "२0२6", "year <mark>2026</mark>"),
        ("see R/EST/2026/12.", "r/est/२०२६/१२", "see <mark>R/EST/2026/12</mark>."),
        ("see R/EST/2026/12.", "2026/12", "see R/EST/<mark>2026/12</mark>."),
        ("A/BILL/2026/1 B/BILL/2 bill", "bill", "A/BILL/2026/1 B/BILL/2 <mark>bill</mark>"),
        ("tender A/TENDER/2026/1", "tender", "<mark>tender</mark> A/TENDER/2026/1"),
        ("nothing of it", "tender", "nothing of it"),
        ("", "tender", ""),
        ("a <b>tender</b> & more", "tender", "a &lt;b&gt;<mark>tender</mark>&lt;/b&gt; &amp; more"),
    ],
)  # fmt: skip
def test_the_words_that_were_asked_for_are_marked(text, words, wanted):
    assert shown(text, words) == wanted


def test_it_is_where_most_of_the_words_stand_together():
    text = f"tender {'filler ' * 100}a tender with sanction {'filler ' * 100}"
    found = shown(text, "tender sanction")
    assert found.startswith("…")
    assert "a <mark>tender</mark> with <mark>sanction</mark> filler" in found
    assert found.endswith("filler…")
    assert shown(f"tender {'filler ' * 100}", "tender").startswith("<mark>tender</mark> filler")


def test_a_word_without_end_is_cut_between_letters():
    for lead in ("", "क"):
        text = f"{lead}{'कि' * 500}निविदा {'कि' * 500}"
        found = plain(excerpt(f"{lead}{'कि' * 500} निविदा {'कि' * 500}", asked_tokens("tender")))
        assert "निविदा" in found
        assert found.endswith("कि…")
        assert len(found) <= LONGEST + 2
        cut = plain(excerpt(text, asked_tokens("nothing")))
        assert cut.endswith("कि…")


def test_the_beginning_ends_with_a_word():
    assert beginning("one\ntwo") == "one two"
    long = beginning("word " * 100)
    assert long.endswith("word…")
    assert len(long) <= LONGEST_TITLE + 1


def test_a_notes_text_is_without_markup_and_a_reference_a_word():
    markup = "**नि**विदा {n:3} {f:R/2026/1}\n\n- one\n\n| a | b |\n|---|---|\n| c |"
    assert said(blocks(markup)) == "निविदा n3 R/2026/1\none\na\nb\nc\n"


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag + repr(attrs))

    def handle_data(self, data):
        self.text += data


@given(
    text=st.text("ab <>&\"'/=\n१2निविदा\u200d\u0300İß" + "😀", max_size=900),
    words=st.text("ab १2निविदा/İß", max_size=30),
)
def test_of_no_text_anything_becomes_a_tag_and_nothing_is_made_up(text, words):
    pieces = excerpt(text, asked_tokens(words))
    parser = Tags()
    parser.feed(html(pieces))
    parser.close()
    assert set(parser.tags) <= {"mark[]"}
    assert parser.text == plain(pieces)
    assert plain(pieces).removeprefix("…").removesuffix("…") in " ".join(text.split())
    assert len(plain(pieces)) <= LONGEST + 2
