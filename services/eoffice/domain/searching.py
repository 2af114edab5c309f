"""What is kept of a thing to find it by, and what a search asks for."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum

from palika.text import plain_digits
from palika.words import day_token, month_token, words
from services.eoffice.domain.office_words import office_tokens

MOST_TOKENS = 20_000
"""So many different words of one thing are kept; a page of a paper has some hundred."""
SHORTEST_SUGGESTED = 3
_FEWEST_BEGUN = 2

# A number of an office has a stroke and a digit, as a date may; it is found as a whole.
_PIECE = re.compile(r"[^\s/]{1,40}(?:/[^\s/]{1,40}){1,7}")
_AROUND = ".,;:!?()[]{}\"'“”‘’"


class Kind(StrEnum):
    """What can be found."""

    FILE = "file"
    NOTE = "note"
    PAPER = "paper"
    """A page of a paper; ``page`` counts them from 1."""
    RECEIPT = "receipt"
    """A receipt; while it is in no file, also the pages of its papers, counted from 1."""
    LETTER = "letter"
    ARCHIVED = "archived"
    """A file that was brought in as an archive."""


def kept_tokens(
    kind: Kind, department: str, at: datetime, number: str | None, *texts: str | None
) -> list[str]:
    """What to keep with a thing: the tokens of its month and its day, of its kind and its
    department (no word has an ``@``, ``~`` or ``#``), and of its words, each once.

    Args:
        kind: of the thing.
        department: whose it is.
        at: the moment by which it is listed, aware.
        number: of the thing itself; it is found by all of it, and by no part.
        texts: what it says; numbers in it, as of other files, are found as a whole too.
    """
    found: dict[str, None] = {}
    for text in texts:
        if text:
            found.update(dict.fromkeys(_numbers(text.split())))
            found.update(dict.fromkeys(office_tokens(text)))
    if number is not None:
        # It is no word: were its parts kept, every file of a section would be found by its code.
        found = {_number(number): None, **found}
    about = month_token(at), day_token(at), kind_token(kind), department_token(department)
    return [*about, *sorted(list(found)[:MOST_TOKENS])]


def asked_tokens(text: str) -> list[str]:
    """What a thing must have to answer a search, each once: a piece that is a number as a whole.

    Empty when there is nothing to search for.
    """
    found: list[str] = []
    for piece in text.split():
        number = list(_numbers([piece]))
        found += number or office_tokens(piece)
    return list(dict.fromkeys(found))


def kind_token(kind: Kind) -> str:
    """By which those of a kind are found."""
    return f"~{kind}"


def department_token(department: str) -> str:
    """By which those of a department are found."""
    return f"#{department}"


def suggested(title: str | None) -> list[str]:
    """The words of a subject that may be suggested to who begins to write them, each once."""
    if not title:
        return []
    return sorted({word for word in words(title) if _is_suggested(word)})


def begun(text: str) -> str | None:
    """The word that is being written, as those that may be suggested are kept; None: none is."""
    pieces = unicodedata.normalize("NFC", text).lower().split()
    word = pieces[-1].strip(_AROUND) if pieces else ""
    return word if len(word) >= _FEWEST_BEGUN else None


def _is_suggested(word: str) -> bool:
    return len(word) >= SHORTEST_SUGGESTED and not any(letter.isdigit() for letter in word)


def number_places(text: str) -> Iterator[tuple[int, int, str]]:
    """Where each number in a text begins and ends, and its token."""
    for found in re.finditer(r"\S+", text):
        for token in _numbers([found[0]]):
            bare = found[0].strip(_AROUND)
            start = found.start() + found[0].index(bare)
            yield start, start + len(bare), token


def _numbers(pieces: Iterable[str]) -> Iterable[str]:
    for piece in pieces:
        bare = piece.strip(_AROUND)
        if any(letter.isdigit() for letter in bare) and _PIECE.fullmatch(bare):
            yield _number(bare)


def _number(written: str) -> str:
    return f"={plain_digits(written).upper()}"
