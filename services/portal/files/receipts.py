"""One receipt (DAK): what came, and what is done with it."""

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, redirect, request, url_for

from palika.errors import PalikaError
from palika.text import plain_digits
from services.portal.accounts.doors import door
from services.portal.accounts.looks import looked_at
from services.portal.domain.reads import Reason
from services.portal.files import common, papers, searching
from services.portal.files.searching import post_of
from services.portal.pages.words import N_
from services.portal.rooms import page

_WAIT_S: Final = 60.0
TOLD: Final = {
    "diarised": N_("It is diarised; it is with you."),
    "alike": N_("It is diarised. Look at those below that may be the same letter."),
    "receive_receipt": N_("It is noted that it has come."),
    "pull_back_receipt": N_("It is with you again."),
    "pull_up_receipt": N_("It is with you now."),
    "reopen_receipt": N_("It is taken up again."),
    "follow_up_receipt": N_("The day is noted."),
}
"""What is said on a receipt's page after a step."""
Given = dict[str, Any]


def add_to(files: Blueprint) -> None:
    """Add the pages to the blueprint."""
    files.add_url_rule("/dak/<uuid:receipt>", "receipt", receipt)
    files.add_url_rule("/dak/<uuid:receipt>/slip", "slip", slip)
    files.add_url_rule(
        "/dak/<uuid:receipt>/do/<name>", "receipt_step", receipt_step, methods=["POST"]
    )


@door("officer", "supervisor")
def receipt(receipt: UUID) -> Response:
    """What came, its papers, where it has been, and what may be done with it now."""
    return shown(receipt)


def shown(receipt: UUID, status: int = 200, **more: Any) -> Response:
    """The page of a receipt.

    Raises:
        PalikaError: it cannot be read.
    """
    found = common.call("receipt", id=str(receipt))
    looked_at([f"receipt:{found['number']}"], Reason.HANDLES)
    asked = {"forms": common.forms()}
    if found["file_id"]:
        asked["file"] = common.question("get", id=found["file_id"])
    parts = common.ask(**asked)
    sends = "send_receipt" in found["legal"]
    given = {
        "receipt": found,
        "legal": found["legal"],
        "forms": parts["forms"].value,
        "file": parts["file"].value if "file" in parts else None,
        "posts": common.posts_in(found),
        "near": searching.near() if sends else [],
        "told": TOLD.get(request.args.get("told", "")),
        "step": common.new_id(),
    }
    return page("files/receipt.html", status, **{**given, **more})


@door("officer", "supervisor")
def slip(receipt: UUID) -> Response:
    """The slip for the sender, as PDF/A."""
    told = common.call("acknowledgement_pdf", _WAIT_S, id=str(receipt))
    looked_at([f"receipt:{told['number']}"], Reason.HANDLES)
    return papers.pdf(told)


@door("officer", "supervisor")
def receipt_step(receipt: UUID, name: str) -> Any:
    """Take a step. Sent twice, it is taken once."""
    made = _STEPS.get(name)
    if made is None:
        return redirect(url_for("files.receipt", receipt=receipt), 303)
    given: Given = {"id": str(receipt), "step": common.typed("step", 40)}
    version = common.typed("receipt_version", 10)
    if version.isascii() and version.isdigit():
        given["version"] = int(version)
    try:
        answer = common.call(name, **{**given, **made()})
    except PalikaError as error:
        told = common.refused(error)
        return shown(receipt, told.status, errors=told.errors, values=request.form, form=name)
    if name in ("put_in_file", "start_file"):
        done = "opened" if name == "start_file" else name
        return redirect(url_for("files.file", number=answer["file"]["number"], told=done), 303)
    if name in ("send_receipt", "close_receipt"):
        return redirect(url_for("files.desk", tab="dak", told=name, number=answer["number"]), 303)
    return redirect(url_for("files.receipt", receipt=receipt, told=name), 303)


def _send() -> Given:
    return {"to": post_of(common.typed("to", 300)), **common.said("remark")}


def _remark() -> Given:
    return common.said("remark")


def _reason() -> Given:
    return {"remark": common.typed("remark")}


def _follow() -> Given:
    return {"on": common.typed("on", 20) or None}


def _put() -> Given:
    return {"file_number": plain_digits(common.typed("file_number", 100)).upper()}


def _start() -> Given:
    return {"file_id": common.typed("new_file", 40), **common.said("subject", "head")}


_STEPS: Final[Mapping[str, Callable[[], Given]]] = {
    "send_receipt": _send,
    "receive_receipt": dict,
    "pull_back_receipt": _remark,
    "pull_up_receipt": _remark,
    "put_in_file": _put,
    "start_file": _start,
    "close_receipt": _reason,
    "reopen_receipt": _reason,
    "follow_up_receipt": _follow,
}
