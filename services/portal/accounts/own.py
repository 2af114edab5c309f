"""The pages of who is signed in: their post, their devices, their data."""

import json
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, redirect, request, url_for

from palika.errors import Forbidden, NotFound
from services.portal.accounts import cookies
from services.portal.accounts.doors import SOMEBODY, door
from services.portal.accounts.gathering import forgotten, gathered
from services.portal.accounts.looks import phone
from services.portal.accounts.parts import parts
from services.portal.accounts.present import Present, be_nobody, who
from services.portal.accounts.ways import landing
from services.portal.accounts.wording import SERVICES, THINGS, reasons
from services.portal.commands.erase import erase_citizen
from services.portal.commands.hold_session import choose_post, end_sessions, remember_language
from services.portal.commands.take import take
from services.portal.domain.limits import Limit
from services.portal.domain.sessions import Ended
from services.portal.models import Citizen
from services.portal.pages.languages import current
from services.portal.queries.reads import looks_at
from services.portal.queries.sessions import own_sessions
from services.portal.rooms import download, page, post_names

_OFFICERS: Final = ("helpdesk", "officer", "supervisor", "admin")
_DESKS: Final = (
    (frozenset({"officer", "supervisor"}), "desk.inbox"),
    (frozenset({"helpdesk"}), "desk.help"),
)
"""Where the work of each role begins."""


def add_to(accounts: Blueprint) -> None:
    """Add the pages to the blueprint."""
    accounts.add_url_rule("/", "own", own)
    accounts.add_url_rule("/begin", "begin", begin)
    accounts.add_url_rule("/post", "post", take_post, methods=["POST"])
    accounts.add_url_rule("/sessions", "sessions", sessions)
    accounts.add_url_rule("/sessions/end", "end_sessions", end, methods=["POST"])
    accounts.add_url_rule("/looks", "looks", looks)
    accounts.add_url_rule("/data", "data", data)
    accounts.add_url_rule("/data/export", "export", export, methods=["POST"])
    accounts.add_url_rule("/data/erase", "erase", erase, methods=["GET", "POST"])


@door(SOMEBODY)
def own() -> Response:
    """Who is signed in, and where they go from here."""
    present = who()
    _remember(present)
    return page("accounts/own.html", present=present, told=_told())


@door(SOMEBODY)
def begin() -> Any:
    """To the work of who has just signed in; to their own page, who has none."""
    present = who()
    _remember(present)
    room = next((room for roles, room in _DESKS if roles & present.roles), "accounts.own")
    return redirect(url_for(room), 303)


def _remember(present: Present) -> None:
    """Keep the language of the page that is looked at."""
    if present.session is not None and present.session.language != current():
        with parts().store.begin() as session:
            remember_language(session, present.session, current())


@door(*_OFFICERS)
def take_post() -> Any:
    """Act for another of one's posts."""
    present, code = who(), request.form.get("post", "")
    if code not in {each.code for each in present.posts}:
        raise Forbidden("this post is not yours")
    assert present.session is not None
    with parts().store.begin() as session:
        choose_post(session, present.session.id, code)
    return redirect(landing(), 303)


@door(SOMEBODY)
def sessions() -> Response:
    """Where one is signed in."""
    present = who()
    assert present.session is not None
    with parts().store.begin() as session:
        found = own_sessions(session, _whose(present), parts().now())
    return page("accounts/sessions.html", sessions=found, here=present.session.id, told=_told())


@door(SOMEBODY)
def end() -> Any:
    """Sign out elsewhere: one device, or all the others."""
    present = who()
    assert present.session is not None
    chosen = request.form.get("session", "")
    only = None if chosen == "others" else [id_of(chosen)]
    with parts().store.begin() as session:
        end_sessions(
            session,
            _whose(present),
            Ended.BY_OWNER,
            parts().now(),
            only=only,
            but=present.session.id if only is None else None,
        )
    return redirect(url_for("accounts.sessions", changed="sessions"), 303)


@door("citizen")
def looks() -> Response:
    """Who of the office has looked at one's data."""
    present, asked = who(), request.args.get("before", "")
    before = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else None
    with parts().store.begin() as session:
        whose = {present.identity.subject}
        citizen = session.get_one(Citizen, present.citizen_id)
        if citizen.phone is not None:
            whose.add(phone(parts().keeping.phone(citizen.phone)))
        found = looks_at(session, whose, before)
    return page(
        "accounts/looks.html",
        looks=found,
        reasons=reasons(),
        posts=post_names(each.post for each in found),
    )


@door("citizen")
def data() -> Response:
    """What one may ask of one's data."""
    return page("accounts/data.html")


@door("citizen")
def export() -> Response:
    """All that the city keeps of who is signed in, as far as its services can say; a file."""
    here, present = parts(), who()
    with here.store.begin() as session:
        take(session, Limit.EXPORTS_OF_ACCOUNT, str(present.citizen_id), here.now())
    found = gathered(here, present)
    text = json.dumps(found, ensure_ascii=False, indent=1)
    name = f"palika-{here.now():%Y-%m-%d}.json"
    return download(name, "application/json; charset=utf-8", text.encode())


@door("citizen")
def erase() -> Any:
    """Be forgotten, as far as that may be."""
    if request.method == "GET":
        return page("accounts/erase.html")
    if request.form.get("sure") != "yes":
        return page(
            "accounts/erase.html", 400, errors={"sure": ["Missing data for required field."]}
        )
    present = who()
    assert present.citizen_id is not None
    told = forgotten(parts(), present)
    if any(each.away for each in told):
        # The sign-in is what proves the number: it goes when all have answered.
        return page("accounts/erase.html", 503, told=told, names=SERVICES, things=THINGS)
    with parts().store.begin() as session:
        erase_citizen(session, present.citizen_id, parts().now())
    be_nobody()
    cookies.drop(cookies.VISITOR)
    return page("accounts/erased.html", told=told, names=SERVICES, things=THINGS)


def _whose(present: Present) -> UUID:
    found = present.account_id or present.citizen_id
    if found is None:
        raise NotFound("nobody is signed in")
    return found


def id_of(text: str) -> UUID:
    """The id of a session. Raises NotFound: it is none."""
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound("there is no such session") from error


def _told() -> str:
    """What has just been done, by a word in the address."""
    for name in ("changed", "used"):
        if name in request.args:
            return f"{name}-{request.args[name]}"
    return ""
