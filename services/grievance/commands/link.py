"""Link two grievances that have to do with each other, and take a link away."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Conflict, NotFound
from services.grievance.commands.move import Actor, Taken, about, advance
from services.grievance.commands.step import Act
from services.grievance.domain.lifecycle import Step
from services.grievance.domain.merging import check_two
from services.grievance.models import Grievance, Link
from services.grievance.schemas import LINKED, UNLINKED


def link_grievance(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Grievance:
    """Link it with ``args["other"]``, in both directions.

    Raises as ``step.take``, and:
        NotFound: there is no such other one.
        Invalid: the two are one.
        Conflict: they are linked already.
    """
    act, other = _both(session, caller, args, now)
    pair = _pair(act.grievance, other)
    made = insert(Link).values(**pair, linked_at=now, linked_by=caller.subject)
    if not session.scalar(made.on_conflict_do_nothing().returning(Link.linked_at)):
        raise Conflict(
            f"{act.grievance.number} is linked with {other.number} already",
            {"other": str(other.id)},
        )
    act.take(partial(link, other=other))
    return act.save()


def link(grievance: Grievance, by: Actor, now: datetime, *, other: Any) -> Taken:
    """The move; nothing is stored."""
    step = advance(grievance, Step.LINK, by, now)
    told = about(grievance, now, linked_at=now, other_id=other.id)
    return step.taken(LINKED.new(**told), public=False, other=other.number)


def unlink_grievance(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Grievance:
    """Take the link with ``args["other"]`` away.

    Raises as ``step.take``, and:
        NotFound: there is no such other one, or no such link.
        Invalid: the two are one.
    """
    act, other = _both(session, caller, args, now)
    pair = _pair(act.grievance, other)
    gone = delete(Link).filter_by(**pair).returning(Link.linked_at)
    if not session.scalar(gone, execution_options={"synchronize_session": False}):
        raise NotFound(f"is not linked with {other.number}", {"other": str(other.id)})
    act.take(partial(unlink, other=other))
    return act.save()


def unlink(grievance: Grievance, by: Actor, now: datetime, *, other: Any) -> Taken:
    """The move; nothing is stored."""
    step = advance(grievance, Step.UNLINK, by, now)
    told = about(grievance, now, unlinked_at=now, other_id=other.id)
    return step.taken(UNLINKED.new(**told), public=False, other=other.number)


def _both(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> tuple[Act, Any]:
    act = Act.load(session, caller, args, now)
    check_two(args["id"], args["other"], "other")
    other = session.execute(
        select(Grievance.id, Grievance.number).where(Grievance.id == args["other"])
    ).one_or_none()
    if other is None:
        raise NotFound(f"there is no grievance {args['other']}", {"other": str(args["other"])})
    return act, other


def _pair(one: Grievance, other: Any) -> dict[str, Any]:
    low, high = sorted((one.id, other.id))
    return {"grievance_id": low, "other_id": high}
