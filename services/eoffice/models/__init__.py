"""The e-office's tables."""

from services.eoffice.models.approval import Approval
from services.eoffice.models.archive import Archive, Imported, ImportedPart, Vouching
from services.eoffice.models.base import Base, Chained, Derived, Guarded, Sealed
from services.eoffice.models.correspondence import Correspondence, Letter, LetterVersion
from services.eoffice.models.file import Counter, File, Movement
from services.eoffice.models.moving import Course, Marking, Route
from services.eoffice.models.noting import Note, NoteDraft
from services.eoffice.models.number import FileNumber
from services.eoffice.models.organisation import (
    Delegation,
    Department,
    Holding,
    Leave,
    Person,
    Post,
    Section,
)
from services.eoffice.models.paper import Paper, PaperText
from services.eoffice.models.reading import Reading
from services.eoffice.models.receipt import (
    Receipt,
    ReceiptCorrection,
    ReceiptMovement,
    ReceiptPaper,
)
from services.eoffice.models.records import (
    Hold,
    ReceiptHold,
    Recording,
    WeededPaper,
    WeededReceiptPaper,
    Weeding,
    WeedingFile,
    WeedingReceipt,
)
from services.eoffice.models.root import Root, RootEntry
from services.eoffice.models.seal import Act, Chain
from services.eoffice.models.search import SearchWords
from services.eoffice.models.signing import Certificate, Signature
from services.eoffice.models.tie import Tie

__all__ = [
    "Act",
    "Approval",
    "Archive",
    "Base",
    "Certificate",
    "Chain",
    "Chained",
    "Correspondence",
    "Counter",
    "Course",
    "Delegation",
    "Department",
    "Derived",
    "File",
    "FileNumber",
    "Guarded",
    "Hold",
    "Holding",
    "Imported",
    "ImportedPart",
    "Leave",
    "Letter",
    "LetterVersion",
    "Marking",
    "Movement",
    "Note",
    "NoteDraft",
    "Paper",
    "PaperText",
    "Person",
    "Post",
    "Reading",
    "Receipt",
    "ReceiptCorrection",
    "ReceiptHold",
    "ReceiptMovement",
    "ReceiptPaper",
    "Recording",
    "Root",
    "RootEntry",
    "Route",
    "Sealed",
    "SearchWords",
    "Section",
    "Signature",
    "Tie",
    "Vouching",
    "WeededPaper",
    "WeededReceiptPaper",
    "Weeding",
    "WeedingFile",
    "WeedingReceipt",
]
