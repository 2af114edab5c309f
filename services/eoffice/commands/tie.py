"""Tie a file to a matter of several services, and untie it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from palika import correlation
from palika.auth import Identity
from services.eoffice.commands.load import load_readable
from services.eoffice.domain.organisation import Actor
from services.eoffice.models import File, Tie
from services.eoffice.organisation_store import actor
from services.eoffice.queries.matters import shown
from services.eoffice.queries.sight import readable_file
from services.eoffice.sealing import act


def tie_file(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Tie it, open or closed, for a post that may read it; it is no step of the file.

    Raises:
        NotFound: there is none, or the post may not read it.
        Forbidden: the caller does not speak for the post.
        Conflict: it is tied already with another note, or there are as many ties as may be.
    """
    who, file = _loaded(session, caller, args, now)
    thing, wanted = (args["kind"], file.id), (args["correlation_id"], args["note"])
    made, fresh = correlation.bind(session, Tie, thing, wanted, caller.subject, now)
    if fresh:
        act(session, file.id, "file", "tied", who, now, {"matter": made.correlation_id})
    return shown(made, file)


def untie_file(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Untie it. Raises NotFound and Forbidden as ``tie_file``, and:

    NotFound: it is not tied to this matter.
    """
    who, file = _loaded(session, caller, args, now)
    thing, wanted = (args["kind"], file.id), (args["correlation_id"], args["reason"])
    ended, fresh = correlation.loosen(session, Tie, thing, wanted, caller.subject, now)
    if fresh:
        act(session, file.id, "file", "untied", who, now, {"matter": ended.correlation_id})
    return shown(ended, file)


def _loaded(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> tuple[Actor, File]:
    """Who acts, and the file, locked."""
    who = actor(session, caller, args["post"], now)
    found = readable_file(session, who.post, args["id"], args["number"])
    return who, load_readable(session, who.post, found.id)
