"""Approve a letter, or send its file to who may."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Forbidden
from services.eoffice.commands.forward import forward_file
from services.eoffice.commands.letter import approve_letter
from services.eoffice.models import Act, File, Letter
from services.eoffice.organisation_store import actor, current, current_held
from services.eoffice.queries.custody import may_have
from services.eoffice.sealing import act

_ROUTED = "routed a letter"


def approve_or_route(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> tuple[Letter, str | None]:
    """Approve a letter. With ``args["route"]`` the file of what the post may not approve is sent to
    the nearest post up the line that may, and may read it; asked again it is there already, unless
    it has gone on.

    Returns:
        The letter, and the post that its file was sent to; None: it is approved.

    Raises:
        As ``approve_letter``.
    """
    # Before the file is locked: it may be given to another post.
    current_held(session)
    try:
        return approve_letter(session, caller, args, now), None
    except Forbidden as refused:
        if not args["route"]:
            raise
        who = actor(session, caller, args["post"], now)
        letter = session.get_one(Letter, args["id"])
        if "may" not in refused.details:
            # The file is with another post: by this very step?
            if (sent := _routed_before(session, letter, args["version"], who.post.code)) is None:
                raise
            return letter, sent
        file = session.get_one(File, letter.file_id)
        posts, may = current(session).posts, refused.details["may"]
        to = next((each for each in may if may_have(session, file, posts[each])), None)
        if to is None:
            raise
    asked = {"id": letter.file_id, "post": args["post"], "version": None, "remark": None}
    forward_file(session, caller, {**asked, "to": to, "step": None}, now)
    said = {"to": to, "letter": letter.id, "version": letter.version}
    act(session, letter.file_id, "file", _ROUTED, who, now, said)
    return letter, to


def _routed_before(session: Session, letter: Letter, version: int, post: str) -> str | None:
    """The post that the file was sent to by a post, to have the letter approved, and that has had
    it ever since; None: it has gone elsewhere, or there for something else."""
    file = session.get_one(File, letter.file_id)
    found = session.scalar(
        select(Act.position)
        .where(
            *(Act.chain_id == file.id, Act.verb == _ROUTED, Act.post == post),
            # By the last movement: both have one moment.
            Act.at == file.held_since,
            Act.data["to"].astext == file.held_by,
            Act.data["letter"].astext == str(letter.id),
            Act.data["version"].astext == str(version),
        )
        .limit(1)
    )
    return None if found is None else file.held_by
