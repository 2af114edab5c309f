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
# The number of a file, a receipt or a letter begins with a code and ends with a serial; those of
# parts and volumes go on.
_OFFICE = re.compile(r"[A-Za-z][A-Za-z0-9.-]*(?:/[A-Za-z0-9.-]+)+/[0-9]+(?:/[PV][0-9]+)*")
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
        number: of the thing itself; it is found by all of it and by its end (2026/0001), and by no
            word.
        texts: what it says; numbers in it, as of other files, are found so too.
    """
    found: dict[str, None] = {}
    for text in texts:
        if text:
            pieces = text.split()
            found.update(dict.fromkeys(each for _, each in _kept_numbers(pieces)))
            # It is no word: were its parts kept, what names a file would be found by its section.
            said = (each for each in pieces if not _is_of_office(each.strip(_AROUND)))
            found.update(dict.fromkeys(office_tokens(" ".join(said))))
    if number is not None:
        ends = (_number(each) for each in (_ends(number) if _is_of_office(number) else [number]))
        found = {**dict.fromkeys(ends), **found}
    about = month_token(at), day_token(at), kind_token(kind), department_token(department)
    return [*about, *sorted(list(found)[:MOST_TOKENS])]


def asked_tokens(text: str) -> list[str]:
    """What a thing must have to answer a search, each once: a piece that is a number as a whole.

    Empty when there is nothing to search for.
    """
    found: list[str] = []
    for piece in text.split():
        bare = piece.strip(_AROUND)
        found += [_number(bare)] if _is_number(bare) else office_tokens(piece)
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
    """Where each number in a text, and each end of one, begins and ends, and its token."""
    for found in re.finditer(r"\S+", text):
        bare = found[0].strip(_AROUND)
        end = found.start() + found[0].find(bare) + len(bare)
        for written, token in _kept_numbers([found[0]]):
            yield end - len(written), end, token


def office_places(text: str) -> Iterator[tuple[int, int]]:
    """Where each number of a file, a receipt or a letter begins and ends: no words are in it."""
    for found in re.finditer(r"\S+", text):
        bare = found[0].strip(_AROUND)
        if _is_of_office(bare):
            start = found.start() + found[0].index(bare)
            yield start, start + len(bare)


def _kept_numbers(pieces: Iterable[str]) -> Iterator[tuple[str, str]]:
    """As which each number in a text is found: as it is written there, and its token."""
    for piece in pieces:
        bare = piece.strip(_AROUND)
        if _is_number(bare):
            for written in _ends(bare) if _is_of_office(bare) else [bare]:
                yield written, _number(written)


def _ends(number: str) -> list[str]:
    """A number and its ends of two parts and more."""
    parts = number.split("/")
    return ["/".join(parts[at:]) for at in range(len(parts) - 1)]


def _is_number(bare: str) -> bool:
    return any(letter.isdigit() for letter in bare) and _PIECE.fullmatch(bare) is not None


def _is_of_office(bare: str) -> bool:
    return _is_number(bare) and _OFFICE.fullmatch(plain_digits(bare)) is not None


def _number(written: str) -> str:
    return f"={plain_digits(written).upper()}"
