"""What is written with digits, as it is spoken."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.notify.domain import speech


@pytest.mark.parametrize(
    ("paise", "mr", "en"),
    [
        (0, "शून्य रुपये", "zero rupees"),
        (1, "एक पैसा", "one paisa"),
        (100, "एक रुपया", "one rupee"),
        (1_00_050, "एक हजार रुपये आणि पन्नास पैसे", "one thousand rupees and fifty paise"),
        (
            1_12_345_00,
            "एक लाख बारा हजार तीनशे पंचेचाळीस रुपये",
            "one lakh twelve thousand three hundred forty-five rupees",
        ),
        (3_50_00_000_00, "तीन कोटी पन्नास लाख रुपये", "three crore fifty lakh rupees"),
        (-250_00, "उणे दोनशे पन्नास रुपये", "minus two hundred fifty rupees"),
    ],
)
def test_amounts(paise: int, mr: str, en: str):
    assert speech.amount(paise, "mr") == mr
    assert speech.amount(paise, "en") == en


@pytest.mark.parametrize(
    ("day", "mr", "en"),
    [
        (date(2026, 6, 30), "तीस जून दोन हजार सव्वीस", "thirtieth June two thousand twenty-six"),
        (date(2000, 1, 1), "एक जानेवारी दोन हजार", "first January two thousand"),
        (
            date(1998, 12, 21),
            "एकवीस डिसेंबर एकोणीसशे अठ्ठ्याण्णव",
            "twenty-first December nineteen ninety-eight",
        ),
        (date(1905, 8, 2), "दोन ऑगस्ट एकोणीसशे पाच", "second August nineteen oh five"),
        (date(1900, 8, 2), "दोन ऑगस्ट एकोणीसशे", "second August nineteen hundred"),
    ],
)
def test_days(day: date, mr: str, en: str):
    assert speech.day(day, "mr") == mr
    assert speech.day(day, "en") == en


@pytest.mark.parametrize(
    ("text", "mr", "en"),
    [
        (
            "GRV-2026-000123",
            "जी आर व्ही, दोन शून्य दोन सहा, शून्य शून्य शून्य एक दोन तीन",
            "G R V, two zero two six, zero zero zero one two three",
        ),
        ("P/09", "पी, तिरपी रेघ, शून्य नऊ", "P, slash, zero nine"),
        ("१२३", "एक दोन तीन", "one two three"),
        ("--", "", ""),
    ],
)
def test_ids_are_read_digit_by_digit(text: str, mr: str, en: str):
    assert speech.digits(text, "mr") == mr
    assert speech.digits(text, "en") == en


@pytest.mark.parametrize(
    "given", ["+919812345610", "98123 45610", "०९८१२३४५६१०".lstrip("०"), "919812345610"]
)
def test_telephone_numbers_are_five_and_five(given: str):
    five, other = "nine eight one two three", "four five six one zero"
    assert speech.phone(given, "en") == f"{five}, {other}"


def test_short_numbers_of_the_city_are_read_as_they_are():
    assert speech.phone("1800", "mr") == "एक आठ शून्य शून्य"


def test_a_number_below_zero():
    assert speech.number(-5, "mr") == "उणे पाच"


@pytest.mark.parametrize(
    "said",
    [
        lambda: speech.amount(100, "hi"),
        lambda: speech.day(date(2026, 1, 1), "hi"),
        lambda: speech.digits("1", ""),
    ],
)
def test_another_language_is_refused(said):
    with pytest.raises(ValueError, match="spoken are mr and en"):
        said()


@settings(deadline=None)
@given(st.integers(-(10**15), 10**15), st.sampled_from(speech.LANGUAGES))
def test_no_digit_and_no_sign_is_left_in_an_amount(paise: int, language: str):
    said = speech.amount(paise, language)
    assert not any(each.isdigit() or each in "₹.,-−" for each in said.replace("y-", "y "))


@settings(deadline=None)
@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)), st.sampled_from(speech.LANGUAGES))
def test_each_day_has_words_of_its_own_and_no_digit(day: date, language: str):
    said = speech.day(day, language)
    assert not any(each.isdigit() for each in said)
    assert speech.MONTHS[language][day.month - 1] in said


@settings(deadline=None)
@given(st.text(max_size=40), st.sampled_from(speech.LANGUAGES))
def test_any_text_can_be_read_as_an_id(text: str, language: str):
    assert not any("0" <= each <= "9" for each in speech.digits(text, language))
