"""Several files of the inbox at once: forwarded, put up or parked, each by a call of its own."""

from typing import Any, Final

from flask import Blueprint, redirect, request, url_for
from uuid6 import uuid7

from palika.errors import PalikaError
from services.portal.accounts.doors import door
from services.portal.files import common, searching
from services.portal.rooms import page

_STEPS: Final = ("forward", "put_up", "park", "open")
_MOST: Final = 50


def add_to(files: Blueprint) -> None:
    """Add the page to the blueprint."""
    files.add_url_rule("/many", "many", many, methods=["GET", "POST"])


@door("officer", "supervisor")
def many() -> Any:
    """First the files that were marked, each with an id of its own; then what became of each."""
    if request.method == "GET":
        return redirect(url_for("files.desk"), 303)
    ids = list(dict.fromkeys(request.form.getlist("file")))[:_MOST]
    if not ids:
        return redirect(url_for("files.desk"), 303)
    asked = common.ask(**{f"f{n}": common.question("get", id=key) for n, key in enumerate(ids)})
    rows = [
        {"id": key, "file": asked[f"f{n}"].value, "step": _step_of(key)}
        for n, key in enumerate(ids)
    ]
    name = request.form.get("do", "")
    if name not in _STEPS:
        return _page(rows, 200)
    try:
        given = _given(name)
    except PalikaError as error:
        told = common.refused(error)
        return _page(rows, told.status, errors=told.errors)
    for row in rows:
        row["done"], row["lines"] = _take(name, row, given)
    return page("files/many_done.html", rows=rows, taken=name)


def _step_of(key: str) -> str:
    """The id under which this file's step is asked for: made once, and sent back by the page."""
    return request.form.get(f"step-{key}", "")[:40] or str(uuid7())


def _given(name: str) -> dict[str, Any]:
    if name == "park":
        return {"wake_on": common.typed("wake_on", 20), "reason": common.typed("reason")}
    if name == "open":
        return {}
    to = common.typed("to", 300)
    if name == "put_up" and not to:
        return common.said("remark")
    return {"to": searching.post_of(to), **common.said("remark")}


def _take(name: str, row: dict[str, Any], given: dict[str, Any]) -> tuple[bool, list[str]]:
    try:
        common.call(name, id=row["id"], step=row["step"], **given)
    except PalikaError as error:
        return False, [rule for rules in common.refused(error).errors.values() for rule in rules]
    return True, []


def _page(rows: list[dict[str, Any]], status: int, **more: Any) -> Any:
    return page(
        "files/many.html", status, rows=rows, near=searching.near(), values=request.form, **more
    )
