"""A letter as a PDF: the draft with its mark across the page, the office copy with its number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from palika.text import Name
from services.eoffice.documents.setting import corporation, page_pdf
from services.eoffice.domain.markup import blocks
from services.eoffice.domain.shown import data

_NUMBER = Name("जा.क्र.", "No.")
_DAY = Name("दिनांक", "Date")
_ABOUT = Name("विषय", "Subject")
_TO = Name("प्रति,", "To,")
_DRAFT = Name("मसुदा", "DRAFT")


@dataclass(frozen=True, slots=True)
class LetterPaper:
    """A letter; names are in its language. ``number`` and ``day``: empty, it has not gone out."""

    title: str
    department: str
    number: str
    day: str
    to: Sequence[str]
    subject: str
    salutation: str
    body: str
    closing: Sequence[str]


def letter_pdf(letter: LetterPaper, language: str, day: date) -> bytes:
    """The letter as PDF/A-2a, made on ``day``.

    Raises:
        FontMissing: the fonts cannot be had.
    """
    content = {
        "kind": "letter",
        "language": language,
        "title_of_pdf": letter.subject,
        "corporation": corporation().in_(language),
        "department": letter.department,
        "number": f"{_NUMBER.in_(language)} {letter.number}".strip(),
        "day": f"{_DAY.in_(language)} {letter.day}".strip(),
        "title": letter.title,
        "to": [_TO.in_(language), *letter.to],
        "about": _ABOUT.in_(language),
        "subject": letter.subject,
        "salutation": letter.salutation,
        "blocks": data(blocks(letter.body), language),
        "closing": list(letter.closing),
        "mark": "" if letter.number else _DRAFT.in_(language),
    }
    return page_pdf(content, day)
