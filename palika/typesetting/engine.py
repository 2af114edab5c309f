"""Documents set by typst, kept warm: a template and strings in, PDF or pictures out.

A template is a ``.typ`` file of a service's ``data/``; its folder is all that it may read. What it
prints reaches it as JSON, never as typst's own markup: no text can be taken for instructions.
"""

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any, Literal

import typst

from palika import garbage
from palika.india import INDIA
from palika.typesetting import fonts

Standard = Literal["a-2a", "a-2b"]
"""PDF/A: for the archive, with and without the structure that a screen reader needs."""
_REMEMBERED = 10
"""So many documents later typst has forgotten one."""


@cache
def _fonts() -> typst.Fonts:
    """The documents' fonts and no other.

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
    return found


@cache
def _compiler(template: Path) -> typst.Compiler:
    """The process' compiler of a template. Raises FontMissing."""
    return typst.Compiler(
        input=template, root=template.parent, font_paths=_fonts(), ignore_system_fonts=True
    )


@contextmanager
def _compiler_with(template: Path, images: Mapping[str, bytes]) -> Iterator[typst.Compiler]:
    """A compiler of a template beside which files lie. Raises FontMissing.

    As bytes in the JSON an image costs fifty times the time and stays in memory many times over.
    """
    if not images:
        yield _compiler(template)
        return
    with tempfile.TemporaryDirectory(prefix="palika-document-") as name:
        folder = Path(name)
        for each in template.parent.glob("*.typ"):
            shutil.copy(each, folder)
        for file, content in images.items():
            (folder / file).write_bytes(content)
        yield typst.Compiler(
            input=folder / template.name,
            root=folder,
            font_paths=_fonts(),
            ignore_system_fonts=True,
        )


def pdf(
    template: Path,
    contents: Sequence[Mapping[str, Any]],
    day: date,
    *,
    tagged: bool,
    standard: Standard | None = None,
    images: Mapping[str, bytes] | None = None,
) -> bytes:
    """One PDF of all contents. The same contents give the same bytes.

    Args:
        template: reads ``documents`` (JSON) and ``font`` from ``sys.inputs``.
        contents: one at least.
        day: of the documents; it stands in the file as the day of its making.
        tagged: with the structure that a screen reader needs; five times as large.
        standard: PDF/A; None: plain PDF 1.7.
        images: files that the template may read, by names without a folder.

    Raises:
        FontMissing: the fonts cannot be had.
    """
    made = datetime.combine(day, time(12), INDIA)
    with _compiler_with(template, images or {}) as compiler:
        found = compiler.compile(
            sys_inputs=_inputs(contents),
            format="pdf",
            timestamp=made,
            pdf_tags=tagged,
            pdf_standards=[] if standard is None else [standard],
        )
    if not isinstance(found, bytes):
        raise TypeError("typst has given no PDF")
    return found


def forget() -> None:
    """Let go of what typst remembers of the documents before, and give their memory back.

    It keeps what it has worked out for the last documents, for a next one that is much the same:
    tens of MB of a long one. For who sets such a one now and then; it takes a tenth of a second.
    """
    with tempfile.TemporaryDirectory(prefix="palika-document-") as name:
        empty = Path(name) / "empty.typ"
        empty.touch()
        compiler = typst.Compiler(input=empty, root=name, font_paths=_fonts())
        for _ in range(_REMEMBERED):
            compiler.compile(format="pdf")
    garbage.give_back()


def pictures(
    template: Path, contents: Sequence[Mapping[str, Any]], ppi: float = 144
) -> list[bytes]:
    """Each page as a PNG. Raises as ``pdf``."""
    found = _compiler(template).compile(sys_inputs=_inputs(contents), format="png", ppi=ppi)
    return [found] if isinstance(found, bytes) else list(found or [])


def _inputs(contents: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    return {"documents": json.dumps(contents, ensure_ascii=False), "font": fonts.FAMILY}
