"""The pages of who looks after the installation: who is signed in, and who looked at whose data."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, redirect, request, url_for

from palika.errors import Invalid
from services.portal.accounts.doors import door
from services.portal.accounts.own import id_of
from services.portal.accounts.parts import parts
from services.portal.accounts.ways import typed
from services.portal.accounts.wording import reasons
from services.portal.commands.hold_session import end_sessions
from services.portal.domain.sessions import Ended
from services.portal.models import WebSession
from services.portal.queries.reads import all_looks
from services.portal.queries.sessions import officers_sessions
from services.portal.rooms import page, post_names

_LONGEST = 200


def add_to(accounts: Blueprint) -> None:
    """Add the pages to the blueprint."""
    accounts.add_url_rule("/admin/sessions", "admin_sessions", sessions)
    accounts.add_url_rule("/admin/sessions/end", "admin_end", end, methods=["POST"])
    accounts.add_url_rule("/admin/looks", "admin_looks", looks)


@door("admin")
def sessions() -> Response:
    """Which officers are signed in, the last begun first."""
    with parts().store.begin() as session:
        found = officers_sessions(session, parts().now(), _before())
    return page(
        "accounts/admin_sessions.html",
        sessions=found,
        posts=post_names(row.post for row, _ in found if row.post),
        told="changed" in request.args,
    )


@door("admin")
def end() -> Any:
    """End a session of somebody else's."""
    here, chosen = parts(), id_of(request.form.get("session", ""))
    with here.store.begin() as session:
        row = session.get(WebSession, chosen)
        if row is not None and row.account_id is not None:
            end_sessions(session, row.account_id, Ended.BY_ADMIN, here.now(), only=[chosen])
    return redirect(url_for("accounts.admin_sessions", changed="yes"), 303)


@door("admin")
def looks() -> Response:
    """Who of the office looked at whose data: of one officer, or at one person's or matter's."""
    reader = typed(request.args, "reader", _LONGEST)
    whose = typed(request.args, "whose", _LONGEST)
    asked = request.args.get("before", "")
    before = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 19 else None
    with parts().store.begin() as session:
        found = all_looks(session, before, reader=reader or None, whose=whose or None)
    return page(
        "accounts/admin_looks.html",
        looks=found,
        reasons=reasons(),
        posts=post_names(each.post for each in found),
        values={"reader": reader, "whose": whose},
    )


def _before() -> datetime | None:
    asked = request.args.get("before", "")
    if not asked:
        return None
    try:
        found = datetime.fromisoformat(asked)
    except ValueError as error:
        raise Invalid("no moment", {"before": ["must be a moment"]}) from error
    if found.tzinfo is None:
        raise Invalid("no moment", {"before": ["must have a time zone"]})
    try:
        return found.astimezone(UTC)
    except OverflowError as error:
        raise Invalid("no moment", {"before": ["must be a moment"]}) from error
