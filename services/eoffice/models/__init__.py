"""The e-office's tables."""

from services.eoffice.models.approval import Approval
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

__all__ = [
    "Act",
    "Approval",
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
    "Section",
]
