"""The desk: what lies there, what it has sent, put aside and begun, and the receipts."""

from typing import Any, Final

from flask import Blueprint, Response, request

from services.portal.accounts.doors import door
from services.portal.accounts.looks import looked_at_all
from services.portal.asking import Part, Question
from services.portal.domain.reads import Reason
from services.portal.files import common
from services.portal.pages.words import N_
from services.portal.rooms import page

TABS: Final = (
    ("inbox", N_("Inbox")),
    ("asked", N_("Asked of me")),
    ("dak", N_("Receipts (DAK)")),
    ("drafts", N_("My yellow notes")),
    ("sent", N_("Sent")),
    ("parked", N_("Parked")),
    ("unsent", N_("Letters not sent")),
)
"""The lists of a desk, by the name in their address."""
_COUNT: Final = {"inbox": "inbox", "asked": "marked", "parked": "parked", "unsent": "unsent"}
_METHODS: Final = {
    "asked": "marked",
    "sent": "sent",
    "parked": "parked",
    "unsent": "unsent_letters",
}
_PAGE: Final = 50
TOLD: Final = {
    "put_up": N_("File %(number)s is put up."),
    "forward": N_("File %(number)s is forwarded."),
    "send_back": N_("File %(number)s is sent back."),
    "follow_route": N_("File %(number)s has gone on along its route."),
    "park": N_("File %(number)s is parked."),
    "close": N_("File %(number)s is closed."),
    "routed": N_("File %(number)s has gone to who may approve it."),
    "return_with_amount": N_("File %(number)s is returned with the amount."),
    "send_receipt": N_("Receipt %(number)s is sent."),
    "close_receipt": N_("Receipt %(number)s is closed."),
}
"""What is said on the desk after a step that leads there, by its name."""


def add_to(files: Blueprint) -> None:
    """Add the page to the blueprint."""
    files.add_url_rule("/", "desk", desk)


@door("officer", "supervisor")
def desk() -> Response:
    """One of the lists, with the counts of all."""
    tab = request.args.get("tab", "inbox")
    if tab not in dict(TABS):
        tab = "inbox"
    parts = common.ask(counts=common.question("desk"), items=_asked(tab), forms=common.forms())
    items = parts["items"]
    found = items.value["items"] if not items.missing else []
    if tab == "drafts" and found:
        found = _with_files(found)
    _look(tab, items, found)
    status = 503 if items.away else 200
    return page(
        "files/desk.html",
        status,
        tab=tab,
        tabs=TABS,
        count_of=_COUNT,
        parts=parts,
        items=found,
        next=items.value.get("next") if not items.missing else None,
        posts=common.posts_in(found),
        told=TOLD.get(request.args.get("told", "")),
        asked_for=request.args,
    )


def _asked(tab: str) -> Question:
    given: dict[str, Any] = {"limit": _PAGE}
    if cursor := request.args.get("cursor", "")[:600]:
        given["cursor"] = cursor
    if tab == "inbox":
        show = request.args.get("show", "")
        given |= {"unseen": {"unseen": True}, "overdue": {"overdue": True}}.get(show, {})
        if show in ("urgent", "most_urgent"):
            given["priority"] = show
        return common.question("inbox", **given)
    if tab == "drafts":
        return common.question("drafts", **given)
    if tab == "dak":
        return common.question("receipts", **given, **_of_dak())
    return common.question(_METHODS[tab], **given)


def _of_dak() -> dict[str, Any]:
    """The filters of the list of receipts; those on this desk, unless the registry's are asked."""
    show = request.args.get("show", "mine")
    if show == "diarised":
        return {}
    if show == "overdue":
        return {"overdue": True}
    if show == "follow_up":
        return {"held_by": common.own_post(), "follow_up": True}
    return {"held_by": common.own_post(), "status": "open"}


def _with_files(drafts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Yellow notes, each with the file that it is of."""
    ids = list(dict.fromkeys(each["file_id"] for each in drafts))[:_PAGE]
    asked = {f"f{place}": common.question("get", id=key) for place, key in enumerate(ids)}
    told = common.ask(**asked)
    known = {key: told[f"f{place}"].value for place, key in enumerate(ids)}
    return [each | {"file": known.get(each["file_id"])} for each in drafts]


def _look(tab: str, items: Part, found: list[dict[str, Any]]) -> None:
    """Write down whose letters are on the list."""
    if tab not in ("dak", "unsent") or items.missing:
        return
    kind, name = ("receipt", "number") if tab == "dak" else ("file", "file_number")
    looked_at_all([f"{kind}:{each[name]}" for each in found], Reason.HANDLES)
