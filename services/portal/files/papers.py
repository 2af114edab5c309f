"""Papers: shown and saved as the e-office says how, uploaded piece by piece."""

import base64
from collections.abc import Iterator
from contextvars import Context, copy_context
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.datastructures import FileStorage

from palika.errors import Invalid, NotFound, PalikaError
from services.portal.accounts.doors import door
from services.portal.accounts.looks import looked_at, shows_nobody
from services.portal.domain.reads import Reason
from services.portal.files import common, one
from services.portal.pages.languages import current
from services.portal.pages.words import N_
from services.portal.rooms import as_told, download, refusal

MOST: Final = 64 * 1024 * 1024
"""Of one upload over HTTP; larger papers are diarised at the terminal."""
_PIECE: Final = 3 * 1024 * 1024
_PART: Final = 4 * 1024 * 1024
_WAIT_S: Final = 60.0
_WITH_PAPERS: Final = ("files.add_paper", "files.diarise")
_WITH_TEXTS: Final = ("files.note", "files.autosave", "files.letter_step")
_TEXT: Final = 1024 * 1024
"""A note has 100,000 characters at the most; in Devanagari, in the body of a form, each is nine."""
NEEDED: Final = N_("choose a PDF, or a picture of the paper (JPEG, PNG, TIFF)")


def add_to(files: Blueprint) -> None:
    """Add the pages to the blueprint."""
    files.add_url_rule("/papers/<uuid:paper>", "paper", paper)
    files.add_url_rule("/on/<uuid:file>/sheet.pdf", "sheet", sheet)
    files.add_url_rule("/on/<uuid:file>/paper", "add_paper", add_paper, methods=["POST"])


def widen(endpoint: str | None, _: Any) -> None:
    """Let papers, and long texts, come in where there is a field for them; before the form is
    read."""
    if endpoint in _WITH_PAPERS:
        request.max_content_length = MOST
    elif endpoint in _WITH_TEXTS:
        request.max_content_length = request.max_form_memory_size = _TEXT


@door("officer", "supervisor")
def paper(paper: UUID) -> Response:
    """A paper's bytes, with the headers that the e-office gives it; ``?save=1`` saves it."""
    key = str(paper)
    told = common.call("paper", id=key)
    first = common.call("paper_content", _WAIT_S, id=key, start=0, length=_PART)
    looked_at([f"paper:{key}"], Reason.HANDLES)
    headers = dict(first["headers"])
    if request.args.get("save") == "1" and "Content-Disposition" not in headers:
        headers["Content-Disposition"] = f'attachment; filename="{key}.pdf"'
    headers.setdefault("Content-Disposition", "inline")
    headers["X-Paper-Pages"] = str(told["pages"])
    # A paper may have 200 MB: it goes out as it comes, a part at a time. Where one cannot be had,
    # the answer breaks off, and is shorter than it says.
    headers["Content-Length"] = str(told["size"])
    return as_told(headers, _parts(key, first, copy_context()))


def _parts(key: str, first: dict[str, Any], context: Context) -> Iterator[bytes]:
    """Its bytes. They are asked for when the request is over: so in its ``context``, a copy."""
    yield base64.b64decode(first["content_base64"])
    after = first["next"]
    while after is not None:
        asked = {"id": key, "start": after, "length": _PART}
        part = context.run(common.call, "paper_content", _WAIT_S, **asked)
        after = part["next"]
        yield base64.b64decode(part["content_base64"])


@door("officer", "supervisor")
def sheet(file: UUID) -> Response:
    """The note sheet as PDF/A."""
    return pdf(common.call("note_sheet_pdf", _WAIT_S, id=str(file), language=current()))


def pdf(told: dict[str, Any]) -> Response:
    """A PDF that a method has answered with, shown."""
    return download(told["file"], "application/pdf", told["content_base64"], shown=True)


@door("officer", "supervisor")
def add_paper(file: UUID) -> Any:
    """Put a paper into the correspondence."""
    given: dict[str, Any] = {"title": common.typed("title", 500)}
    given |= {"kind": "note"} if request.form.get("kind") == "note" else {}
    try:
        kept = keep(request.files.get("paper"), common.typed("paper_id", 40))
        if kept is None:
            raise Invalid("there is no paper", {"paper": [NEEDED]})
        common.call(
            "add_paper", id=common.typed("step", 40), file_id=str(file), paper_id=kept, **given
        )
    except PalikaError as error:
        shows_nobody()
        return one.shown({"id": str(file)}, refused=error, form="paper")
    number = one.number_of(file)
    return redirect(url_for("files.file", number=number, told="paper", _anchor="papers"), 303)


def keep(given: FileStorage | None, key: str) -> str | None:
    """Give an uploaded paper to the e-office; its id. None: none was chosen.

    Raises:
        Invalid: the field and the rule that the paper breaks.
    """
    if given is None or not given.filename:
        return None
    pieces = []
    while content := given.stream.read(_PIECE):
        told = common.call(
            "upload_piece", _WAIT_S, content_base64=base64.b64encode(content).decode()
        )
        pieces.append(told["piece"])
    if not pieces:
        raise Invalid("the paper is empty", {"paper": [NEEDED]})
    try:
        common.call("keep_paper", _WAIT_S, id=key, name=given.filename[-200:], pieces=pieces)
    except NotFound as error:
        raise Invalid("the paper was not kept", {"paper": [str(error.message)]}) from error
    except Invalid as error:
        told = refusal(error, dict.fromkeys(error.fields, "paper"), "paper")
        raise Invalid("the paper is not taken", told.errors) from error
    return key
