"""Which files belong to a matter of several services, and to which ones a file does."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika import correlation
from palika.auth import Identity
from services.eoffice.models import File, Tie
from services.eoffice.organisation_store import actor
from services.eoffice.queries.readable import readable
from services.eoffice.queries.sight import readable_file
from services.eoffice.schemas.correlating import FILE


def tied(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """The files of a matter, now or at ``args["as_of"]``; each as it is now.

    What the post may not read is not there, and not counted either.

    Raises:
        Forbidden: the caller does not speak for the post.
    """
    post = actor(session, caller, args["post"], now).post
    found = correlation.ties(session, Tie, args["correlation_id"], args["as_of"])
    wanted = File.id.in_([each.thing_id for each in found])
    rows = session.scalars(select(File).where(wanted, readable(File.secrecy, File.id, post)))
    seen = {each.id: each for each in rows}
    return {"items": [shown(each, seen[each.thing_id]) for each in found if each.thing_id in seen]}


def matters_of(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """The matters that the file of ``args`` belongs to.

    Raises:
        Forbidden: the caller does not speak for the post.
        NotFound: there is none, or the post may not read it.
    """
    post = actor(session, caller, args["post"], now).post
    file = readable_file(session, post, args["id"], args["number"])
    return {"id": str(file.id), "number": file.number, "matters": of(session, file.id)}


def of(session: Session, file_id: UUID) -> list[dict[str, Any]]:
    """The matters that a file belongs to, the oldest tie first."""
    return correlation.matters(session, Tie, FILE, file_id)


def shown(tie: Tie, file: File) -> dict[str, Any]:
    """A tie with what who may read the file sees of it."""
    return correlation.view(tie) | {
        "number": file.number,
        "status": file.state,
        "about": {
            "subject": file.subject,
            "department": file.department,
            "held_by": file.held_by,
            "held_since": file.held_since.isoformat(),
        },
    }
