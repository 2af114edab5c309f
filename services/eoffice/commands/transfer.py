"""Give what an abolished or vacant post has, files and receipts, to another."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select, union
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
from services.eoffice.organisation_store import actor, current, current_held
from services.eoffice.sealing import act

BATCH = 100
_LIVE = (State.OPEN, State.PARKED)
_ENDED = "पद समाप्त झाले / The post has ended"


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
    given = _give(session, from_post, target, who, args["remark"], now, args["limit"])
    session.flush()
    waiting = _receipts(from_post)
    left = _count(session, File, *going) + _count(session, Receipt, *_readable(waiting, target))
    every = _count(session, File, *live) + _count(session, Receipt, *waiting)
    return {"transferred": given, "left": left, "withheld": every - left}


def hand_over_ended(session: Session, now: datetime) -> int:
    """Give what is left with posts that have ended, ``BATCH`` at the most, to the nearest post up
    the line that somebody holds and that may read it; how many. What no such post may read stays.

    A post does not end while it has work, but one that ends on a later day may be given some until
    then. Any number of processes may do this.
    """
    today = day_of(now)
    if not _ended(current(session), today):
        return 0
    organisation = current_held(session)
    ended = _ended(organisation, today)
    with_work = union(
        select(File.held_by).where(File.held_by.in_(ended), File.state.in_(_LIVE)),
        select(Receipt.held_by).where(
            Receipt.held_by.in_(ended), Receipt.state == receipts.State.OPEN
        ),
    )
    given = 0
    for post in sorted(session.scalars(with_work)):
        for above in organisation.held_above(post, today):
            target = organisation.posts[above]
            given += _give(session, post, target, None, _ENDED, now, BATCH - given)
            session.flush()
    return given


def _ended(organisation: Organisation, today: date) -> list[str]:
    posts = organisation.posts.values()
    return [each.code for each in posts if each.until is not None and each.until < today]


def _give(
    session: Session,
    from_post: str,
    target: Post,
    who: Actor | None,
    remark: str | None,
    now: datetime,
    limit: int,
) -> int:
    """How many were given: files, and then receipts. ``who`` None: the service does it."""
    going = (File.held_by == from_post, File.state.in_(_LIVE), File.secrecy <= target.clearance)
    found = session.scalars(
        select(File)
        .where(*going)
        .order_by(File.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    for file in found:
        movement, event = move(file, target.code, remark, now, who, kind=Step.TRANSFER)
        # Nobody pulls it back: who sent it there sent it to another desk.
        file.sent_by = None
        keep_on_course(session, file, day_of(now))
        session.add(movement)
        record(session, event)
        act(session, file.id, "file", "transferred", who, now, {"to": target.code})
    rest = limit - len(found)
    return len(found) + _give_receipts(session, from_post, target, who, remark, now, rest)


def _give_receipts(
    session: Session,
    from_post: str,
    target: Post,
    who: Actor | None,
    remark: str | None,
    now: datetime,
    limit: int,
) -> int:
    if limit == 0:
        return 0
    found = session.scalars(
        select(Receipt)
        .where(*_readable(_receipts(from_post), target))
        .order_by(Receipt.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    for receipt in found:
        receipt.version += 1
        move_on(session, receipt, "transfer", target.code, who, now, remark)
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
