"""The screen on the wall of the war room: the city at a glance, read from across a room.

It is one page, whose scenes follow each other: with scripts by themselves, asking anew every 15
seconds; without, the page loads itself again, each time with the next scene.
"""

import json
from typing import Any, Final

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for

from palika.errors import Invalid
from services.portal.accounts import cookies
from services.portal.accounts.doors import door
from services.portal.accounts.parts import parts
from services.portal.accounts.present import who
from services.portal.domain.scopes import LONGEST, WALL, is_token
from services.portal.pages.formats import PARTS_OF_DAY, digits
from services.portal.pages.words import N_, gettext
from services.portal.queries.signed_in import token_holder
from services.portal.rooms import EMPTY, ask, at, department_name, page, post_names
from services.portal.wall import summary

_NO_TOKEN: Final = N_("is no token of the city's, or it is over")
_NOT_THE_WALL: Final = N_("is not good for wall:read")
_FOR_MORE: Final = N_("is good for more than wall:read: a wall's token has no other scope")
_FOR_NOBODY: Final = N_("acts for no post: a wall needs one that does")


def add_to(wall: Blueprint) -> None:
    """Add the pages to the blueprint."""
    wall.add_url_rule("/wall", "screen", screen)
    wall.add_url_rule("/wall/data", "data", data)
    wall.add_url_rule("/wall/set-up", "set_up", set_up, methods=["GET", "POST"])


@door("officer", "supervisor", scope=WALL)
def screen() -> Response:
    """The page, with one of its scenes to be seen."""
    asked = request.args.get("scene", "0")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 4 else 0
    told = _told()
    count = sum(map(len, told["groups"].values()))
    return page("wall/screen.html", **told, shown=number % count, following=(number + 1) % count)


@door("officer", "supervisor", scope=WALL)
def data() -> Response:
    """The scenes as they are now, for the page's script: each group's HTML, or that it is away."""
    told = _told()
    review = told["review"]
    groups = [
        {
            "id": name,
            "away": summary.is_away(group),
            "html": render_template("wall/group.html", **told, group=group, name=name),
        }
        for name, group in told["groups"].items()
    ]
    answer = jsonify(
        at=told["now"].isoformat(),
        groups=groups,
        review=render_template("wall/review.html", **told),
        starts_at=review["starts_at"].isoformat() if review and not review["sitting"] else None,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


@door("anonymous")
def set_up() -> Any:
    """Give the browser of a screen a token that opens the wall alone: it stays for as long as that
    is good, and nobody's own session hangs on a wall."""
    if request.method == "GET":
        return page("wall/set_up.html")
    token = request.form.get("token", "").strip()
    try:
        _check(token)
    except Invalid as error:
        return page("wall/set_up.html", 400, errors=error.fields)
    cookies.put(cookies.WALL, token, lasting=LONGEST)
    return redirect(url_for("wall.screen"), 303)


def _check(token: str) -> None:
    """Raises Invalid: a wall cannot be shown by this token."""
    here = parts()
    found = None
    if is_token(token):
        with here.store.begin() as session:
            found = token_holder(session, here.keeping, token, here.now())
            scopes = frozenset(found[0].scopes) if found else frozenset()
    if found is None:
        raise Invalid("no token", {"token": [_NO_TOKEN if token else EMPTY]})
    if WALL not in scopes:
        raise Invalid("it is for something else", {"token": [_NOT_THE_WALL]})
    if scopes != {WALL}:
        raise Invalid("it is for more", {"token": [_FOR_MORE]})
    if found[1] is None:
        raise Invalid("it is nobody's", {"token": [_FOR_NOBODY]})


def _told() -> dict[str, Any]:
    now = summary.now()
    answers = ask(summary.DEADLINE_S, **summary.questions(now))
    groups = summary.scenes(answers)
    posts = {
        each["post"] for scene in groups["actions"] if scene.data for each in scene.data["items"]
    }
    review = summary.next_review(answers, now)
    return {
        "now": now,
        "groups": groups,
        "posts": post_names(posts),
        "review": review,
        "review_away": answers["scheduled"].missing,
        "left": left(review["starts_at"] - now) if review else "",
        "by_token": who().scopes is not None,
        "at": at,
        "parts_of_day": json.dumps(PARTS_OF_DAY),
        "department_name": department_name,
    }


def left(length: Any) -> str:
    """How long it is until something, in words: days and hours, or hours and minutes."""
    minutes = max(int(length.total_seconds() // 60), 0)
    days, hours, minutes = minutes // 1_440, minutes // 60 % 24, minutes % 60
    if days:
        return gettext("in %(days)s d %(hours)s h", days=digits(days), hours=digits(hours))
    return gettext("in %(hours)s h %(minutes)s min", hours=digits(hours), minutes=digits(minutes))
