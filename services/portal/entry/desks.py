"""Where somebody who enters or checks values begins: what is due, and what waits for them."""

from typing import Any, Final

from flask import Blueprint, Response, request

from palika.roles import post_of
from services.portal.accounts.doors import door
from services.portal.accounts.present import who
from services.portal.asking import Question
from services.portal.entry import shown
from services.portal.rooms import ask, one, page, post_names

WITHIN_S: Final = 5.0
_WAITING: Final = 50


def add_to(entry: Blueprint) -> None:
    """Add the page to the blueprint."""
    entry.add_url_rule("/", "start", start)


@door("officer", "supervisor")
def start() -> Response:
    """The departments of one's post with what is due, and what others have entered for it."""
    everywhere = request.args.get("of") == "all"
    to_check = {"to_check": "all" if everywhere else "own", "limit": _WAITING}
    if cursor := request.args.get("from", "")[:400]:
        to_check["cursor"] = cursor
    told = ask(
        WITHIN_S,
        desks=Question("kpi", "desks"),
        waiting=Question("kpi", "batches", to_check),
        mine=Question("kpi", "batches", {"entered_by": who().identity.subject, "limit": 10}),
    )
    part = told["desks"]
    if part.missing and not part.away:
        one(part)
    found: list[dict[str, Any]] = [] if part.missing else part.value["items"]
    waits = told["waiting"]
    if waits.missing and not waits.away:
        one(waits)
    waiting = [] if waits.missing else waits.value["items"]
    return page(
        "entry/start.html",
        503 if part.missing else 200,
        part=part,
        desks=[each for each in found if each["mine"] or everywhere],
        others=sum(not each["mine"] for each in found),
        everywhere=everywhere,
        waits=waits,
        waiting=waiting,
        more=None if waits.missing else waits.value["next"],
        mine=[] if told["mine"].missing else told["mine"].value["items"],
        posts=post_names(post_of(each["entered_by"]) for each in waiting),
        words=shown,
    )
