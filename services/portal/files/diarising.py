"""What comes in is diarised, with its paper."""

from typing import Any, Final

from flask import Blueprint, redirect, request, url_for

from palika.errors import PalikaError
from services.portal.accounts.doors import door
from services.portal.accounts.looks import shows_nobody
from services.portal.files import common
from services.portal.files.papers import keep
from services.portal.pages.languages import current
from services.portal.rooms import page

_FIELDS: Final = (
    *("medium", "sender_name", "sender_address", "sender_phone", "sender_email", "sender_kind"),
    *("ref", "dated", "received_on", "subject", "category", "secrecy", "priority", "due_on"),
    "remark",
)


def add_to(files: Blueprint) -> None:
    """Add the page to the blueprint."""
    files.add_url_rule("/dak/new", "diarise", diarise, methods=["GET", "POST"])


@door("officer", "supervisor")
def diarise() -> Any:
    """The letter, whom it is from, and its scan; the diary number is the service's."""
    if request.method == "GET":
        fresh = {"step": common.new_id(), "paper_id": common.new_id()}
        return _page(
            200, {**fresh, "receipt_language": current(), "medium": "letter", "category": "general"}
        )
    given: dict[str, Any] = common.said(*_FIELDS)
    given["language"] = common.typed("receipt_language", 2) or current()
    if request.form.get("vip"):
        given["vip"] = True
    values: dict[str, Any] = dict(request.form)
    try:
        kept = keep(request.files.get("paper"), common.typed("paper_id", 40))
        kept = kept or common.typed("kept", 40) or None
        if kept:
            # It is there already, if what was typed beside it has a mistake.
            values["kept"] = kept
            given["papers"] = [kept]
        made = common.call("diarise", 30.0, id=common.typed("step", 40), **given)
    except PalikaError as error:
        shows_nobody()
        told = common.refused(error)
        return _page(told.status, values, errors=told.errors)
    done = "alike" if made["alike"] else "diarised"
    return redirect(url_for("files.receipt", receipt=made["id"], told=done), 303)


def _page(status: int, values: Any, **more: Any) -> Any:
    part = common.ask(forms=common.forms())["forms"]
    status = 503 if part.missing else status
    return page("files/diarise.html", status, values=values, forms=part.value, **more)
