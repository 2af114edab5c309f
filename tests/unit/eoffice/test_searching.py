"""What is kept of a thing to find it by, and what a search asks for."""

from datetime import UTC, datetime

import pytest

from palika.words import tokens
from services.eoffice.domain.access import may_read
from services.eoffice.domain.office_words import LINES, office_tokens
from services.eoffice.domain.searching import (
    MOST_TOKENS,
    Kind,
    asked_tokens,
    begun,
    kept_tokens,
    suggested,
)

AT = datetime(2026, 7, 31, 18, 45, tzinfo=UTC)
LINE = [line.split() for line in LINES.strip().splitlines()]


def kept(*texts: str | None, number: str | None = None) -> list[str]:
    return kept_tokens(Kind.NOTE, "roads", AT, number, *texts)


@pytest.mark.parametrize("words", LINE, ids=lambda words: words[0])
def test_the_words_of_a_line_are_one(words):
    assert len({tuple(office_tokens(word)) for word in words}) == 1


def test_no_word_stands_in_two_lines():
    found = [token for words in LINE for token in {tokens(word)[0] for word in words}]
    assert sorted(found) == sorted(set(found))


def test_inflected_words_are_found_in_either_language():
    has = set(kept("पथ विभागाच्या निविदांमधील देयकाला मंजुरी"))
    for asked in ("tender", "निविदा", "bill", "देयके", "sanction", "Approval of tender"):
        assert set(asked_tokens(asked)) <= has, asked
    assert not set(asked_tokens("budget")) <= has


def test_month_day_kind_and_department_stand_first_in_indias_time():
    assert kept("x")[:4] == ["@2026-08", "@2026-08-01", "~note", "#roads"]


def test_nothing_that_is_written_passes_for_a_mark():
    asked = asked_tokens("#roads ~file @2026-07 =A/1")
    assert asked == [*asked_tokens("roads file 2026 07"), "==A/1"]
    assert not {"#roads", "~file", "@2026-07"} & set(kept("#water ~file @2026-07")[4:])


def test_a_number_is_found_as_a_whole_and_a_files_own_by_no_part():
    number = "ROADS/EST/TENDER/2026/0012"
    own = set(kept("रस्ता", number=number))
    assert set(asked_tokens(number)) == {f"={number}"} <= own
    assert set(asked_tokens("roads/est/tender/2026/0012,")) <= own
    assert set(asked_tokens("ROADS/EST/TENDER/२०२६/००१२")) <= own
    assert not set(asked_tokens("tender")) <= own
    said = set(kept(f"See file {number}."))
    assert set(asked_tokens(number)) <= said


def test_a_number_in_a_text_is_no_words():
    said = set(
        kept("see n1/2 and (ROADS/EST/TENDER/2026/0001), DAK/CR/२०२६/०००४७ ROADS/BILL/2026/0002/V2")
    )
    for asked in ("रस्ता", "tender", "bill", "est", "2026", "0001", "cr", "dak"):
        assert not set(asked_tokens(asked)) <= said, asked
    for asked in ("roads/est/tender/2026/0001", "tender/2026/0001", "2026/0001", "2026/00047"):
        assert set(asked_tokens(asked)) <= said, asked
    assert not set(asked_tokens("2026/0003")) <= said
    # What is written beside a stroke otherwise are words.
    beside = set(kept("रस्ता/गटार 12/2026, Road/drain 5/7"))
    for asked in ("रस्ता", "drain", "12/2026", "2026"):
        assert set(asked_tokens(asked)) <= beside, asked


def test_a_files_own_number_is_found_by_its_end():
    own = set(kept("रस्ता", number="ROADS/EST/TENDER/2026/0012"))
    assert set(asked_tokens("2026/0012")) <= own
    assert not set(asked_tokens("2026/0013")) <= own


@pytest.mark.parametrize("text", ["and the", "!?", "", "   ", "आणि", "//", "\u200d"])
def test_what_has_no_words_asks_for_nothing(text):
    assert asked_tokens(text) == []


def test_a_page_full_of_words_keeps_so_many():
    most = kept(" ".join(f"w{number}q" for number in range(MOST_TOKENS + 500)))
    assert len(most) == 4 + MOST_TOKENS


def test_words_of_a_subject_are_suggested_as_they_are_written():
    assert suggested("Estimate for ROAD repairs 2026, रस्त्यांची दुरुस्ती ab") == [
        *("estimate", "repairs", "road", "दुरुस्ती", "रस्त्यांची")
    ]
    assert suggested(None) == []
    assert suggested("estimate")[0].startswith(begun("tender Est") or "?")
    assert begun("e") is None
    assert begun("  ") is None


def test_a_post_reads_up_to_its_clearance_and_what_it_works_on():
    assert may_read(1, 1)
    assert not may_read(1, 2)
    assert may_read(0, 3, involved=True)
