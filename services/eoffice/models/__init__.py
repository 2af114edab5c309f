"""The e-office's tables."""

from services.eoffice.models.base import Base, Chained, Derived, Guarded, Sealed
from services.eoffice.models.correspondence import Correspondence, Letter, LetterVersion
from services.eoffice.models.file import Counter, File, Movement
from services.eoffice.models.noting import Note, NoteDraft
from services.eoffice.models.organisation import (
    Delegation,
    Department,
    Holding,
    Leave,
    Person,
    Post,
    Section,
)
from services.eoffice.models.seal import Act, Chain

__all__ = [
    "Act",
    "Base",
    "Chain",
    "Chained",
    "Correspondence",
    "Counter",
    "Delegation",
    "Department",
    "Derived",
    "File",
    "Guarded",
    "Holding",
    "Leave",
    "Letter",
    "LetterVersion",
    "Movement",
    "Note",
    "NoteDraft",
    "Person",
    "Post",
    "Sealed",
    "Section",
]
