"""What was done with a file: its movement log, with who parked, closed or marked it, and why."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.errors import Forbidden, NotFound
from services.eoffice.domain.movement import relations
from services.eoffice.domain.organisation import Actor
from services.eoffice.models import Act, File
from services.eoffice.organisation_store import current
from services.eoffice.queries.custody import had
from services.eoffice.queries.marks import is_asked
from services.eoffice.schemas.moving import ActView

_acts = ActView(many=True)


def history(session: Session, who: Actor, args: Mapping[str, Any]) -> dict[str, Any]:
    """The acts of the file's chain from the one after ``args["after"]`` on, the first first.

    For posts that have or had the file, that are asked about it, or that are above the one that has
    it and may read it. ``next`` is the ``after`` of the next page, or None.

    Raises:
        NotFound: no such file.
        Forbidden: it is no business of this post's.
    """
    file = session.get(File, args["id"])
    if file is None:
        raise NotFound(f"there is no file {args['id']}", {"id": str(args["id"])})
    _check(session, who, file)
    found = session.scalars(
        select(Act)
        .where(Act.chain_id == file.id, Act.position > args["after"])
        .order_by(Act.position)
        .limit(args["limit"] + 1)
    ).all()
    shown = found[: args["limit"]]
    return {
        "items": _acts.dump(shown),
        "next": shown[-1].position if len(found) > len(shown) else None,
    }


def _check(session: Session, who: Actor, file: File) -> None:
    post = who.post
    asked = is_asked(session, file.id, post.code)
    if asked or had(session, file, post.code):
        return
    above = current(session).above(file.held_by)
    if relations(file.standing, post.code, above) and post.clearance >= file.secrecy:
        return
    raise Forbidden(
        f"file {file.number} was never with {post.code}",
        {"post": post.code, "held_by": file.held_by},
    )
