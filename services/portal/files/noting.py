"""The note editor: a yellow note is saved as it is being written, and confirmed."""

from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, jsonify, request, url_for
from flask import redirect as lead

from palika.errors import Conflict, NotFound, PalikaError
from services.portal.accounts.doors import door
from services.portal.files import common, one
from services.portal.pages.formats import moment
from services.portal.pages.rules import rule
from services.portal.pages.words import N_, gettext

LONGEST: Final = 100_000
SAVED: Final = N_("Saved %(moment)s")


def add_to(files: Blueprint) -> None:
    """Add what is sent to the blueprint."""
    at = "/on/<uuid:file>"
    files.add_url_rule(f"{at}/note", "note", note, methods=["POST"])
    files.add_url_rule(f"{at}/autosave", "autosave", autosave, methods=["POST"])
    files.add_url_rule(f"{at}/take-back", "take_back", take_back, methods=["POST"])
    files.add_url_rule(f"{at}/sign", "sign", sign, methods=["POST"])


@door("officer", "supervisor")
def note(file: UUID) -> Any:
    """Save the yellow note, confirm it, or throw it away: as the button says."""
    asked = request.form.get("do", "save")
    try:
        if asked == "discard":
            version = _version()
            given = {} if version is None else {"version": version}
            common.call("discard_draft", id=common.typed("draft"), **given, step=_step())
            return _back(file, "discarded")
        saved = _save(file)
        if asked == "confirm":
            common.call("confirm_note", id=saved["id"], version=saved["version"], step=_step())
            return _back(file, "confirmed")
    except PalikaError as error:
        if asked != "discard" and _is_green(file, error):
            # A second click: the first one has done it.
            return _back(file, "confirmed")
        return refused(file, error)
    return _back(file, "saved")


def _is_green(file: UUID, error: PalikaError) -> bool:
    """Whether the very text that was sent is a green note by now."""
    if not isinstance(error, Conflict) or "number" not in error.details:
        return False
    text = request.form.get("markup", "").replace("\r\n", "\n")
    notes = common.call("note_sheet", id=str(file))["notes"]
    return (common.typed("draft"), text) in {(each["id"], each["markup"]) for each in notes}


def refused(file: UUID, error: PalikaError) -> Response:
    """The file's page with what was typed, and the other text where two were written at once."""
    return one.shown({"id": str(file)}, refused=error, form="note", other=_other(error))


@door("officer", "supervisor")
def autosave(file: UUID) -> Response:
    """Save it as it is, for the script of the page; what differs is told with both texts."""
    try:
        saved = _save(file)
    except PalikaError as error:
        refusal = common.refused(error)
        lines = [rule(each) for rules in refusal.errors.values() for each in rules]
        told: dict[str, Any] = {"code": error.code, "lines": lines}
        if other := _other(error):
            told["other"] = other
        answer = jsonify(told)
        answer.status_code = refusal.status
    else:
        answer = jsonify(
            version=saved["version"],
            said=gettext(SAVED, moment=moment(saved["saved_at"])),
            html=str(one.linked(saved["html"], str(file), [])),
        )
    answer.headers["Cache-Control"] = "no-store"
    return answer


@door("officer", "supervisor")
def take_back(file: UUID) -> Any:
    """Make a green note yellow again."""
    ids = {"id": common.typed("note"), "draft_id": common.typed("draft")}
    try:
        common.call("take_back_note", **ids, step=_step())
    except PalikaError as error:
        return one.shown({"id": str(file)}, refused=error)
    return _back(file, "taken_back")


@door("officer", "supervisor")
def sign(file: UUID) -> Any:
    """Sign one's own note or decision with one's own key."""
    try:
        common.call("sign", row=common.typed("row", 200), id=_step())
    except PalikaError as error:
        return one.shown({"id": str(file)}, refused=error)
    return _back(file, "sign")


def confirm_with(draft: str, version: str) -> None:
    """Confirm a yellow note on the way, since its file is sent.

    Raises:
        PalikaError: it is not confirmed, and nothing is to be sent.
    """
    given = {"version": int(version)} if version.isascii() and version.isdigit() else {}
    common.call("confirm_note", id=draft, **given)


def _save(file: UUID) -> Any:
    version = _version()
    given: dict[str, Any] = {} if version is None else {"version": version}
    if whose := common.typed("for_post", 100):
        given["for_post"] = whose
    # A browser sends lines with a carriage return; the text is compared, so it is written one way.
    text = request.form.get("markup", "").replace("\r\n", "\n")
    language = common.typed("note_language", 2) or "mr"
    return common.call(
        "save_draft",
        id=common.typed("draft"),
        file_id=str(file),
        markup=text,
        language=language,
        **given,
    )


def _other(error: PalikaError) -> dict[str, Any] | None:
    """The text that was saved meanwhile, if that is why one's own was not."""
    if not isinstance(error, Conflict) or "saved_at" not in error.details:
        return None
    try:
        found = common.call("draft", id=common.typed("draft"))
    except (NotFound, PalikaError):
        return None
    return {
        "markup": found["markup"],
        "version": found["version"],
        "moment": moment(found["saved_at"]),
        "post": common.posts_in(found).get(found["by_post"], found["by_post"]),
    }


def _version() -> int | None:
    text = request.form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _step() -> str:
    return common.typed("step", 40)


def _back(file: UUID, told: str) -> Any:
    place = "sheet-end"
    number = one.number_of(file)
    return lead(url_for("files.file", number=number, told=told, _anchor=place), 303)
