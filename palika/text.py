"""Which characters are text, every script's digits, and names in both languages. Plain Python:
domain rules use it too.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
"""NUL and halves of surrogate pairs: no database stores them."""

NO_TEXT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""Those, and the other control characters but tab and the ends of lines: they are nobody's text."""

_DECIMAL = re.compile(r"\d")
_UNSEEN: Final = {"Cc", "Cf", "Mn", "Me", "Zs", "Zl", "Zp"}
# Letters and signs by their kind, and seen by nobody: fillers of Hangul, and the blank of Braille.
_BLANKS: Final = "\u115f\u1160\u2800\u3164\uffa0"


def plain_digits(text: str) -> str:
    """``text`` with every digit, of whichever script (२०२६), as one of 0 to 9."""
    if text.isascii():
        return text
    return _DECIMAL.sub(lambda digit: str(unicodedata.decimal(digit[0])), text)


def is_blank(text: str) -> bool:
    """Whether nobody would see anything of it: it has no character, or blanks, marks without a
    letter and what has no width only."""
    return all(each in _BLANKS or unicodedata.category(each) in _UNSEEN for each in text)


@dataclass(frozen=True, slots=True)
class Name:
    """A name in the city's two languages."""

    mr: str
    en: str

    def in_(self, language: str) -> str:
        """The name in ``mr`` or, in any other case, in ``en``."""
        return self.mr if language == "mr" else self.en
