"""Amounts in words: every number of the Marathi table, and how they are put together."""

import pytest

from palika.errors import Invalid
from palika.number_words import MARATHI, devanagari, number_in_words
from services.tax.domain.in_words import amount_in_words
from services.tax.domain.money import LARGEST

# How the words of a decade end. Those that end in 9 are "one less than" the next, but for 99.
ENDINGS = {2: "वीस", 3: "तीस", 4: "चाळीस", 5: "न्न", 6: "सष्ट", 7: "त्तर", 8: "ऐंशी", 9: "ण्णव"}
TENS = {2: "वीस", 3: "तीस", 4: "चाळीस", 5: "पन्नास", 6: "साठ", 7: "सत्तर", 8: "ऐंशी", 9: "नव्वद"}
# What the words of a last digit can begin with, from 21 on.
BEGINNINGS = {
    1: ("एक",),
    2: ("बा", "बत्", "बे", "ब्या"),
    3: ("ते", "त्र"),
    4: ("चो", "चौ", "चव्वे"),
    5: ("पंच", "पस्", "पास"),
    6: ("सव्", "छ", "सेहे", "सहा", "शहा"),
    7: ("सत्त", "सद", "सदु"),
    8: ("अठ्ठ", "अड", "अडु"),
}


def test_every_number_to_99_has_a_word_of_its_own():
    assert len(MARATHI) == len(set(MARATHI)) == 100
    assert MARATHI[:20] == (
        *("शून्य", "एक", "दोन", "तीन", "चार", "पाच", "सहा", "सात", "आठ", "नऊ"),
        *("दहा", "अकरा", "बारा", "तेरा", "चौदा", "पंधरा", "सोळा", "सतरा", "अठरा", "एकोणीस"),
    )


@pytest.mark.parametrize("number", range(20, 100))
def test_each_word_from_20_on_is_of_its_decade_and_digit(number: int):
    word, (tens, digit) = MARATHI[number], divmod(number, 10)
    if digit == 0:
        assert word == TENS[tens]
    elif digit == 9 and number != 99:
        assert word == f"एकोण{TENS[tens + 1]}"
    else:
        assert word.endswith(ENDINGS[tens])
        assert number == 99 or word.startswith(BEGINNINGS[digit])


def test_no_word_has_a_reph_for_an_eyelash_ra():
    assert not any("चौर्या" in word for word in MARATHI)
    assert {MARATHI[n] for n in (74, 84, 94)} == {"चौऱ्याहत्तर", "चौऱ्याऐंशी", "चौऱ्याण्णव"}


@pytest.mark.parametrize(
    ("number", "mr", "en"),
    [
        (0, "शून्य", "zero"),
        (100, "शंभर", "one hundred"),
        (101, "एकशे एक", "one hundred one"),
        (200, "दोनशे", "two hundred"),
        (1_100, "एक हजार शंभर", "one thousand one hundred"),
        (99_999, "नव्व्याण्णव हजार नऊशे नव्व्याण्णव", "ninety-nine thousand nine hundred ninety-nine"),
        (1_00_000, "एक लाख", "one lakh"),
        (1_00_00_001, "एक कोटी एक", "one crore one"),
        (
            12_34_567,
            "बारा लाख चौतीस हजार पाचशे सदुसष्ट",
            "twelve lakh thirty-four thousand five hundred sixty-seven",
        ),
        (100_00_00_000, "शंभर कोटी", "one hundred crore"),
        (10_00_000_00_00_000, "दहा लाख कोटी", "ten lakh crore"),
    ],
)
def test_numbers_are_counted_in_lakhs_and_crores(number: int, mr: str, en: str):
    assert number_in_words(number, "mr") == mr
    assert number_in_words(number, "en") == en


@pytest.mark.parametrize(
    ("paise", "mr", "en"),
    [
        (0, "रुपये शून्य फक्त", "Rupees zero only"),
        (1, "एक पैसा फक्त", "One paisa only"),
        (50, "पन्नास पैसे फक्त", "Fifty paise only"),
        (100, "रुपये एक फक्त", "Rupees one only"),
        (1_250_01, "रुपये एक हजार दोनशे पन्नास आणि एक पैसा फक्त", None),
        (1_250_10, None, "Rupees one thousand two hundred fifty and ten paise only"),
    ],
)
def test_amounts_are_written_as_on_a_cheque(paise: int, mr: str | None, en: str | None):
    assert mr is None or amount_in_words(paise, "mr") == mr
    assert en is None or amount_in_words(paise, "en") == en


@pytest.mark.parametrize("paise", [-1, LARGEST + 1])
def test_what_is_no_amount_is_refused(paise: int):
    with pytest.raises(Invalid):
        amount_in_words(paise, "mr")


def test_digits_of_marathi():
    assert devanagari("2026-27/1: 12,34,567.89") == "२०२६-२७/१: १२,३४,५६७.८९"
