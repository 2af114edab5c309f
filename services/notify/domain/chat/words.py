"""Words as citizens type them: in Devanagari, or in Latin letters with any spelling."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from palika.text import plain_digits

_NUMBERS: Final = {
    word: number
    for number, words in enumerate(
        (
            ("एक", "ek", "one"), ("दोन", "don", "two"), ("तीन", "teen", "tin", "three"),
            ("चार", "char", "chaar", "four"), ("पाच", "pach", "paach", "five"),
            ("सहा", "saha", "six"), ("सात", "sat", "saat", "seven"),
            ("आठ", "ath", "aath", "eight"), ("नऊ", "nau", "nine"), ("दहा", "daha", "ten"),
        ),
        1,
    )
    for word in words
}  # fmt: skip
_NO_WORD = re.compile(r"[^\w\u0900-\u097f]+")
_LEAST_SOUND: Final = 3
"""Shorter skeletons are of too many words: these have to be written as they are."""

_CONSONANTS: Final = dict(
    zip(
        "कखगघङचछजझञटठडढणतथदधनऩपफबभमयरऱलळवशषसह",
        "kkggnccjjnttddnttddnnpfbbmyrrllvsssh",
        strict=True,
    )
)
_VOWELS: Final = {
    "अ": "a", "आ": "a", "इ": "i", "ई": "i", "उ": "u", "ऊ": "u", "ऋ": "ru", "ए": "e", "ऐ": "ai",
    "ओ": "o", "औ": "au", "ऑ": "o", "ऍ": "e", "ॲ": "a",
    "ा": "a", "ि": "i", "ी": "i", "ु": "u", "ू": "u", "ृ": "ru", "े": "e", "ै": "ai", "ो": "o",
    "ौ": "au", "ॉ": "o", "ॅ": "e", "ं": "n", "ँ": "n", "ः": "", "्": "", "़": "", "\u200d": "",
    "\u200c": "",
}  # fmt: skip
_SPELLINGS: Final = (
    ("ksh", "ks"), ("x", "ks"), ("dny", "dn"), ("gny", "dn"), ("chh", "c"), ("ch", "c"),
    ("sh", "s"), ("ph", "f"), ("ck", "k"), ("ee", "i"), ("oo", "u"), ("w", "v"), ("z", "j"),
    ("q", "k"),
)  # fmt: skip
_ASPIRATED = re.compile(r"(?<=[kgcjtdpb])h")
_NASAL = re.compile(r"m(?=[kgcjtdpbfs])")
_REPEATED = re.compile(r"(.)\1+")


def plain(text: str) -> str:
    """Small letters, digits of 0 to 9, one blank between words, nothing else."""
    folded = unicodedata.normalize("NFKC", plain_digits(text)).casefold()
    return " ".join(_NO_WORD.sub(" ", folded.replace("_", " ")).split())


@lru_cache(maxsize=8_192)
def sound(word: str) -> str:
    """What is the same for the same word in either script and most spellings: तक्रार, takrar and
    takraar are one. Of vowels those that are heard are kept, without the ``a``.

    Args:
        word: as ``plain`` gives it.
    """
    latin = "".join(_CONSONANTS.get(each) or _VOWELS.get(each, each) for each in word)
    for written, meant in _SPELLINGS:
        latin = latin.replace(written, meant)
    first = "a" if latin.startswith("a") else ""
    bare = _ASPIRATED.sub("", latin).replace("a", "")
    return first + _REPEATED.sub(r"\1", _NASAL.sub("n", bare))


def sounds(text: str) -> tuple[str, ...]:
    """The sound of each word."""
    return tuple(sound(word) for word in plain(text).split())


def meant(text: str, words: Mapping[str, Iterable[str]]) -> str | None:
    """Which of several things is meant by the whole of a text; None: none of them.

    As it is written comes before as it sounds; of several the first one is meant.

    Args:
        text: of the citizen.
        words: by what is meant, the words for it; a word may be several.
    """
    written = plain(text)
    if not written:
        return None
    for what, each in words.items():
        if any(written == plain(word) for word in each):
            return what
    heard = "".join(sounds(text))
    if len(heard) < _LEAST_SOUND or written.isdigit():
        return None
    for what, each in words.items():
        if any(heard == "".join(sounds(word)) for word in each):
            return what
    return None


def mentioned(text: str, words: Mapping[str, Iterable[str]], most: int = 8) -> str | None:
    """Which of several things a short text speaks of; None: none, or more than one equally.

    The longest of the words that are in it decides.

    Args:
        text: of the citizen; one of more than ``most`` words is a story, not a choice.
        words: as for ``meant``.
    """
    said = plain(text).split()
    if not 0 < len(said) <= most:
        return None
    heard = sounds(text)
    best: list[tuple[int, str]] = []
    for what, each in words.items():
        lengths = [len(plain(word)) for word in each if _is_in(word, said, heard)]
        if lengths:
            best.append((max(lengths), what))
    best.sort(key=lambda each: -each[0])
    if not best or (len(best) > 1 and best[0][0] == best[1][0]):
        return None
    return best[0][1]


def _is_in(word: str, said: list[str], heard: tuple[str, ...]) -> bool:
    wanted = plain(word).split()
    if not wanted:
        return False
    wide = range(len(said) - len(wanted) + 1)
    if any(said[at : at + len(wanted)] == wanted for at in wide):
        return True
    as_heard = sounds(word)
    if len("".join(as_heard)) < _LEAST_SOUND or plain(word).isdigit():
        return False
    return any(heard[at : at + len(as_heard)] == as_heard for at in wide)


def number_in(text: str) -> int | None:
    """The number that a text is: ``२``, ``2.``, ``(2)``, ``दोन``, ``don``, ``two``; None: none."""
    written = plain(text)
    if written in _NUMBERS:
        return _NUMBERS[written]
    return int(written) if written.isascii() and written.isdigit() and len(written) <= 3 else None
