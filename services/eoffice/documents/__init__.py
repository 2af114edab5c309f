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
    SheetPaper,
    Signed,
    SignedMove,
    SignedNote,
    sheet_content,
    sheet_pdf,
)
from services.eoffice.documents.slips import SlipPaper, slip_pdf

__all__ = [
    "OFFICE",
    "Decision",
    "LetterPaper",
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
    "slip_pdf",
    "unprintable",
]
