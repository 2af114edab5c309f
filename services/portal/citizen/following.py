"""Following a grievance: by the token of its filing or, signed in, by its number; rating the work,
opening it again, answering what the office asks, adding a photograph."""

import base64
import re
from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Response, redirect, request, url_for

from palika.auth import ANONYMOUS, Identity
from palika.errors import Conflict, Invalid, NotFound, Unavailable
from palika.text import is_blank, plain_digits
from services.portal.accounts.doors import door
from services.portal.accounts.numbers import by_whatsapp_if_known
from services.portal.accounts.present import who
from services.portal.asking import DEADLINE_S
from services.portal.citizen import shown
from services.portal.citizen.filing import attach, read_photo
from services.portal.errors import TooMany
from services.portal.pages.formats import moment_in
from services.portal.pages.words import N_, gettext
from services.portal.rooms import CHOOSE, EMPTY, NOT_NOW, as_told, page, refusal, services

_NUMBER: Final = re.compile(r"[A-Z]{1,10}-\d{4}-\d{1,12}")
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{10,100}")
_NONE: Final = N_("no grievance has this token; look again, each letter counts")
_MEANWHILE: Final = N_("It has changed meanwhile; this is how it stands now.")
_PAGE: Final = 50
_NOTE: Final = 2_000


def add_to(citizen: Blueprint) -> None:
    """Add the pages to the blueprint."""
    # Whoever shortens an address comes to where grievances begin.
    citizen.add_url_rule("/", "begin", begin)
    citizen.add_url_rule("/follow", "ask", ask, methods=["GET", "POST"])
    citizen.add_url_rule("/follow/<key>", "follow", follow)
    for name in ("rate", "reopen", "answer", "photo"):
        view = {"rate": rate, "reopen": reopen, "answer": answer, "photo": photo}[name]
        citizen.add_url_rule(f"/follow/<key>/{name}", name, view, methods=["POST"])
    # Where a form was sent to, the language is switched and the page loaded again.
    steps = "/follow/<key>/<any(rate, reopen, answer, photo):step>"
    citizen.add_url_rule(steps, "back", back)
    citizen.add_url_rule("/follow/<key>/pictures/<uuid:picture>", "picture", picture)
    citizen.add_url_rule("/mine", "mine", mine)
    citizen.add_url_rule("/mine/<key>", "look", look)


@door("anonymous")
def begin() -> Any:
    """Where a grievance is followed, and a new one begun."""
    return redirect(url_for("citizen.ask"))


@door("anonymous")
def ask() -> Any:
    """The token, typed in."""
    if request.method == "GET":
        return page("citizen/ask.html")
    key = plain_digits(request.form.get("token", "")[:200]).strip()
    if _NUMBER.fullmatch(key.upper()):
        return redirect(url_for("citizen.look", key=key.upper()), 303)
    if is_blank(key):
        return _not_there(key, EMPTY, 400)
    try:
        _by_token(key)
    except NotFound:
        return _not_there(key, _NONE, 404)
    except (Unavailable, TooMany):
        return page("citizen/ask.html", 503, values={"token": key}, away=True)
    return redirect(url_for("citizen.follow", key=key), 303)


@door("anonymous")
def follow(key: str) -> Response:
    """Where it stands."""
    return _page(key)


@door("anonymous")
def back(key: str, step: str) -> Any:
    """The page that a step is taken on."""
    return redirect(_address(key), 303)


@door("citizen")
def look(key: str) -> Response:
    """One of the citizen's own, by its number."""
    return _page(key)


@door("citizen")
def mine() -> Response:
    """The citizen's own, newest first."""
    cursor, other = request.args.get("from", "")[:500] or None, None
    try:
        found = _mine(who().identity, cursor)
        if cursor is None:
            # On the first page only: whoever has filed more by the chatbot sees the rest there.
            chatbot = by_whatsapp_if_known()
            other = chatbot and _mine(chatbot, None)
    except (Unavailable, TooMany):
        return page("citizen/mine.html", 503, away=True)
    return page(
        "citizen/mine.html",
        rows=_rows(found["items"]),
        other=_rows(other["items"]) if other else [],
        next=found["next"],
    )


def _mine(identity: Identity, cursor: str | None) -> Any:
    with services(DEADLINE_S, identity) as city:
        return city.grievance.mine(limit=_PAGE, cursor=cursor)


def _rows(items: list[Any]) -> list[dict[str, Any]]:
    return [
        {**each, "state": shown.state(each["status"])[0], "kind": shown.name_of(each["category"]),
         "filed": moment_in(each["filed_at"])}
        for each in items
    ]  # fmt: skip


@door("anonymous")
def rate(key: str) -> Any:
    """The citizen's word on the work."""
    typed = request.form
    errors = {}
    if typed.get("rating") not in {"1", "2", "3", "4", "5"}:
        errors["rating"] = [CHOOSE]
    if typed.get("satisfied") not in ("yes", "no"):
        errors["satisfied"] = [CHOOSE]
    if errors:
        return _page(key, 400, values=typed, errors=errors)
    given = {"rating": int(typed["rating"]), "satisfied": typed["satisfied"] == "yes"}
    comment = typed.get("comment", "")[:_NOTE].strip()
    return _step(key, "rate", "rated", {**given, **({"comment": comment} if comment else {})})


