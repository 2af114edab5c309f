"""The number of a property, which people write in several ways: one way to keep and to find it."""

import unicodedata
from typing import Final

from palika.text import plain_digits

_UNSEEN: Final = frozenset({"Cc", "Cf", "Zl", "Zp"})


def plain_number(text: str) -> str:
    """A number as it is kept: trimmed, in capitals, with the digits 0 to 9 of either script; an
    accent and its letter are one character."""
    return plain_digits(unicodedata.normalize("NFC", text.strip())).upper()


def is_one_line(text: str) -> bool:
    """Whether a number has no line feed, no control character and nothing else that is unseen."""
    return all(unicodedata.category(each) not in _UNSEEN for each in text)
