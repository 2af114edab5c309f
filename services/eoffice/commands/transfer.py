"""Give what an abolished or vacant post has, files and receipts, to another."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Forbidden, Invalid
from palika.india import day_of
from palika.outbox import record
from services.eoffice.commands.move import move
from services.eoffice.commands.move_receipt import move_on
from services.eoffice.commands.step import keep_on_course
from services.eoffice.domain import receipts
from services.eoffice.domain.movement import State, Step, check_held, check_left, check_target
from services.eoffice.domain.organisation import Actor, Organisation, Post, on
from services.eoffice.models import File, Receipt
from services.eoffice.organisation_store import actor, current_held
from services.eoffice.sealing import act

_LIVE = (State.OPEN, State.PARKED)


def transfer_custody(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> dict[str, int]:
    """Give up to ``args["limit"]`` of the files that ``args["from_post"]`` has, open or parked, and
    then of its open receipts, to ``args["to"]``. Called again until none is left; a parked file
    stays parked, and paper has to be received at the other desk.

    Returns:
        ``transferred``; ``left``: how many are to go still; ``withheld``: how many more secret
        ones the other post may not read.

    Raises:
        Forbidden: the caller's post is not up the line from it, and the caller no administrator.
        Invalid: there was never such a post; or the other one does not exist today, or nobody holds
            it.
        Conflict: somebody holds it.
    """
    organisation = current_held(session)
    who = actor(session, caller, args["post"], now)
    from_post, today = args["from_post"], day_of(now)
    if from_post not in organisation.posts:
        raise Invalid("no such post", {"from_post": [f"there was never a post {from_post!r}"]})
    above = organisation.above(from_post)
    if "admin" not in caller.roles and who.post.code not in above:
        raise Forbidden(
            f"{who.post.code} is not above {from_post}; that is for {' or '.join(above)}",
            {"post": who.post.code, "above": above, "step": Step.TRANSFER, "legal": []},
        )
    check_left(from_post, _who_is_there(organisation, from_post, now))
    target = organisation.check_post(args["to"], "to", today)
    check_target(from_post, target.code)
    check_held(
        target.code,
        organisation.holder(target.code, today),
        organisation.held_above(target.code, today),
    )
    live = (File.held_by == from_post, File.state.in_(_LIVE))
    going = (*live, File.secrecy <= target.clearance)
    found = session.scalars(
        select(File)
        .where(*going)
        .order_by(File.id)
        .limit(args["limit"])
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    for file in found:
        movement, event = move(file, target.code, args["remark"], now, who, kind=Step.TRANSFER)
        # Nobody pulls it back: who sent it there sent it to another desk.
        file.sent_by = None
        keep_on_course(session, file, today)
        session.add(movement)
        record(session, event)
        act(session, file.id, "file", "transferred", who, now, {"to": target.code})
    given = _give_receipts(session, target, who, args, now, args["limit"] - len(found))
    session.flush()
    waiting = _receipts(from_post)
    left = _count(session, File, *going) + _count(session, Receipt, *_readable(waiting, target))
    every = _count(session, File, *live) + _count(session, Receipt, *waiting)
    return {"transferred": len(found) + given, "left": left, "withheld": every - left}


def _give_receipts(
    session: Session,
    target: Post,
    who: Actor,
    args: Mapping[str, Any],
    now: datetime,
    limit: int,
) -> int:
    """How many were given."""
    if limit == 0:
        return 0
    found = session.scalars(
        select(Receipt)
        .where(*_readable(_receipts(args["from_post"]), target))
        .order_by(Receipt.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    for receipt in found:
        receipt.version += 1
        move_on(session, receipt, "transfer", target.code, who, now, args["remark"])
        receipt.sent_by = None
        receipt.seen_at = None
        act(session, receipt.id, "receipt", "transferred", who, now, {"to": target.code})
    return len(found)


def _receipts(post: str) -> tuple[Any, ...]:
    return (Receipt.held_by == post, Receipt.state == receipts.State.OPEN)


def _readable(which: tuple[Any, ...], target: Post) -> tuple[Any, ...]:
    return (*which, Receipt.secrecy <= target.clearance)


def _count(session: Session, model: type[Any], *which: Any) -> int:
    return session.scalar(select(func.count()).select_from(model).where(*which)) or 0


def _who_is_there(organisation: Organisation, post: str, now: datetime) -> str | None:
    today = day_of(now)
    if not on(organisation.posts[post], today):
        return None
    return organisation.holder(post, today)
