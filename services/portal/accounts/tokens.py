"""Tokens of programs, for who looks after the installation: made, shown once, listed, ended.

A token made here acts for nobody, or for a post of who makes it: nobody gives away here what is
another officer's (``palika portal token add --for`` does, at a terminal of the installation).
"""

from datetime import timedelta
from typing import Any, Final

from flask import Blueprint, Response, redirect, request, url_for
from sqlalchemy.orm import Session

from palika.errors import Conflict, Invalid, PalikaError
from palika.text import plain_digits
from services.portal.accounts.doors import door
from services.portal.accounts.parts import parts
from services.portal.accounts.present import who
from services.portal.commands.keep_token import add_token, end_token
from services.portal.domain.scopes import LONGEST, SCOPES
from services.portal.models import Account
from services.portal.pages.words import N_
from services.portal.queries.sessions import tokens as all_tokens
from services.portal.rooms import page, post_names, refusal, typed

AREAS: Final = {
    "grievance": N_("Grievances"),
    "property": N_("Property tax"),
    "files": N_("Files"),
    "projects": N_("Projects"),
    "kpi": N_("KPIs"),
    "messages": N_("Messages"),
    "wall": N_("The screen on a wall"),
}
MODES: Final = {"read": N_("read"), "write": N_("read and write")}
_DAYS: Final = "90"


def add_to(accounts: Blueprint) -> None:
    """Add the pages to the blueprint."""
    accounts.add_url_rule("/admin/tokens", "admin_tokens", tokens, methods=["GET", "POST"])
    accounts.add_url_rule("/admin/tokens/end", "admin_token_end", end, methods=["POST"])


@door("admin")
def tokens() -> Response:
    """All tokens; a form for another one, which is shown once, on the page that answers."""
    if request.method == "GET":
        return _page()
    try:
        with parts().store.begin() as session:
            made = _added(session)
    except (Invalid, Conflict) as error:
        refused = refusal(error, otherwise="name")
        return _page(refused.status, errors=refused.errors)
    return _page(made=made)


@door("admin")
def end() -> Any:
    """A token is good for nothing any more."""
    try:
        with parts().store.begin() as session:
            end_token(session, typed("name", 50), parts().now())
    except PalikaError as error:
        refused = refusal(error)
        return _page(refused.status, errors=refused.errors)
    return redirect(url_for("accounts.admin_tokens", told="ended"), 303)


def _added(session: Session) -> str:
    here, present = parts(), who()
    days, post = plain_digits(typed("days", 4)), typed("post", 100)
    whole = days.isascii() and days.isdigit()
    return add_token(
        session,
        here.keeping,
        typed("name", 50),
        request.form.getlist("scopes"),
        # What is no number of days is refused as one that is too small.
        timedelta(days=int(days) if whole else 0),
        present.identity.subject,
        here.now(),
        account=session.get_one(Account, present.account_id) if post else None,
        post=post or None,
    )


def _page(
    status: int = 200, *, made: str = "", errors: dict[str, list[str]] | None = None
) -> Response:
    with parts().store.begin() as session:
        found = all_tokens(session)
    # Who made one is the post, or somebody at a terminal.
    makers = {each.name: each.created_by.removeprefix("officer:") for each in found}
    return page(
        "accounts/admin_tokens.html",
        status,
        tokens=found,
        makers=makers,
        called=post_names({*makers.values(), *(each.post for each in found if each.post)}),
        made=made,
        now=parts().now(),
        posts=who().posts,
        scopes=sorted(SCOPES),
        areas=AREAS,
        modes=MODES,
        longest=LONGEST.days,
        values={"days": _DAYS} if made or not request.form else request.form,
        chosen=[] if made else request.form.getlist("scopes"),
        errors=errors or {},
        told=request.args.get("told"),
    )
