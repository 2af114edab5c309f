"""The slip that the sender of a receipt is given: one page, in Marathi and in English."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from palika.text import Name
from services.eoffice.documents.setting import corporation, page_pdf

_TITLE = Name("पोच", "Acknowledgement")
_NUMBER = Name("नोंद क्रमांक", "Diary number")
_RECEIVED = Name("मिळाल्याचा दिनांक", "Received on")
_SENDER = Name("पाठवणारे", "From")
_SUBJECT = Name("विषय", "Subject")
_CATEGORY = Name("प्रकार", "Category")
_DUE = Name("उत्तर अपेक्षित", "Answer due by")


SUBJECT, SENDER = 160, 120
"""So many characters of them stand on a slip: it is one page, whatever was written."""


def shortened(text: str, most: int) -> str:
    """The beginning of a text, with … for what is left out; in the diary all of it stands."""
    told = " ".join(text.split())
    return told if len(told) <= most else f"{told[: most - 1].rstrip()}…"


@dataclass(frozen=True, slots=True)
class SlipPaper:
    """A receipt on paper; ``said``, ``office`` and ``category`` by language."""

    number: str
    received_on: str
    due_on: str
    sender: str
    subject: str
    office: Mapping[str, str]
    category: Mapping[str, str]
    said: Mapping[str, str]


def slip_pdf(slip: SlipPaper, day: date) -> bytes:
    """The slip as PDF/A-2a, made on ``day``.

    Raises:
        FontMissing: the fonts cannot be had.
    """
    content = {
        "kind": "slip",
        "language": "mr",
        "title_of_pdf": f"{_TITLE.in_('en')} {slip.number}",
        "parts": [_part(slip, language) for language in ("mr", "en")],
    }
    return page_pdf(content, day)


def _part(slip: SlipPaper, language: str) -> dict[str, object]:
    facts = [
        (_NUMBER, slip.number),
        (_RECEIVED, slip.received_on),
        (_SENDER, slip.sender),
        (_SUBJECT, slip.subject),
        (_CATEGORY, slip.category[language]),
        (_DUE, slip.due_on),
    ]
    return {
        "language": language,
        "corporation": corporation().in_(language),
        "office": slip.office[language],
        "title": _TITLE.in_(language),
        "facts": [[name.in_(language), value] for name, value in facts if value],
        "said": slip.said[language],
    }
