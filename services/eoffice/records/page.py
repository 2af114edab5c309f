"""``index.html`` of an archive: the whole file to be read in a browser, in Marathi and English,
with nothing from a network."""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any

from markupsafe import Markup

from palika.india import readable, rupees
from services.eoffice.domain.markup import blocks, references
from services.eoffice.domain.naming import called_in
from services.eoffice.domain.numbering import spellings
from services.eoffice.domain.receipts import MAIL
from services.eoffice.domain.shown import html
from services.eoffice.reference import city_reporting

_TEMPLATE = "data/records/index.html.j2"
_DECISIONS = {
    "approved": ("मंजूर", "approved"),
    "refused": ("नामंजूर", "refused"),
    "cancelled": ("मंजुरी रद्द", "approval cancelled"),
    "returned": (
        "मंजूर होऊ शकणारी रक्कम कळवून परत",
        "returned with the amount that would be sanctioned",
    ),
}
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@cache
def _template() -> Any:
    # Only a process that makes archives has the library in memory.
    from jinja2 import Environment, StrictUndefined

    made = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    path = resources.files("services.eoffice") / _TEMPLATE
    return made.from_string(path.read_text(encoding="utf-8"))


def page(document: Mapping[str, Any]) -> str:
    """The page of a document of ``records.document``; the same document gives the same page."""
    rows = document["rows"]
    names = document["names"]
    number = document["file"]["number"]
    named = _files_named(rows)
    # A note may speak of the file that it is in, in either way of typing its number.
    own = [each for each in named if number in spellings(each)]

    def called(kind: str, code: str | None, at: str | None = None) -> Mapping[str, str]:
        return called_in(names, kind, code, None if at is None else datetime.fromisoformat(at))

    shown: str = _template().render(
        document=document,
        file=document["file"],
        rows=rows,
        paths=document["paths"],
        called=called,
        at=_at,
        day=_day,
        rupees=rupees,
        decisions=_DECISIONS,
        keeping=_keeping(rows["recording"]),
        notes=[_note(each) for each in rows["note"]],
        letters=_letters(rows),
        own=own,
        others=[each for each in named if each not in own],
        mails=_mails(rows, document["paths"]),
        signed=_signed(document),
        acts=_acts(document),
        name_of_file=file_name(number),
    )
    return shown


def file_name(number: str) -> str:
    """A file's number as the name of a folder or a file."""
    return _UNSAFE.sub("_", number)


def _at(moment: str | None) -> str:
    return "" if moment is None else readable(datetime.fromisoformat(moment))


def _day(day: str | None) -> str:
    return "" if day is None else "-".join(reversed(day.split("-")))


def _keeping(recordings: list[Mapping[str, Any]]) -> str:
    if not recordings:
        return ""
    years = recordings[0]["years"]
    category: str = recordings[0]["category"]
    return category if years is None else f"{category}-{years}"


def _note(row: Mapping[str, Any]) -> dict[str, Any]:
    # No tag in it comes from the text itself: domain/shown.py escapes every character.
    text = html(blocks(row["markup"]), row["language"], row["number"])
    return {**row, "html": Markup(text)}  # noqa: S704 all that comes from data is escaped before


def _letters(rows: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Those that went out, with what they said last."""
    said = {(each["letter_id"], each["version"]): each for each in rows["letter_version"]}
    sent = [each for each in rows["letter"] if each["number"] is not None]
    return [
        {**each, "text": said[each["id"], each["version"]]}
        for each in sorted(sent, key=lambda each: (each["dispatched_at"], each["id"]))
    ]


def _mails(rows: Mapping[str, Any], paths: Mapping[str, str]) -> list[dict[str, str]]:
    """The e-mails as they came, by the numbers of their receipts; they are no pages of the file."""
    numbers = {each["id"]: each["number"] for each in rows["receipt"]}
    came = {each["id"] for each in rows["paper"] if each["source"] == MAIL}
    return [
        {"number": numbers[each["receipt_id"]], "path": paths[f"paper:{each['paper_id']}"]}
        for each in rows["receipt_paper"]
        if each["paper_id"] in came
    ]


def _files_named(rows: Mapping[str, Any]) -> list[str]:
    """The files that its notes speak of, as they are written there."""
    found = [
        each.file for row in rows["note"] for each in references(row["markup"]) if each.kind == "f"
    ]
    return sorted(set(found))


def _signed(document: Mapping[str, Any]) -> dict[str, list[Mapping[str, Any]]]:
    """The signatures, by the row that was signed."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for each in document["rows"]["signature"]:
        found.setdefault(each["row"], []).append(each)
    return found


def _acts(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What was done with the file, in words where there are any."""
    acts = document["record"]["chains"][0]["acts"]
    return [{**each, "words": city_reporting().words("file", each["verb"])} for each in acts]
