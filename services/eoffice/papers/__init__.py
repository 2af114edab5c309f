"""The papers of receipts and files: checked, kept as PDF, and read for the search.

``keep`` is all that a command needs. It takes seconds at the worst and belongs before the
transaction: a crash between the two leaves bytes that no row names, never a row without bytes.
"""

from services.eoffice.papers.apart import content_in
from services.eoffice.papers.checking import (
    MOST,
    MOST_AT_ONCE,
    MOST_PIECES,
    Stored,
    check_mail,
    from_base64,
    keep,
    keep_mail,
    keep_piece,
    keep_pieces,
    read_text,
)
from services.eoffice.papers.mail import Mail, read_mail

__all__ = [
    "MOST",
    "MOST_AT_ONCE",
    "MOST_PIECES",
    "Mail",
    "Stored",
    "check_mail",
    "content_in",
    "from_base64",
    "keep",
    "keep_mail",
    "keep_piece",
    "keep_pieces",
    "read_mail",
    "read_text",
]
