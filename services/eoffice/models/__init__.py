"""The e-office's tables."""

from services.eoffice.models.base import Base, Chained, Derived, Guarded, Sealed
from services.eoffice.models.file import Counter, File, Movement
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
from services.eoffice.models.search import SearchWords

__all__ = [
    "Act",
    "Base",
    "Chain",
    "Chained",
    "Counter",
    "Delegation",
    "Department",
    "Derived",
    "File",
    "Guarded",
    "Holding",
    "Leave",
    "Movement",
    "Person",
    "Post",
    "Sealed",
    "SearchWords",
    "Section",
]
