"""Typst, kept warm: content in, PDF or pictures out. A process has one compiler."""

import json
from collections.abc import Sequence
from datetime import date, datetime, time
from functools import cache

import typst

from palika.india import INDIA
from services.tax.documents import fonts
from services.tax.documents.content import Content
from services.tax.documents.data import TEMPLATES


@cache
def _compiler() -> typst.Compiler:
    """The compiler, with the documents' fonts and no other.

    Raises:
        FontMissing: they are not there.
    """
    found = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(fonts.folder())],
    )
    weights = {font.weight for font in found.fonts() if font.family == fonts.FAMILY}
    if not {400, 700} <= weights:
        raise fonts.FontMissing(
            f"typst does not find {fonts.FAMILY} in regular and bold in {fonts.folder()}: "
            "remove that folder, it is made anew"
        )
    return typst.Compiler(
        input=TEMPLATES / "document.typ",
        root=TEMPLATES,
        font_paths=found,
        ignore_system_fonts=True,
    )


def pdf(contents: Sequence[Content], day: date, *, tagged: bool) -> bytes:
    """One PDF of all of them. The same contents give the same bytes.

    Args:
        contents: one at least.
        day: of the documents; it stands in the file as the day of its making.
        tagged: with the structure that a screen reader needs; five times as large.
    """
    made = datetime.combine(day, time(12), INDIA)
    found = _compiler().compile(
        sys_inputs=_inputs(contents), format="pdf", timestamp=made, pdf_tags=tagged
    )
    return _single(found)


def pictures(contents: Sequence[Content], ppi: float = 144) -> list[bytes]:
    """Each page as a PNG."""
    found = _compiler().compile(sys_inputs=_inputs(contents), format="png", ppi=ppi)
    return [found] if isinstance(found, bytes) else list(found or [])


def _inputs(contents: Sequence[Content]) -> dict[str, str]:
    return {"documents": json.dumps(contents, ensure_ascii=False), "font": fonts.FAMILY}


def _single(found: bytes | list[bytes] | None) -> bytes:
    if not isinstance(found, bytes):
        raise TypeError("typst has given no PDF")
    return found
