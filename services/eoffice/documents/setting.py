"""What all papers of the e-office share: whose they are, and which characters they print."""

import base64
import io
import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

from palika import city_data
from palika.text import Name
from palika.typesetting import fonts
from services.eoffice.reference import read_data

OFFICE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
"""What the code of an office is like."""
TEMPLATE: Final = Path(str(resources.files("services.eoffice"))) / "data/documents/document.typ"
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9._-]+")
_UNSEEN: Final = re.compile("[\u200b\u2060\ufeff\r]")


@cache
def corporation() -> Name:
    """Whose papers these are, as the settings or ``data/documents/city.yaml`` say."""
    said = read_data("documents/city.yaml")["corporation"]
    return city_data.corporation(Name(said["mr"], said["en"]))


@cache
def address() -> Name:
    """Where that office is, as the same file says; empty, where it does not."""
    said = read_data("documents/city.yaml").get("address", {})
    return Name(said.get("mr", ""), said.get("en", ""))


@cache
def office_code() -> str:
    """The code of that office, which no renaming changes.

    Raises:
        ValueError: the file has none, or none such.
    """
    said = read_data("documents/city.yaml")["corporation"].get("code")
    if not isinstance(said, str) or not OFFICE.match(said):
        raise ValueError(
            "documents/city.yaml: corporation: code must be 1 to 64 of A-Z a-z 0-9 . _ -, and "
            f"begin with a letter or a digit; it is {said!r}"
        )
    return said


def unprintable(text: str) -> list[str]:
    """The characters of a text that cannot be printed, as ``U+1F600``."""
    return [f"U+{ord(each):04X}" for each in fonts.refused(_plain(text))]


def safe(value: Any) -> Any:
    """The strings of a paper's content, with the name of each character that has no glyph in its
    place: a paper of before is printed whatever it holds, and nothing vanishes from it unseen."""
    return fonts.named_glyphs(value, _plain)


def _plain(text: str) -> str:
    return _UNSEEN.sub("", text).replace("\t", " ").replace("\n", " ")


def page_pdf(content: Mapping[str, Any], day: date) -> bytes:
    """A paper as PDF/A-2a, which archives keep; the same content gives the same bytes.

    Raises:
        FontMissing: the fonts cannot be had.
    """
    # typst and its fonts are loaded by who sets a page, not by every process of the service.
    from palika.typesetting import engine

    return engine.pdf(TEMPLATE, [safe(content)], day, tagged=True, standard="a-2a")


def page_count(pdf: bytes) -> int:
    """How many pages a PDF of this package has."""
    from pypdf import PdfReader

    return len(PdfReader(io.BytesIO(pdf)).pages)


def file_name(number: str) -> str:
    """What the PDF of that number is called: ``ROADS_OUT_2026_00001.pdf``."""
    return f"{_NOT_IN_NAMES.sub('_', number)}.pdf"


def pdf_answer(number: str, pdf: bytes) -> dict[str, Any]:
    """A PDF as a call gives it: the name of a file, and its bytes in base64."""
    return {
        "number": number,
        "file": file_name(number),
        "content_type": "application/pdf",
        "content_base64": base64.b64encode(pdf).decode(),
    }
