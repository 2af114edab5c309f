"""Which passwords an officer may have.

As NIST SP 800-63B (revision 3, 5.1.1.2) has it: long enough, of any characters, and none that is
easily guessed; no mixtures of kinds of characters are demanded, and no change after so many days.
The shortest that it allows is 8; 12 is the city's own rule for who sees other people's data.
"""

import re
import unicodedata
from collections.abc import Iterable, Set
from enum import StrEnum
from typing import Final

SHORTEST: Final = 12
LONGEST: Final = 256
"""Characters; longer ones would be work for the hash and no more safety."""
_FEWEST_DIFFERENT: Final = 5
_SHORTEST_NAME: Final = 4
_LETTERS: Final = str.maketrans("@4301!5$7", "aaeoiisst")
_NO_LETTER: Final = re.compile(r"[\W\d_]+")
_ENDS: Final = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_ROWS: Final = (
    *(
        "abcdefghijklmnopqrstuvwxyz",
        "qwertyuiop",
        "asdfghjkl",
        "zxcvbnm",
        "qazwsxedcrfvtgbyhnujmikolp",
    ),
    *("01234567890123456789", "1234567890"),
)


class Rule(StrEnum):
    """What a password breaks."""

    SHORT = "short"
    LONG = "long"
    COMMON = "common"
    NAMES = "names"
    MONOTONE = "monotone"


def broken(password: str, names: Iterable[str], common: Set[str]) -> list[Rule]:
    """The rules that a password breaks; none: it may be used.

    Args:
        password: as it was typed.
        names: the officer's code and names, in whatever script.
        common: words and passwords that everybody tries, in small letters.
    """
    word = normal(password)
    if len(word) < SHORTEST:
        return [Rule.SHORT]
    if len(word) > LONGEST:
        return [Rule.LONG]
    found = []
    if _is_common(word.casefold(), common):
        found.append(Rule.COMMON)
    if _is_monotone(word.casefold()):
        found.append(Rule.MONOTONE)
    if any(part in word.casefold() for part in _parts(names)):
        found.append(Rule.NAMES)
    return found


def normal(password: str) -> str:
    """A password as it is hashed: the same characters, however a keyboard has put them together
    (NIST SP 800-63B wants NFKC or NFKD)."""
    return unicodedata.normalize("NFKC", password)


def _is_common(word: str, common: Set[str]) -> bool:
    """Whether it is a common one, or one or two of them with digits and signs around."""
    if word in common:
        return True
    # Signs at the ends are ornament; those within may stand for letters.
    core = _ENDS.sub("", word)
    for plain in {_NO_LETTER.sub("", core), _NO_LETTER.sub("", core.translate(_LETTERS))}:
        if plain in common:
            return True
        # Two of them in a row: welcomepune, passwordadmin, punepune.
        if any(plain[:end] in common and plain[end:] in common for end in range(3, len(plain) - 2)):
            return True
    return False


def _is_monotone(word: str) -> bool:
    """Few characters over and over, or nothing but a row of the keyboard or the alphabet."""
    if len(set(word)) < _FEWEST_DIFFERENT:
        return True
    return any(_runs_along(word, row) for line in _ROWS for row in (line, line[::-1]))


def _runs_along(word: str, row: str) -> bool:
    return word in row * (len(word) // len(row) + 2)


def _parts(names: Iterable[str]) -> set[str]:
    """What of names would be guessed first: the whole, and each word that is not too short."""
    found: set[str] = set()
    for name in names:
        told = normal(name).casefold()
        found |= {told, *re.split(r"[\s._\-@/]+", told)}
        found |= {re.sub(r"\d+$", "", each) for each in found}
    return {each for each in found if len(each) >= _SHORTEST_NAME}
