"""Numbers in words, in Marathi and in English, counted in lakhs and crores; and the digits of
Marathi. Plain Python: domain rules use it too.

No library that is kept up writes Marathi. Its numbers from 0 to 99 follow no rule, so they are a
table: Unicode's spelling (CLDR, ``rbnf/mr.xml``) but for 54 (चोपन्न), and the eyelash ra of 74, 84
and 94, which CLDR writes as a reph.
"""

from typing import Final

_MARATHI = """
    शून्य एक दोन तीन चार पाच सहा सात आठ नऊ
    दहा अकरा बारा तेरा चौदा पंधरा सोळा सतरा अठरा एकोणीस
    वीस एकवीस बावीस तेवीस चोवीस पंचवीस सव्वीस सत्तावीस अठ्ठावीस एकोणतीस
    तीस एकतीस बत्तीस तेहतीस चौतीस पस्तीस छत्तीस सदतीस अडतीस एकोणचाळीस
    चाळीस एक्केचाळीस बेचाळीस त्रेचाळीस चव्वेचाळीस पंचेचाळीस सेहेचाळीस सत्तेचाळीस अठ्ठेचाळीस एकोणपन्नास
    पन्नास एक्कावन्न बावन्न त्रेपन्न चोपन्न पंचावन्न छप्पन्न सत्तावन्न अठ्ठावन्न एकोणसाठ
    साठ एकसष्ट बासष्ट त्रेसष्ट चौसष्ट पासष्ट सहासष्ट सदुसष्ट अडुसष्ट एकोणसत्तर
    सत्तर एकाहत्तर बाहत्तर त्र्याहत्तर चौऱ्याहत्तर पंच्याहत्तर शहात्तर सत्त्याहत्तर अठ्ठ्याहत्तर एकोणऐंशी
    ऐंशी एक्क्याऐंशी ब्याऐंशी त्र्याऐंशी चौऱ्याऐंशी पंच्याऐंशी शहाऐंशी सत्त्याऐंशी अठ्ठ्याऐंशी एकोणनव्वद
    नव्वद एक्याण्णव ब्याण्णव त्र्याण्णव चौऱ्याण्णव पंच्याण्णव शहाण्णव सत्त्याण्णव अठ्ठ्याण्णव नव्व्याण्णव
"""
MARATHI: Final[tuple[str, ...]] = tuple(_MARATHI.split())
"""The Marathi words of 0 to 99."""

_ENGLISH = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen
"""
_TEENS = _ENGLISH.split()
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SCALES = ((10_000_000, "कोटी", "crore"), (100_000, "लाख", "lakh"), (1_000, "हजार", "thousand"))

_DEVANAGARI = str.maketrans("0123456789", "०१२३४५६७८९")


def devanagari(text: object) -> str:
    """A number, or any text with numbers in it, with the digits of Marathi: २०२६."""
    return str(text).translate(_DEVANAGARI)


def number_in_words(number: int, language: str) -> str:
    """A whole number from 0 on, in ``mr`` or, in any other case, in ``en``.

    1234567 is बारा लाख चौतीस हजार पाचशे सदुसष्ट, twelve lakh thirty-four thousand five hundred
    sixty-seven. What is above 99 crore is so many crores: one hundred crore.
    """
    words: list[str] = []
    for size, mr, en in _SCALES:
        count, number = divmod(number, size)
        if count:
            words += [number_in_words(count, language), mr if language == "mr" else en]
    if number or not words:
        words.append(_below_thousand(number, language))
    return " ".join(words)


def _below_thousand(number: int, language: str) -> str:
    hundreds, rest = divmod(number, 100)
    if language == "mr":
        if number == 100:
            return "शंभर"
        words = [f"{MARATHI[hundreds]}शे"] if hundreds else []
        return " ".join([*words, MARATHI[rest]] if rest or not words else words)
    words = [_TEENS[hundreds], "hundred"] if hundreds else []
    if rest or not words:
        words.append(_below_hundred(rest))
    return " ".join(words)


def _below_hundred(number: int) -> str:
    if number < 20:
        return _TEENS[number]
    tens, ones = divmod(number, 10)
    return f"{_TENS[tens - 2]}-{_TEENS[ones]}" if ones else _TENS[tens - 2]
