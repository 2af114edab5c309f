"""What a provider's transcript says: words of either script, spelt as it comes.

Marathi is transcribed in Devanagari or in Latin letters, with or without long vowels (``udya``,
``udyaa``), and with postpositions grown on (सोमवारपर्यंत). So words are compared folded: without
joiners and stops, in small letters, Latin ones without their doubles.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from palika.number_words import number_in_words
from palika.text import plain_digits

LONGEST: Final = 400
"""Characters of a transcript that are looked at: an answer is short."""

_JOINERS = re.compile("[\u200b-\u200f\ufeff]")
# The signs of Devanagari are no letters to \w.
_WORD = re.compile(r"[\w\u0900-\u0963\u0970-\u097f]+")
_APART = re.compile(r"(?<=[0-9])(?=[^0-9])|(?<=[^0-9])(?=[0-9])")
_DOUBLE = re.compile(r"([a-z])\1+")
_SPELT = (("ee", "i"), ("oo", "u"), ("w", "v"), ("ph", "f"), ("x", "ks"), ("q", "k"))
# Vowels that are written long or short, and the two ways to write a nasal.
_ALIKE: Final = str.maketrans({"ी": "ि", "ू": "ु", "ॲ": "अ", "ँ": "ं", "ऍ": "अ", "ॅ": None})
_ENDINGS = """
    ला लाच ी ि त ात पर्यंत पर्यन्त पर्यंतच च्या चा ची चि चे ने नी नि ानी ानि पुर्वी पुर्वि
    la lach i t at paryant paryanta parynt chya cha chi che ne ni ani purvi s
"""
_SUFFIXES: Final = frozenset(_ENDINGS.split())


def folded(word: str) -> str:
    """A word as words are compared."""
    small = unicodedata.normalize("NFC", word).casefold().translate(_ALIKE)
    if not small.isascii():
        return small
    for written, heard in _SPELT:
        small = small.replace(written, heard)
    return _DOUBLE.sub(r"\1", small)


def words_of(text: str) -> list[str]:
    """The words of what was said, folded; digits are 0 to 9, and words of their own (30th: 30,
    th)."""
    plain = plain_digits(_JOINERS.sub("", text[:LONGEST]))
    found = []
    for word in _WORD.findall(plain):
        found += [folded(part) for part in _APART.split(word)]
    return [word for word in found if word]


def stem(word: str, known: Collection[str]) -> str | None:
    """The word of ``known`` (folded) that a folded one is, or is with a postposition behind it."""
    if word in known:
        return word
    for end in range(len(word) - 1, 1, -1):
        if word[:end] in known and word[end:] in _SUFFIXES:
            return word[:end]
    return None


def numerals(language: str, most: int) -> dict[str, int]:
    """The words of the numbers up to ``most`` that are one word, folded."""
    found = {folded(number_in_words(n, language)): n for n in range(most + 1)}
    return {word: n for word, n in found.items() if " " not in word and "-" not in word}


_ROMAN_MARATHI = "shunya ek don tin char pach saha sat ath nau"
_DIGITS: Final = {
    **numerals("mr", 9),
    **numerals("en", 9),
    **{folded(word): n for n, word in enumerate(_ROMAN_MARATHI.split())},
}
# What people say around digits: "press one", "एक नंबर".
_AROUND: Final = frozenset(
    folded(word) for word in ["press", "dial", "number", "daba", "नंबर", "दाबा", "अंक", "क्रमांक"]
)


def digits_of(text: str) -> str:
    """The digits, where nothing but digits was said: "एक दोन तीन", "12 3", "press one"; else
    nothing."""
    found = []
    for word in words_of(text):
        if word in _AROUND:
            continue
        if word in _DIGITS:
            found.append(str(_DIGITS[word]))
        elif word.isascii() and word.isdigit():
            found.append(word)
        else:
            return ""
    return "".join(found)


class Vocabulary:
    """Which of several things was said. A phrase counts where its words stand together."""

    def __init__(self, phrases: Mapping[str, Iterable[str]]) -> None:
        """Fold; ``phrases`` by the code of what they say."""
        self._phrases = [
            (code, tuple(words_of(phrase))) for code, each in phrases.items() for phrase in each
        ]

    def longest(self, text: str) -> tuple[str | None, int]:
        """The code of the longest phrase that was said, and of how many words it is; None for
        none, and for several of that length."""
        heard = words_of(text)
        best: set[str] = set()
        length = 0
        for code, phrase in self._phrases:
            if len(phrase) < length or not _within(phrase, heard):
                continue
            if len(phrase) > length:
                best, length = set(), len(phrase)
            best.add(code)
        return (best.pop() if len(best) == 1 else None), length

    def phrases(self) -> Mapping[tuple[str, ...], set[str]]:
        """Each phrase, folded, with the codes that it stands for: more than one is a mistake."""
        found: dict[tuple[str, ...], set[str]] = {}
        for code, phrase in self._phrases:
            found.setdefault(phrase, set()).add(code)
        return found


def _within(phrase: Sequence[str], heard: Sequence[str]) -> bool:
    size = len(phrase)
    return size > 0 and any(
        tuple(heard[at : at + size]) == tuple(phrase) for at in range(len(heard) - size + 1)
    )
