"""Actions that came of reviews: those of one's post, how they stand, that they are done; and what
who leads the review says of it."""

from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, redirect, request, url_for

from palika.errors import PalikaError
from services.portal.accounts.doors import door
from services.portal.accounts.present import who
from services.portal.asking import Question
from services.portal.rooms import (
    ask,
    day_typed,
    one,
    page,
    post_names,
    put_typed,
    refusal,
    services,
    typed,
)
from services.portal.wall import wording

_WITHIN_S: Final = 5.0
_STEPS: Final = ("report", "complete", "answer")
_MOST: Final = 100
_SETTLED: Final = 30
_BEGINS: Final = ("from", "settled_from", "waiting_from")
"""Where each list goes on: the cursors are of different lists. Forms carry them, so that what is
refused is shown on its own page."""
_TOLD: Final = {"report": "reported", "complete": "claimed", "answer": "answered"}
_SHOWN_AS: Final = {"due_on": "new_day"}


def add_to(wall: Blueprint) -> None:
    """Add the pages to the blueprint."""
    wall.add_url_rule("/desk/actions", "actions", actions)
    address = f"/desk/actions/<uuid:key>/<any({', '.join(_STEPS)}):deed>"
    wall.add_url_rule(address, "act", act, methods=["POST"])
    wall.add_url_rule(address, "acted", acted)


@door("officer", "supervisor")
def actions() -> Response:
    """The actions of one's own post; with ``?of=all`` all that are overdue."""
    return shown()


@door("officer", "supervisor")
def acted(key: UUID, deed: str) -> Any:
    """The page that a step is taken on."""
    return redirect(url_for("wall.actions"), 303)


@door("officer", "supervisor")
def act(key: UUID, deed: str) -> Any:
    """Say how it stands, that it is done, or answer what its owner has said."""
    given: dict[str, Any] = {"action_id": str(key)}
    errors: dict[str, list[str]] = {}
    if deed == "report":
        given["status"] = typed("status")
    elif deed == "complete":
        given["evidence"] = typed("evidence")
        if typed("evidence_file"):
            given["evidence_file"] = typed("evidence_file", 100)
        put_typed(given, errors, "done_on", day_typed)
    else:
        given["answer"] = typed("answer", 20)
        if typed("reason"):
            given["reason"] = typed("reason")
        put_typed(given, errors, "due_on", day_typed, "new_day")
    if not errors:
        try:
            with services(_WITHIN_S) as city:
                getattr(city.warroom, f"{deed}_action")(**given)
        except PalikaError as error:
            refused = refusal(
                error, _SHOWN_AS, {"report": "status", "complete": "evidence"}.get(deed, "answer")
            )
            return shown(refused.status, refused.errors, request.form, key)
        return redirect(url_for("wall.actions", of=typed("of", 10), told=_TOLD[deed]), 303)
    return shown(400, errors, request.form, key)


def shown(
    status: int = 200, errors: Any = None, values: Any = None, key: UUID | None = None
) -> Response:
    """The page; with ``errors`` of a form of the action ``key``, and what was typed there."""
    own = who().post
    mine = own.code if own else ""
    of = request.values.get("of", "")[:10]
    asked: dict[str, Any] = {"overdue": True} if of == "all" else {"post": mine or "-"}
    begins = {name: request.values.get(name, "")[:500] for name in _BEGINS}
    questions = {"pending": _listed(asked | {"pending": True}, begins["from"], _MOST)}
    if of != "all":
        settled = asked | {"pending": False}
        questions["settled"] = _listed(settled, begins["settled_from"], _SETTLED)
        questions["waiting"] = _listed({"to_answer": True}, begins["waiting_from"], _MOST)
    told = ask(_WITHIN_S, **questions)
    for each in told.values():
        if each.missing and not each.away:
            one(each)
    lists = {name: {} if part.missing else part.value for name, part in told.items()}
    shown_ones = [each for found in lists.values() for each in found.get("items", ())]
    missing = told["pending"].missing
    return page(
        "wall/actions.html",
        503 if missing and status == 200 else status,
        parts=told,
        lists=lists,
        own=mine,
        of=of,
        carried={"of": of} | begins,
        posts=post_names({each["post"] for each in shown_ones}),
        errors=errors or {},
        values=values or {},
        wrong=str(key) if key else "",
        words=wording,
    )


def _listed(asked: dict[str, Any], cursor: str, most: int) -> Question:
    """A page of actions; without a cursor the first."""
    begins = {"cursor": cursor} if cursor else {}
    return Question("warroom", "actions", {**asked, **begins, "limit": most})
