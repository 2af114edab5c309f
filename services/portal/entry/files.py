"""Templates to fill in, and files that were filled in: all of one, or nothing, and every mistake
of it at once with its row and column."""

import base64
import re
from typing import Any, Final

from flask import Blueprint, Response, redirect, request, url_for
from uuid6 import uuid7

from palika.errors import Invalid, PalikaError
from services.portal.accounts.doors import door
from services.portal.entry import shown
from services.portal.pages.words import N_
from services.portal.rooms import EMPTY, download, file_sent, page, refusal, services, typed

MOST_BYTES: Final = 5_000_000
"""As the KPI service takes it."""
_LARGEST: Final = 3 * MOST_BYTES
"""What is too large is told beside the field; what is larger than this is not read."""
_WITHIN_S: Final = 30.0
_LARGE: Final = N_("must be a file of at most 5 MB")
_CELL: Final = re.compile(r"(?:(?P<sheet>.+), )?row (?P<row>\d+), (?P<column>.+)")
_WITH_FILE: Final = {"entry.upload": _LARGEST, "entry.show": 32 * 1024 * 1024}


def add_to(entry: Blueprint) -> None:
    """Add the pages to the blueprint."""
    address = "/<department>/<period>/template.<any(csv, xlsx):ending>"
    entry.add_url_rule(address, "template", template)
    entry.add_url_rule("/<department>/upload", "upload", upload, methods=["GET", "POST"])


def widen(endpoint: str | None, _: Any) -> None:
    """Let a file come in where there is a field for one; before the form is read."""
    if endpoint in _WITH_FILE:
        request.max_content_length = _WITH_FILE[endpoint]


@door("officer", "supervisor")
def template(department: str, period: str, ending: str) -> Response:
    """A file to fill in, with the values that are there."""
    with services(_WITHIN_S) as city:
        found = city.kpi.template(department=department, period=period, format=ending)
    return download(found["filename"], found["media_type"], found["content_base64"])


@door("officer", "supervisor")
def upload(department: str) -> Any:
    """Bring a filled file in, or only look whether it is right."""
    if request.method == "GET":
        return _page(department)
    sent = file_sent("file", MOST_BYTES)
    if sent is None:
        return _page(department, 400, {"file": [EMPTY]})
    name, content = sent
    if len(content) > MOST_BYTES:
        return _page(department, 400, {"file": [_LARGE]})
    dry = request.form.get("keep") == "look"
    given = {
        "id": typed("id", 40) or None,
        "name": name[-200:],
        "content": base64.b64encode(content).decode(),
        "department": department,
        "note": typed("note", 1_000) or None,
        "dry_run": dry,
        "submit": request.form.get("keep") != "draft",
    }
    try:
        with services(_WITHIN_S) as city:
            made = city.kpi.import_file(**given)
    except Invalid as error:
        return _page(department, 400, *_told(error), name=name)
    except PalikaError as error:
        refused = refusal(error, otherwise="file")
        return _page(department, refused.status, refused.errors, name=name)
    if dry:
        return _page(department, tried=made, name=name)
    told = "entered" if given["submit"] else "draft"
    return redirect(url_for("entry.batch", key=made["id"], told=told), 303)


def _told(error: Invalid) -> tuple[dict[str, list[str]], list[dict[str, Any]]]:
    """What is wrong with the file as a whole, and with its cells."""
    whole: dict[str, list[str]] = {}
    found = []
    for where, rules in error.fields.items():
        said = [rules] if isinstance(rules, str) else [str(each) for each in rules]
        cell = _CELL.fullmatch(where)
        if cell is None:
            whole.setdefault("file", []).extend(said)
        else:
            found.append({**cell.groupdict(), "rules": said})
    return whole, found


def _page(
    department: str,
    status: int = 200,
    errors: dict[str, list[str]] | None = None,
    wrong: list[dict[str, Any]] | None = None,
    **values: Any,
) -> Response:
    given = {"name": "", "tried": None, **values}
    return page(
        "entry/upload.html",
        status,
        department=department,
        errors=errors or {},
        wrong=wrong or [],
        values=request.form,
        fresh=uuid7,
        words=shown,
        **given,
    )
