"""A new file."""

from typing import Any, Final

from flask import Blueprint, redirect, request, url_for

from palika.errors import PalikaError
from services.portal.accounts.doors import door
from services.portal.files import common
from services.portal.pages.languages import current
from services.portal.rooms import page

_FIELDS: Final = ("subject", "department", "section", "head", "language", "secrecy", "priority")


def add_to(files: Blueprint) -> None:
    """Add the page to the blueprint."""
    files.add_url_rule("/new", "new", new, methods=["GET", "POST"])


@door("officer", "supervisor")
def new() -> Any:
    """Subject, head, department; the number is the service's."""
    if request.method == "GET":
        return _page(200, {"language": current(), "head": "general", "step": common.new_id()})
    given: dict[str, Any] = common.said(*_FIELDS, "due_on")
    if not given.get("section"):
        given.pop("section", None)
    if common.typed("public"):
        given["public"] = True
    try:
        made = common.call("open_file", id=common.typed("step"), **given)
    except PalikaError as error:
        told = common.refused(error)
        return _page(told.status, request.form, errors=told.errors)
    return redirect(url_for("files.file", number=made["number"], told="opened"), 303)


def _page(status: int, values: Any, **more: Any) -> Any:
    part = common.ask(forms=common.forms())["forms"]
    if part.missing:
        return page("files/new.html", 503, values=values, forms=None, **more)
    if not values.get("department"):
        told = part.value
        values = {**values, "department": told["department"], "section": told["section"] or ""}
    return page("files/new.html", status, values=values, forms=part.value, **more)
