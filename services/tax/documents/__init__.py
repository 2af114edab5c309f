"""Bills, receipts, notices and certificates as PDF, in Marathi or English.

Plain values in (``model``), bytes out; no database and no network. ``model`` says what a document
is made of, ``bulk`` makes many.

``data`` (what the city has written), ``words`` and ``content`` turn values into the strings that
stand on the page; ``bill`` and ``letters`` are the kinds; ``engine`` sets them with typst, from the
one template ``data/documents/document.typ``; ``upi`` and ``vouching`` make the links of the QR
codes, and ``vouching`` checks its own; ``samples`` has examples.
"""

import re

from services.tax.documents import bill, letters
from services.tax.documents.content import Content, is_long
from services.tax.documents.model import (
    BillDocument,
    Document,
    NoDuesDocument,
    NoticeDocument,
    ReceiptDocument,
)
from services.tax.documents.vouching import Seal
from services.tax.documents.words import Words

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")


def document_pdf(document: Document, language: str, seal: Seal) -> bytes:
    """A document of any kind, as a PDF that a screen reader can read.

    Args:
        document: what it says.
        language: ``mr`` or ``en``.
        seal: what its verification code is made with.

    Raises:
        Unprintable: a name or an address has a character without a glyph; it names it.
        Invalid: a notice that a person signs has no signatory, or its step is none.
        ValueError: another language.
        FontMissing: the fonts cannot be had.
    """
    from services.tax.documents import engine

    return engine.pdf([content_of(document, language, seal)], document.issued_on, tagged=True)


def content_of(document: Document, language: str, seal: Seal) -> Content:
    """What stands on a document, as strings. Raises as ``document_pdf``, but for fonts."""
    words = Words(language)
    if isinstance(document, BillDocument):
        told = bill.content(document, words, seal)
    elif isinstance(document, ReceiptDocument):
        told = letters.receipt(document, words, seal)
    elif isinstance(document, NoticeDocument):
        told = letters.notice(document, words, seal)
    else:
        told = letters.no_dues(document, words, seal)
    return told | {"long": is_long(told)}


def file_name(number: str) -> str:
    """The file's name of a document's number: what is no letter, digit, dot, - or _ becomes _."""
    return f"{_NOT_IN_NAMES.sub('_', number)}.pdf"


__all__ = [
    "BillDocument",
    "Document",
    "NoDuesDocument",
    "NoticeDocument",
    "ReceiptDocument",
    "Seal",
    "content_of",
    "document_pdf",
    "file_name",
]
