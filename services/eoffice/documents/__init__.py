"""Papers that the e-office makes itself: note sheets and letters, as PDF."""

from services.eoffice.documents.letters import LetterPaper, letter_pdf
from services.eoffice.documents.setting import (
    OFFICE,
    corporation,
    file_name,
    office_code,
    page_count,
    pdf_answer,
    unprintable,
)
from services.eoffice.documents.sheets import (
    Decision,
    Opinion,
    SheetPaper,
    Signed,
    SignedMove,
    SignedNote,
    sheet_content,
    sheet_pdf,
)
from services.eoffice.documents.slips import SENDER, SUBJECT, SlipPaper, shortened, slip_pdf

__all__ = [
    "OFFICE",
    "SENDER",
    "SUBJECT",
    "Decision",
    "LetterPaper",
    "Opinion",
    "SheetPaper",
    "Signed",
    "SignedMove",
    "SignedNote",
    "SlipPaper",
    "corporation",
    "file_name",
    "letter_pdf",
    "office_code",
    "page_count",
    "pdf_answer",
    "sheet_content",
    "sheet_pdf",
    "shortened",
    "slip_pdf",
    "unprintable",
]
