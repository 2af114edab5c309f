"""Open a file to read it; from then on it cannot be pulled back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.india import day_of
from services.eoffice.commands.load import load_readable
from services.eoffice.commands.step import see
from services.eoffice.domain.legal import Known, check_step
from services.eoffice.domain.movement import State, Step
from services.eoffice.models import File
from services.eoffice.organisation_store import actor
from services.eoffice.queries.reading import known_of
from services.eoffice.sealing import act


def read_file(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> tuple[File, Known]:
    """The file, for the post that has it or is asked about it, and what that post is to it.

    The first time that the post that has it does so is noted.

    Raises:
        NotFound: no such file, or the post may not read it.
        Forbidden: it is with another post that did not ask this one.
        Conflict: it is closed.
    """
    who = actor(session, caller, args["post"], now)
    file = load_readable(session, who.post, args["id"])
    post = who.post.code
    known = known_of(session, file, who, day_of(now))
    check_step(file.standing, Step.OPEN, post, None, known)
    if file.held_by == post and file.state != State.CLOSED and see(session, file, now):
        act(session, file.id, "file", "seen", who, now)
    return file, known
