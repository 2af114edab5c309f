"""Names and telephone numbers as they are shown to who need not be the owner."""

from palika.masking import MASK

_LAST_DIGITS = 3


def masked_name(name: str) -> str:
    """The first letter of each word: ``A••• K•••``. Enough to know one's own, and no more.

    A vowel sign or another mark that belongs to the letter stays with it.
    """
    return " ".join(_first(word) + MASK for word in name.split())


def masked_phone(phone: str | None) -> str | None:
    """The last three digits: ``•••345``."""
    return None if phone is None else MASK + phone[-_LAST_DIGITS:]


def _first(word: str) -> str:
    end = 1
    while end < len(word) and "\u093a" <= word[end] <= "\u094f" and word[end] != "\u093d":
        # A virama binds the next consonant: क्ष is one letter to who reads it.
        end += 2 if word[end] == "\u094d" and end + 1 < len(word) else 1
    return word[:end]