@door("anonymous")
def reopen(key: str) -> Any:
    """It is not put right."""
    typed = request.form
    reason, code = typed.get("reason", "")[:_NOTE].strip(), typed.get("code", "")
    errors = {}
    if code not in dict(shown.reasons()):
        errors["code"] = [CHOOSE]
    if is_blank(reason):
        errors["reason"] = [EMPTY]
    if errors:
        return _page(key, 400, values=typed, errors=errors)
    return _step(key, "reopen", "reopened", {"reason": reason, "code": code})


@door("anonymous")
def answer(key: str) -> Any:
    """What the office has asked."""
    text = request.form.get("answer", "")[:_NOTE].strip()
    if is_blank(text):
        return _page(key, 400, values=request.form, errors={"answer": [EMPTY]})
    return _step(key, "answer", "answered", {"answer": text})


@door("anonymous")
def photo(key: str) -> Any:
    """A photograph more."""
    content, wrong = read_photo()
    if wrong or content is None:
        return _page(key, 400, errors={"photo": [wrong or EMPTY]})
    identity, handle, _ = _found(key)
    try:
        attach(identity, handle, base64.b64encode(content).decode())
    except Invalid as error:
        return _page(key, 400, errors={"photo": [error.message]})
    except Conflict:
        return _page(key, 409, notice_words=gettext(_MEANWHILE))
    except (Unavailable, TooMany):
        return _page(key, 503, notice_words=gettext(NOT_NOW))
    return redirect(_address(key, told="photo"), 303)


@door("anonymous")
def picture(key: str, picture: Any) -> Response:
    """A photograph of it; ``?small=1`` is a small one."""
    identity, handle, _ = _found(key)
    with services(as_=identity) as city:
        found = city.grievance.attachment(
            **handle, attachment_id=str(picture), thumbnail=request.args.get("small") == "1"
        )
    return as_told(found["headers"], found["content_base64"], kept_s=3_600)


def _page(key: str, status: int = 200, **values: Any) -> Response:
    try:
        _, _, grievance = _found(key)
    except NotFound:
        return _not_there(key, _NONE, 404)
    except (Unavailable, TooMany):
        # What was typed stays: the form that was sent is on the page that says so.
        return page("citizen/away.html", 503, key=key, typed=request.form)
    return page(
        "citizen/follow.html",
        status,
        key=key,
        grievance=shown.told(grievance),
        address=_address,
        ratings=shown.ratings(),
        reasons=shown.reasons(),
        **values,
    )


def _not_there(key: str, rule: str, status: int) -> Response:
    return page("citizen/ask.html", status, values={"token": key}, errors={"token": [rule]})


def _step(key: str, method: str, told: str, given: Mapping[str, Any]) -> Any:
    """Take a step of the citizen's; what was typed stays where it cannot be taken."""
    try:
        identity, handle, _ = _found(key)
        with services(as_=identity) as city:
            getattr(city.grievance, method)(**handle, **given)
    except NotFound:
        return _not_there(key, _NONE, 404)
    except Invalid as error:
        return _page(key, 400, values=request.form, errors=refusal(error).errors)
    except Conflict:
        return _page(key, 409, values=request.form, notice_words=gettext(_MEANWHILE))
    except (Unavailable, TooMany):
        return page("citizen/away.html", 503, key=key, typed=request.form)
    return redirect(_address(key, told=told), 303)


def _found(key: str) -> tuple[Identity, dict[str, str], Any]:
    """Who asks, by what the service knows the grievance, and the grievance.

    Raises:
        NotFound: there is none, or it is another's.
        Unavailable: it cannot be had now.
    """
    if not _NUMBER.fullmatch(key):
        return ANONYMOUS, {"token": key}, _by_token(key)
    present = who()
    if present.citizen_id is None:
        raise NotFound("a number alone shows nothing to who is not signed in")
    identity = present.identity
    try:
        found = _numbered(identity, key)
    except NotFound:
        chatbot = by_whatsapp_if_known()
        if chatbot is None:
            raise
        identity, found = chatbot, _numbered(chatbot, key)
    return identity, {"id": found["id"]}, found


def _numbered(identity: Identity, number: str) -> Any:
    with services(DEADLINE_S, identity) as city:
        return city.grievance.get(number=number)


def _by_token(token: str) -> Any:
    if not _TOKEN.fullmatch(token):
        raise NotFound("this is no token")
    with services(DEADLINE_S, ANONYMOUS) as city:
        return city.grievance.track(token=token)


def _address(key: str, **query: str) -> str:
    endpoint = "citizen.look" if _NUMBER.fullmatch(key) else "citizen.follow"
    return url_for(endpoint, key=key, **query)
