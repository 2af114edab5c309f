"""The documents of property tax as PDF and as pictures."""

from collections.abc import Sequence
from datetime import date

from palika.typesetting import engine
from services.tax.documents.content import Content
from services.tax.documents.data import TEMPLATES

_TEMPLATE = TEMPLATES / "document.typ"


def pdf(contents: Sequence[Content], day: date, *, tagged: bool) -> bytes:
    """One PDF of all of them. The same contents give the same bytes.

    Args:
        contents: one at least.
        day: of the documents; it stands in the file as the day of its making.
        tagged: with the structure that a screen reader needs; five times as large.
    """
    return engine.pdf(_TEMPLATE, contents, day, tagged=tagged)


def pictures(contents: Sequence[Content], ppi: float = 144) -> list[bytes]:
    """Each page as a PNG."""
    return engine.pictures(_TEMPLATE, contents, ppi)
