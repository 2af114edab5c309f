"""The fonts of documents: FiraGO, regular and bold, which has Marathi, English, Urdu and the rupee.

They come as bytes with the package ``pymupdf-fonts``, locked like all else: the same on every
machine. Typst reads fonts from files only, so they are put into ``var/fonts`` once. No other font
is offered to it, and what they have no glyph for is refused beforehand (docs/decisions/0018).
"""

import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from palika.config import var_directory

FAMILY: Final = "FiraGO"

_FILES: Final = {
    "FiraGO-Regular.ttf": (
        "pymupdf_fonts.FiraGO_Regular",
        "495901c0c608ea265f4c31aa2a4c7a313e5cc2a3dd610da78a447fe8e07454a2",
    ),
    "FiraGO-Bold.ttf": (
        "pymupdf_fonts.FiraGO_Bold",
        "ab720753c39073556260ebbaee7e7af89f9ca202a7c7abc257d935db590a1e35",
    ),
}

# What both files have a glyph for: Latin with its accents, Devanagari, the Arabic script as Urdu
# and Arabic have it, punctuation, the rupee. A test sets each of them.
_UNPRINTABLE: Final = re.compile(
    "[^ -~\u00a0-\u017f"
    "\u060c\u061b\u061f\u0621-\u063a\u0640-\u0652\u0654\u0660-\u066c\u0670-\u0672\u0674"
    "\u0679\u067e\u0686\u0688\u0691\u0698\u06a9\u06af\u06ba\u06be-\u06c3\u06cc\u06d2-\u06d4"
    "\u06f0-\u06f9"
    "\u0900-\u0903\u0905-\u0939\u093c-\u094d\u0950-\u0952\u0958-\u0965\u0966-\u0970\u0972"
    "\u200c\u200d\u2010-\u2015\u2018-\u201a\u201c-\u201e\u2020-\u2022\u2026\u20b9\u2116\u2122"
    "\u2212]"
)

# Spaces without width, and the mark that some programs put before a text: nobody sees them.
_UNSEEN: Final = re.compile("[\u200b\u2060\ufeff]")


class FontMissing(RuntimeError):
    """A font cannot be had, or is not the one that is expected; the message says what to do."""


class Unprintable(ValueError):
    """A text has characters that the fonts have no glyph for; the message names them."""


def refused(text: str) -> list[str]:
    """The characters of a text that the fonts have no glyph for."""
    return sorted(set(_UNPRINTABLE.findall(text)))


def printable(text: str, field: str) -> str:
    """``text`` on one line, if every character of it can be printed.

    Raises:
        Unprintable: names the field and the characters.
    """
    told = " ".join(_UNSEEN.sub("", text).split())
    if wrong := refused(told):
        shown = ", ".join(f"U+{ord(each):04X}" for each in wrong[:5])
        raise Unprintable(f"{field}: there is no glyph for {shown} in {told!r:.60}")
    return told


def one_line(text: str) -> str:
    """A text with one blank where it has several, or line breaks."""
    return " ".join(text.split())


def named_glyphs(value: Any, tidied: Callable[[str], str] = one_line) -> Any:
    """What is set on a page, where nobody can be asked to write it otherwise: each string of it
    tidied, with the code of a character that has no glyph (``[U+1F600]``) in its place.

    Args:
        value: as JSON has it; tables and lists are gone through.
        tidied: what becomes of a string first.
    """
    if isinstance(value, str):
        told = tidied(value)
        for each in refused(told):
            told = told.replace(each, f"[U+{ord(each):04X}]")
        return told
    if isinstance(value, Mapping):
        return {key: named_glyphs(each, tidied) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [named_glyphs(each, tidied) for each in value]
    return value


@cache
def folder() -> Path:
    """The folder with the two files and no other; they are written if they are not there.

    Raises:
        FontMissing: the package is not installed or has other files than this version knows, or
            ``var/fonts`` cannot be written.
    """
    place = var_directory() / "fonts"
    try:
        place.mkdir(parents=True, exist_ok=True)
        for name, (module, digest) in _FILES.items():
            _put(place / name, module, digest)
    except OSError as error:
        raise FontMissing(f"the fonts cannot be written to {place}: {error.strerror}") from error
    return place


def _put(path: Path, module: str, digest: str) -> None:
    if path.is_file() and _digest(path.read_bytes()) == digest:
        return
    try:
        content: bytes = import_module(module).fontbuffer
    except ImportError as error:
        raise FontMissing(
            f"the font {path.stem} is missing: the package pymupdf-fonts is not installed "
            "(`make setup` installs it)"
        ) from error
    if _digest(content) != digest:
        raise FontMissing(
            f"the font {path.stem} of pymupdf-fonts is not the one that documents are made with: "
            "install the version that requirements.lock names (`make setup`)"
        )
    # Put in place whole: another process may read it at this moment.
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(content)
    os.chmod(file.name, 0o644)
    os.replace(file.name, path)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
