"""What is shown of a thing that was found: a piece of its text, with the words marked."""

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final
from unicodedata import category

from palika.words import places
from services.eoffice.domain.office_words import office_token
from services.eoffice.domain.searching import number_places, office_places

LONGEST: Final = 240
"""Characters of an excerpt."""
LONGEST_TITLE: Final = 120
_LEAD: Final = 60
"""So many stand before the first word that was found."""
_MORE: Final = "…"
_NOWHERE: Final = (sys.maxsize, sys.maxsize)
"""Behind every text."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of an excerpt: ``marked``, it is one of the words that were searched for."""

    text: str
    marked: bool = False


def excerpt(text: str, asked: Sequence[str]) -> list[Piece]:
    """Where in a text most of the searched words stand together, and its beginning if none does.

    A word is marked if it means what was asked, in whichever language and form (निविदांमधील, where
    *tender* was asked).

    Args:
        text: the whole of it; line ends are shown as blanks.
        asked: the tokens, as of ``domain.searching.asked_tokens``.
    """
    line = " ".join(text.split())
    marks = _marks(line, frozenset(asked))
    first = _densest(marks)
    start = _word_start(line, max(0, first - _LEAD)) if first > _LEAD else 0
    end = _word_end(line, start, start + LONGEST)
    found = [Piece(_MORE)] if start else []
    at = start
    for begins, ends, _ in marks:
        if begins < at or ends > end:
            continue
        if begins > at:
            found.append(Piece(line[at:begins]))
        found.append(Piece(line[begins:ends], marked=True))
        at = ends
    if at < end:
        found.append(Piece(line[at:end]))
    if end < len(line):
        found.append(Piece(_MORE))
    return found


def html(pieces: Sequence[Piece]) -> str:
    """The pieces as HTML: every character of the text is escaped, and ``mark`` is the only tag."""
    return "".join(
        f"<mark>{escape(each.text)}</mark>" if each.marked else escape(each.text) for each in pieces
    )


def plain(pieces: Sequence[Piece]) -> str:
    """The pieces as they are read, without marks."""
    return "".join(each.text for each in pieces)


def beginning(text: str) -> str:
    """The first words of a text, at most ``LONGEST_TITLE`` characters of them."""
    # No more of it is looked at than may be needed.
    line = " ".join(text[: 10 * LONGEST_TITLE].split())
    end = _word_end(line, 0, LONGEST_TITLE)
    return line[:end].rstrip() + (_MORE if end < len(line) else "")


def _marks(line: str, asked: frozenset[str]) -> list[tuple[int, int, frozenset[str]]]:
    """Where words that were asked for begin and end, and which of them each is; none overlap."""
    found = []
    if any(token.startswith("=") for token in asked):
        found += [
            (start, end, frozenset({token}))
            for start, end, token in number_places(line)
            if token in asked
        ]
    numbers = office_places(line)
    begins, after = next(numbers, _NOWHERE)
    for start, end, tokens in places(line):
        while after <= start:
            begins, after = next(numbers, _NOWHERE)
        if begins <= start:
            continue
        if same := asked & {office_token(token) for token in tokens}:
            found.append((start, end, same))
    found.sort(key=lambda mark: (mark[0], -mark[1]))
    apart: list[tuple[int, int, frozenset[str]]] = []
    for mark in found:
        if not apart or mark[0] >= apart[-1][1]:
            apart.append(mark)
    return apart


def _densest(marks: list[tuple[int, int, frozenset[str]]]) -> int:
    """Where the first excerpt begins that has most of the words."""
    best, place, last = 0, 0, 0
    within: Counter[str] = Counter()
    for start, _, tokens in marks:
        while last < len(marks) and marks[last][1] <= start + LONGEST - _LEAD:
            within.update(marks[last][2])
            last += 1
        if len(within) > best:
            best, place = len(within), start
        within.subtract(tokens)
        within += Counter()
    return place


def _word_start(line: str, at: int) -> int:
    """The beginning of a word at or after ``at``; words without end are cut."""
    blank = line.find(" ", at, at + _LEAD)
    if blank >= 0:
        return blank + 1
    while category(line[at]).startswith("M"):
        at += 1
    return at


def _word_end(line: str, start: int, at: int) -> int:
    """The end of a word at or before ``at``."""
    if at >= len(line):
        return len(line)
    blank = line.rfind(" ", start + LONGEST_TITLE // 2, at + 1)
    if blank >= 0:
        return blank
    while category(line[at]).startswith("M") and at > start:
        at -= 1
    return at
