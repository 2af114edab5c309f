"""Say something about a grievance."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from services.grievance.commands.move import Actor, Taken, about, advance
from services.grievance.commands.step import take
from services.grievance.domain.lifecycle import Step
from services.grievance.models import Grievance
from services.grievance.schemas import COMMENTED


def comment_grievance(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Grievance:
    """Note ``args["text"]``; it moves no clock. Raises as ``step.take``."""
    move = partial(comment, text=args["text"], public=args["public"])
    return take(session, caller, args, now, move)


def comment(grievance: Grievance, by: Actor, now: datetime, *, text: str, public: bool) -> Taken:
    """The move; what a citizen says is public to them. Nothing is stored."""
    step = advance(grievance, Step.COMMENT, by, now)
    public = public or by.kind == "citizen"
    told = about(grievance, now, commented_at=now, public=public, by=by.kind)
    return step.taken(COMMENTED.new(**told), note=text, public=public)
