"""What all pages of the counter share: the session that is open stands on each of them."""

from collections.abc import Mapping
from typing import Any, Final

from flask import Response

from palika.errors import Forbidden, PalikaError
from services.portal import rooms
from services.portal.accounts import who
from services.portal.pages.formats import moment_in
from services.portal.pages.languages import current
from services.portal.pages.words import N_, gettext
from services.portal.rooms import post_names, refusal, services

_MODES: Final = {"cash": N_("Cash"), "cheque": N_("Cheque")}
_STATES: Final = {
    "open": (N_("In session"), "good"),
    "counted": (N_("Counted, to be closed"), "warning"),
    "closed": (N_("Closed"), ""),
}


def mine() -> dict[str, Any]:
    """The session of who is signed in, if one is open, and what a counter goes by.

    Raises:
        Forbidden: the service says that they have nothing to do with counters.
        PalikaError: it cannot be had now.
    """
    with services() as city:
        found: dict[str, Any] = city.tax.my_counter()
    if not found["may"]:
        raise Forbidden("counters are for cashiers, and for who supervises them")
    if found["session"] is not None:
        found["session"] = told(found["session"], found["places"])
    return found


def told(session: Mapping[str, Any], places: list[dict[str, str]]) -> dict[str, Any]:
    """A session for a page."""
    names = {each["code"]: each[current()] for each in places}
    words, kind = _STATES[session["state"]]
    books = session["books"]
    return {
        **session,
        "place_name": names.get(session["place"], session["place"]),
        "opened": moment_in(session["opened_at"]),
        "state_words": gettext(words),
        "state_kind": kind,
        "paise": sum(each["paise"] for each in books.values()),
        "count": sum(each["count"] for each in books.values()),
        "books": [(mode_name(mode), each) for mode, each in books.items()],
        "books_of": {mode: each["paise"] for mode, each in books.items()},
        "is_mine": session["cashier"] == who().identity.subject,
        "cashier_post": session["cashier"].partition(":")[2],
    }


def told_all(sessions: list[dict[str, Any]], places: list[dict[str, str]]) -> list[dict[str, Any]]:
    """Several, with what the posts of their cashiers are called."""
    shown = [told(each, places) for each in sessions]
    names = post_names(each["cashier_post"] for each in shown)
    return [
        {**each, "cashier_post": names.get(each["cashier_post"], each["cashier_post"])}
        for each in shown
    ]


def mode_name(mode: str) -> str:
    """What a way of paying is called."""
    return gettext(_MODES[mode]) if mode in _MODES else mode


def page(name: str, status: int = 200, **values: Any) -> Response:
    """A page of this room, with the session that is open.

    Raises:
        PalikaError: it is not known whether one is.
    """
    here = values.pop("counter", None) or mine()
    beside = {
        "counter": here,
        "session": here["session"],
        "is_cashier": "take" in here["may"],
        "supervises": "supervise" in here["may"],
    }
    return rooms.page(f"counter/{name}.html", status, **{**beside, **values})


def told_of(error: PalikaError, shown_as: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Status and errors for ``page``, of what the service has refused: at the fields of
    ``shown_as``, else of the form."""
    told = refusal(error, shown_as, only=True)
    return {"status": told.status, "errors": told.errors}
