"""Documents set by typst, kept warm: a template and strings in, PDF or pictures out.

A template is a ``.typ`` file of a service's ``data/``; its folder is all that it may read. What it
prints reaches it as JSON, never as typst's own markup: no text can be taken for instructions.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any, Literal

import typst

from palika.india import INDIA
from palika.typesetting import fonts

Standard = Literal["a-2a", "a-2b"]
"""PDF/A: for the archive, with and without the structure that a screen reader needs."""


@cache
def _compiler(template: Path) -> typst.Compiler:
    """The process' compiler of a template, with the documents' fonts and no other.

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
        input=template, root=template.parent, font_paths=found, ignore_system_fonts=True
    )


def pdf(
    template: Path,
    contents: Sequence[Mapping[str, Any]],
    day: date,
    *,
    tagged: bool,
    standard: Standard | None = None,
) -> bytes:
    """One PDF of all contents. The same contents give the same bytes.

    Args:
        template: reads ``documents`` (JSON) and ``font`` from ``sys.inputs``.
        contents: one at least.
        day: of the documents; it stands in the file as the day of its making.
        tagged: with the structure that a screen reader needs; five times as large.
        standard: PDF/A; None: plain PDF 1.7.

    Raises:
        FontMissing: the fonts cannot be had.
    """
    made = datetime.combine(day, time(12), INDIA)
    found = _compiler(template).compile(
        sys_inputs=_inputs(contents),
        format="pdf",
        timestamp=made,
        pdf_tags=tagged,
        pdf_standards=[] if standard is None else [standard],
    )
    if not isinstance(found, bytes):
        raise TypeError("typst has given no PDF")
    return found


def pictures(
    template: Path, contents: Sequence[Mapping[str, Any]], ppi: float = 144
) -> list[bytes]:
    """Each page as a PNG. Raises as ``pdf``."""
    found = _compiler(template).compile(sys_inputs=_inputs(contents), format="png", ppi=ppi)
    return [found] if isinstance(found, bytes) else list(found or [])


def _inputs(contents: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    return {"documents": json.dumps(contents, ensure_ascii=False), "font": fonts.FAMILY}
