"""Grievances: searched and filtered, kept as views, taken along as a file for spreadsheets."""

import csv
import io
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, redirect, request, url_for

from palika.errors import Invalid, PalikaError
from services.portal.accounts import door, looked_at_all, who
from services.portal.accounts.looks import of_grievance
from services.portal.accounts.parts import parts
from services.portal.asking import Question
from services.portal.citizen.filing import wards
from services.portal.citizen.kinds import kinds
from services.portal.desk import rows, terms
from services.portal.desk.acts import BULK
from services.portal.desk.places import departments, names
from services.portal.domain.reads import Reason
from services.portal.errors import problem
from services.portal.pages.languages import current
from services.portal.pages.words import N_, gettext
from services.portal.rooms import EMPTY, ask, download, page, refusal, services

_PAGE: Final = 50
_VIEWS: Final = Question("grievance", "views")
_PIECE: Final = 1_000
_EXPORTED: Final = 5_000
_ONE_OF: Final = ("ward", "department", "category", "status", "timing", "officer")
_FINER: Final = ("ward", "department", "category", "status", "timing")
_TIMINGS: Final = (
    ("overdue", N_("Late")),
    ("due_soon", N_("Due soon")),
    ("breached", N_("Not in time, whatever became of it")),
)
_ORDERS: Final = (
    ("due", N_("What is due first")),
    ("newest", N_("The newest first")),
    ("oldest", N_("The oldest first")),
)
OPEN: Final = ("filed", "acknowledged", "assigned", "in_progress", "waiting")
_TOO_LARGE: Final = N_("more than %(most)s rows: narrow the list down first")


def add_to(desk: Blueprint) -> None:
    """Add the pages to the blueprint."""
    desk.add_url_rule("/grievances", "grievances", grievances)
    desk.add_url_rule("/grievances.csv", "export", export)
    desk.add_url_rule("/views", "save_view", save_view, methods=["POST"])
    desk.add_url_rule("/views", "views", views)
    desk.add_url_rule("/views/<uuid:key>/remove", "remove_view", remove_view, methods=["POST"])


@door("officer", "supervisor")
def grievances() -> Response:
    """A list."""
    return listed()


@door("officer", "supervisor")
def views() -> Any:
    """Where the form for a view was sent to, the page is loaded again."""
    return redirect(url_for("desk.grievances"), 303)


@door("officer", "supervisor")
def export() -> Response:
    """The list as a file that spreadsheets open.

    Raises:
        Invalid: it is too long.
    """
    filters, _ = _chosen()
    text, cursor = [], None
    with services() as city:
        while True:
            given = {**filters, "language": current(), "limit": _PIECE}
            piece = city.grievance.export(**given, **({"cursor": cursor} if cursor else {}))
            text.append(piece["text"])
            cursor = piece["next"]
            if cursor is None:
                break
            if len(text) * _PIECE >= _EXPORTED:
                rule = gettext(_TOO_LARGE, most=_EXPORTED)
                raise Invalid("too many rows", {gettext("List"): [rule]})
    whole = "".join(text)
    looked_at_all(_numbers(whole), Reason.SEARCH)
    return download("grievances.csv", "text/csv; charset=utf-8", whole.encode())


@door("officer", "supervisor")
def save_view() -> Any:
    """Keep the filters of a list under a name."""
    typed = request.form
    post = who().post
    assert post is not None
    given = {
        "name": typed.get("view-name", "")[:100].strip(),
        "filters": _filters(typed),
        "shared": typed.get("view-shared") == "yes",
        "department": post.department,
    }
    if not given["name"]:
        return listed(400, typed, errors={"view-name": [EMPTY]})
    try:
        with services() as city:
            made = city.grievance.save_view(**given)
    except PalikaError as error:
        told = refusal(error, {"name": "view-name"}, only=True)
        return listed(told.status, typed, errors=told.errors)
    return redirect(url_for("desk.grievances", view=made["id"]), 303)


@door("officer", "supervisor")
def remove_view(key: UUID) -> Any:
    """Take one of one's own away."""
    try:
        with services() as city:
            city.grievance.delete_view(id=str(key))
    except PalikaError as error:
        told = refusal(error)
        return listed(told.status, errors=told.errors)
    return redirect(url_for("desk.grievances"), 303)


