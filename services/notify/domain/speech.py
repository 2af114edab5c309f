"""How amounts, days and numbers are spoken, in Marathi and in English.

What is written (₹1,12,345.50, 30-06-2026, GRV-2026-000123) a voice reads wrongly, or in another
country's manner; so it is given words. Amounts are counted in lakhs and crores; ids are read digit
by digit; days have their month's name and the year as it is said.
"""

import unicodedata
from datetime import date
from typing import Final

from palika.number_words import number_in_words
from palika.text import plain_digits

LANGUAGES: Final = ("mr", "en")

_MARATHI_MONTHS = """
    जानेवारी फेब्रुवारी मार्च एप्रिल मे जून जुलै ऑगस्ट सप्टेंबर ऑक्टोबर नोव्हेंबर डिसेंबर
"""
_ENGLISH_MONTHS = """
    January February March April May June July August September October November December
"""
MONTHS: Final = {"mr": tuple(_MARATHI_MONTHS.split()), "en": tuple(_ENGLISH_MONTHS.split())}
"""Their names, from the first month on, by language."""

_ENGLISH_ORDINALS = """
    first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth
    fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth twenty-first
    twenty-second twenty-third twenty-fourth twenty-fifth twenty-sixth twenty-seventh twenty-eighth
    twenty-ninth thirtieth thirty-first
"""
ORDINALS: Final = tuple(_ENGLISH_ORDINALS.split())
"""The English words of the 1st to the 31st of a month."""

# What Marathi calls the letters of the Latin alphabet.
_MARATHI_LETTERS = """
    ए बी सी डी ई एफ जी एच आय जे के एल एम एन ओ पी क्यू आर एस टी यू व्ही डब्ल्यू एक्स वाय झेड
"""
_LETTERS: Final = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", _MARATHI_LETTERS.split(), strict=True))
_OBLIQUE: Final = {"mr": "तिरपी रेघ", "en": "slash"}
_MINUS: Final = {"mr": "उणे", "en": "minus"}
_INDIAN: Final = 10


def number(value: int, language: str) -> str:
    """A whole number: 112345 is एक लाख बारा हजार तीनशे पंचेचाळीस."""
    words = number_in_words(abs(value), language)
    return f"{_MINUS[_known(language)]} {words}" if value < 0 else words


def amount(paise: int, language: str) -> str:
    """An amount in paise: 1234550 is बारा हजार तीनशे पंचेचाळीस रुपये आणि पन्नास पैसे, twelve thousand
    three hundred forty-five rupees and fifty paise. One below 0 begins with उणे, minus."""
    marathi = _known(language) == "mr"
    whole, rest = divmod(abs(paise), 100)
    parts = []
    if whole or not rest:
        one, many = ("रुपया", "रुपये") if marathi else ("rupee", "rupees")
        parts.append(f"{number_in_words(whole, language)} {one if whole == 1 else many}")
    if rest:
        one, many = ("पैसा", "पैसे") if marathi else ("paisa", "paise")
        parts.append(f"{number_in_words(rest, language)} {one if rest == 1 else many}")
    words = f" {'आणि' if marathi else 'and'} ".join(parts)
    return f"{_MINUS[language]} {words}" if paise < 0 else words


def year(value: int, language: str) -> str:
    """A year of four digits: 2026 is दोन हजार सव्वीस, two thousand twenty-six; 1998 is एकोणीसशे
    अठ्ठ्याण्णव, nineteen ninety-eight."""
    century, rest = divmod(value, 100)
    if not 11 <= century <= 19:
        return number_in_words(value, language)
    head = number_in_words(century, language)
    if _known(language) == "mr":
        return f"{head}शे {number_in_words(rest, language)}" if rest else f"{head}शे"
    if not rest:
        return f"{head} hundred"
    tail = number_in_words(rest, language)
    return f"{head} oh {tail}" if rest < 10 else f"{head} {tail}"


def day(value: date, language: str) -> str:
    """A day: तीस जून दोन हजार सव्वीस, thirtieth June two thousand twenty-six."""
    first = number_in_words(value.day, "mr")
    if _known(language) == "en":
        first = ORDINALS[value.day - 1]
    return f"{first} {MONTHS[language][value.month - 1]} {year(value.year, language)}"


def digits(text: str, language: str) -> str:
    """What is read character by character: GRV-2026-000123 is "G R V, two zero two six, …".

    What stands between the parts of an id is a pause, and a stroke is named; its digits may be of
    either script, and letters of Latin ones are called by their names.
    """
    marathi = _known(language) == "mr"
    parts: list[list[str]] = [[]]
    for each in plain_digits(text).upper():
        if each.isascii() and each.isdigit():
            parts[-1].append(number_in_words(int(each), language))
        elif each == "/":
            parts += [[_OBLIQUE[language]], []]
        elif each in _LETTERS:
            parts[-1].append(_LETTERS[each] if marathi else each)
        elif unicodedata.category(each)[0] in "LM":
            parts[-1].append(each)
        else:
            parts.append([])
    return ", ".join(" ".join(part) for part in parts if part)


def phone(text: str, language: str) -> str:
    """A telephone number, five digits and five: the country code of India is left out."""
    plain = "".join(each for each in plain_digits(text) if each.isascii() and each.isdigit())
    if len(plain) > _INDIAN and plain.startswith("91"):
        plain = plain[len(plain) - _INDIAN :]
    half = _INDIAN // 2
    grouped = f"{plain[:half]} {plain[half:]}" if len(plain) == _INDIAN else plain
    return digits(grouped, language)


def _known(language: str) -> str:
    """Raises ValueError: nothing is spoken in that language."""
    if language not in LANGUAGES:
        raise ValueError(f"spoken are {' and '.join(LANGUAGES)}, not {language!r}")
    return language
