"""The note sheet of a file as a PDF."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from palika.text import Name
from services.eoffice.documents.setting import corporation, page_pdf
from services.eoffice.domain.markup import blocks
from services.eoffice.domain.shown import data

_WORDS = {
    "title": Name("टिपणी पत्रक", "Note sheet"),
    "number": Name("नस्ती क्रमांक", "File number"),
    "subject": Name("विषय", "Subject"),
    "head": Name("विषय शीर्ष", "Subject head"),
    "opened": Name("उघडल्याचा दिनांक", "Opened on"),
    "secrecy": Name("गोपनीयता", "Classification"),
    "note": Name("टिपणी", "Note"),
    "written": Name("लेखन", "Written by"),
}
_GRADES = (
    Name("सर्वसाधारण", "Normal"),
    Name("गोपनीय", "Confidential"),
    Name("गुप्त", "Secret"),
    Name("अतिगुप्त", "Top secret"),
)


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A green note on paper; ``written_by``: another who wrote it, or empty."""

    number: int
    markup: str
    language: str
    person: str
    post: str
    written_by: str
    at: str


@dataclass(frozen=True, slots=True)
class SheetPaper:
    """A file's note sheet; names are in the language of the paper."""

    number: str
    subject: str
    department: str
    head: str
    opened_on: str
    secrecy: int
    notes: Sequence[SignedNote]


def sheet_pdf(sheet: SheetPaper, language: str, day: date) -> bytes:
    """The note sheet as PDF/A-2a, made on ``day``.

    Raises:
        FontMissing: the fonts cannot be had.
    """
    words = {code: name.in_(language) for code, name in _WORDS.items()}
    content = {
        "kind": "sheet",
        "language": language,
        "title_of_pdf": f"{words['title']} {sheet.number}",
        "corporation": corporation().in_(language),
        "department": sheet.department,
        "title": words["title"],
        "running": sheet.number,
        "facts": [
            [words["number"], sheet.number],
            [words["subject"], sheet.subject],
            [words["head"], sheet.head],
            [words["opened"], sheet.opened_on],
            [words["secrecy"], _GRADES[sheet.secrecy].in_(language)],
        ],
        "notes": [_note(each, words) for each in sheet.notes],
    }
    return page_pdf(content, day)


def _note(note: SignedNote, words: dict[str, str]) -> dict[str, object]:
    written = [f"{words['written']}: {note.written_by}"] if note.written_by else []
    return {
        "heading": f"{words['note']} {note.number}",
        "blocks": data(blocks(note.markup), note.language),
        "signature": [each for each in (note.person, note.post, note.at) if each] + written,
    }