def listed(status: int = 200, typed: Mapping[str, str] | None = None, **values: Any) -> Response:
    """The list with what else is to be said; ``typed`` are filters of a form that was sent."""
    filters, view = (_filters(typed), None) if typed is not None else _chosen()
    cursor = request.args.get("from", "")[:300] or None
    away = False
    errors: dict[str, Any] = dict(values.pop("errors", {}))
    asked = {**filters, "limit": _PAGE, **({"cursor": cursor} if cursor else {})}
    without = {name: each for name, each in filters.items() if name != "order"}
    told = ask(
        saved=_VIEWS,
        found=Question("grievance", "list", asked),
        count=Question("grievance", "count", without),
    )
    error = next((part.error for part in told.values() if part.error is not None), None)
    if isinstance(error, Invalid):
        named = {name: name for name in (*_ONE_OF, "text")}
        errors = {**refusal(error, named, only=True).errors, **errors}
        status = 400 if status == 200 else status
    elif error is not None:
        away = True
        status = problem(error).status if status == 200 else status
    saved = [] if told["saved"].missing else told["saved"].value["items"]
    found = None if error else told["found"].value
    count = None if error else told["count"].value
    items = [] if found is None else found["items"]
    looked_at_all([one for each in items for one in of_grievance(each)], Reason.SEARCH)
    called, now = names(), parts().now()
    return page(
        "desk/grievances.html",
        status,
        rows=[(each, rows.of_grievance(each, called, now)) for each in items],
        next=None if found is None else found["next"],
        count=count,
        filters=filters,
        kept=_query(filters, view),
        finer=any(name in filters for name in _FINER) or view is not None,
        view=view,
        views=[each | {"mine": each["owner"] == who().identity.subject} for each in saved],
        away=away,
        errors=errors,
        values=typed if typed is not None else {},
        acts=[(name, gettext(act.words)) for name, act in BULK.items()],
        choices=_choices(),
        **values,
    )


def _chosen() -> tuple[dict[str, Any], dict[str, Any] | None]:
    """The filters of the list, and the view that they are from, if they are.

    Raises:
        PalikaError: the view cannot be had now.
    """
    key = request.args.get("view", "")
    if not key:
        return _filters(request.args), None
    known = ask(views=_VIEWS)["views"]
    if known.error is not None:
        raise known.error
    view = next((each for each in known.value["items"] if each["id"] == key), None)
    if view is None:
        return _filters(request.args), None
    return {"order": "newest", **view["filters"]}, view


def _filters(given: Mapping[str, str]) -> dict[str, Any]:
    """Filters as the service takes them, of a form or of an address."""
    found: dict[str, Any] = {name: given[name][:100] for name in _ONE_OF if given.get(name)}
    if given.get("text", "").strip():
        found["text"] = given["text"][:500].strip()
    whose = given.get("whose", "")
    if whose == "mine":
        post = who().post
        found["officer"] = post.code if post else ""
    elif whose == "nobody":
        found["unassigned"] = True
    # A state says by itself whether it is open; of words all that have them are asked for.
    is_open = given.get("open", "no" if "text" in found else "yes") == "yes"
    if "status" not in found and is_open:
        found["open"] = True
    runs = found.get("open") or found.get("status") in OPEN
    order = given.get("order", "")
    found["order"] = order if order in dict(_ORDERS) else "due"
    if found["order"] == "due" and not runs:
        found["order"] = "newest"
    return found


def _query(filters: Mapping[str, Any], view: Mapping[str, Any] | None) -> dict[str, str]:
    """What an address of this list has in it."""
    if view is not None:
        return {"view": view["id"]}
    found = {name: str(filters[name]) for name in (*_ONE_OF, "text", "order") if name in filters}
    if filters.get("unassigned"):
        found["whose"] = "nobody"
    found["open"] = "yes" if filters.get("open") else "no"
    return found


def _choices() -> dict[str, list[tuple[str, str]]]:
    try:
        categories = [(each["service_code"], each["service_name"]) for each in kinds()]
    except PalikaError:
        categories = []
    return {
        "ward": wards(),
        "department": departments(),
        "category": categories,
        "status": terms.states(),
        "timing": [(code, gettext(words)) for code, words in _TIMINGS],
        "order": [(code, gettext(words)) for code, words in _ORDERS],
    }


def _numbers(text: str) -> list[str]:
    """The grievances of an export: its first column."""
    lines = csv.reader(io.StringIO(text.lstrip("\ufeff")))
    next(lines, None)
    return [f"grievance:{line[0]}" for line in lines if line and line[0]]
