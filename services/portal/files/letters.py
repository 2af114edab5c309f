"""Letters out of a file: drafted, revised, compared, approved, dispatched."""

from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, redirect, request, url_for
from markupsafe import Markup

from palika.errors import PalikaError
from services.portal.accounts.doors import door
from services.portal.accounts.looks import looked_at
from services.portal.domain.reads import Reason
from services.portal.files import common, papers, words
from services.portal.pages.languages import current
from services.portal.pages.words import N_
from services.portal.rooms import page

_TO: Final = ("to_name", "to_address", "to_email", "to_phone")
_WAIT_S: Final = 60.0
TOLD: Final = {
    "drafted": N_("The letter is begun."),
    "revise_letter": N_("The next version is saved."),
    "approve_letter": N_("The letter is approved."),
    "return_letter": N_("The approval is taken back; the letter can be revised."),
    "discard_letter": N_("The letter is given up."),
    "dispatch_letter": N_("The letter has its number and goes out."),
    "routed": N_("The file has gone to who may approve this letter."),
}
"""What is said on a letter's page after a step."""
_STEPS: Final = frozenset(TOLD) - {"drafted", "routed"}


def add_to(files: Blueprint) -> None:
    """Add the pages to the blueprint."""
    both = ["GET", "POST"]
    files.add_url_rule("/on/<uuid:file>/letter", "new_letter", new_letter, methods=both)
    files.add_url_rule("/letters/<uuid:letter>", "letter", letter)
    files.add_url_rule("/letters/<uuid:letter>/pdf", "letter_pdf", letter_pdf)
    files.add_url_rule(
        "/letters/<uuid:letter>/do/<name>", "letter_step", letter_step, methods=["POST"]
    )


@door("officer", "supervisor")
def new_letter(file: UUID) -> Any:
    """Begin a letter: its template, to whom it is; subject and body are the template's at first."""
    values: Any = {
        "step": common.new_id(),
        "letter_language": current(),
        "template": "letter",
    }
    more: dict[str, Any] = {}
    status = 200
    if request.method == "POST":
        values = request.form
        given = common.said("template", *_TO, "subject")
        try:
            made = common.call(
                "draft_letter",
                id=common.typed("step", 40),
                file_id=str(file),
                language=common.typed("letter_language", 2) or current(),
                **given,
            )
        except PalikaError as error:
            status, more = _refused(error)
        else:
            goal = url_for("files.letter", letter=made["id"], told="drafted")
            return redirect(goal, 303)
    found = common.call("get", id=str(file))
    part = common.ask(forms=common.forms())["forms"]
    return page(
        "files/letter_new.html",
        status,
        file=found,
        forms=part.value,
        away=part.missing,
        values=values,
        **more,
    )


@door("officer", "supervisor")
def letter(letter: UUID) -> Response:
    """A letter, its versions and what changed between two of them."""
    return shown(letter)


def shown(letter: UUID, status: int = 200, **more: Any) -> Response:
    """The page of a letter.

    Raises:
        PalikaError: it cannot be read.
    """
    found = common.call("letter", id=str(letter))
    looked_at([f"letter:{letter}"], Reason.HANDLES)
    asked = {"file": common.question("get", id=found["file_id"]), "forms": common.forms()}
    old, new = _compared(found)
    if old:
        asked["changes"] = common.question(
            "letter_difference", id=str(letter), from_version=old, to_version=new
        )
    parts = common.ask(**asked)
    file = parts["file"].value or {"number": "", "subject": "", "legal": []}
    given = {
        "letter": found,
        "file": file,
        "forms": parts["forms"].value,
        "changes": _html(parts["changes"].value) if old and not parts["changes"].missing else None,
        "old": old,
        "new": new,
        "posts": common.posts_in(found),
        "told": TOLD.get(request.args.get("told", "")),
        "values": _as_it_is(found),
        "step": common.new_id(),
    }
    return page("files/letter.html", status, **{**given, **more})


@door("officer", "supervisor")
def letter_pdf(letter: UUID) -> Response:
    """The letter as it went out, or as a draft."""
    answer = papers.pdf(common.call("letter_pdf", _WAIT_S, id=str(letter)))
    looked_at([f"letter:{letter}"], Reason.HANDLES)
    return answer


@door("officer", "supervisor")
def letter_step(letter: UUID, name: str) -> Any:
    """Take a step on the version that was read."""
    if name not in _STEPS:
        return redirect(url_for("files.letter", letter=letter), 303)
    version = common.typed("version", 10)
    given: dict[str, Any] = {
        "id": str(letter),
        "version": int(version) if version.isascii() and version.isdigit() else 0,
        "step": common.typed("step", 40),
    }
    if name == "revise_letter":
        given |= common.said(*_TO, "subject")
        given["body"] = request.form.get("body", "").replace("\r\n", "\n")
    elif name == "dispatch_letter":
        given |= {"channel": common.typed("channel", 20), **common.said("tracking")}
    elif name == "approve_letter" and request.form.get("route") == "yes":
        given["route"] = True
    try:
        answer = common.call(name, _WAIT_S, **given)
    except PalikaError as error:
        status, more = _refused(error)
        if name != "revise_letter":
            more.pop("values", None)
        return shown(letter, status, form=name, **more)
    if answer.get("routed_to"):
        number = common.call("get", id=answer["file_id"])["number"]
        return redirect(url_for("files.desk", told="routed", number=number), 303)
    return redirect(url_for("files.letter", letter=letter, told=name), 303)


def _refused(error: PalikaError) -> tuple[int, dict[str, Any]]:
    """The status of HTTP, and what the page says of a refusal."""
    told = common.refused(error)
    return told.status, {
        "errors": told.errors,
        "route_offered": words.is_for_others(error),
        "values": request.form,
    }


def _compared(found: dict[str, Any]) -> tuple[int, int]:
    """Which two versions are compared: those that are asked for, else the last two."""
    new = _number("new", found["version"], found["version"])
    old = _number("old", new - 1, found["version"])
    return (old, new) if 0 < old < new else (0, 0)


def _number(name: str, otherwise: int, most: int) -> int:
    text = request.args.get(name, "")
    given = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else otherwise
    return given if 0 < given <= most else otherwise


def _html(changes: dict[str, Any]) -> dict[str, Markup]:
    """What changed, by part; the e-office has escaped all that comes from the text."""
    return {
        name: Markup(each["html"])  # noqa: S704 all that comes from data is escaped before
        for name, each in changes.items()
        if isinstance(each, dict) and ("<ins" in each["html"] or "<del" in each["html"])
    }


def _as_it_is(found: dict[str, Any]) -> dict[str, Any]:
    return {name: found[name] or "" for name in (*_TO, "subject", "body")}
