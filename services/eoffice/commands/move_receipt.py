"""Send a receipt to another post, receive it there, pull it back before that, or up the line."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import literal, select
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.india import day_of
from services.eoffice.commands.receipt_step import begin_step, written
from services.eoffice.domain.movement import (
    check_clearance,
    check_held,
    check_target,
    whole_minutes,
)
from services.eoffice.domain.organisation import Actor
from services.eoffice.domain.receipts import Step
from services.eoffice.models import Receipt, ReceiptMovement
from services.eoffice.organisation_store import current_held
from services.eoffice.queries.readable import has_had_receipt


def send_receipt(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Receipt:
    """Send it to ``args["to"]``. Raises as ``begin_step``, and:

    Invalid: no such post, the one that has it, one that nobody holds or that may not read it.
    """
    organisation, today = current_held(session), day_of(now)
    target = organisation.check_post(args["to"], "to", today)
    receipt, who = begin_step(session, caller, args, Step.SEND, now)
    check_target(receipt.held_by, target.code, what="receipt")
    above = organisation.held_above(target.code, today)
    check_held(target.code, organisation.holder(target.code, today), above, what="receipt")
    had = bool(session.scalar(select(has_had_receipt(literal(receipt.id), target.code))))
    check_clearance("receipt", receipt.standing.secrecy, target, had=had)
    receipt.sent_by = receipt.held_by
    move_on(session, receipt, "send", target.code, who, now, args["remark"])
    receipt.seen_at = None
    return written(session, receipt, "sent", who, now, {"to": target.code})


def receive_receipt(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Receipt:
    """The paper has come, or the e-mail is opened: it is not pulled back any more. Raises as
    ``begin_step``."""
    receipt, who = begin_step(session, caller, args, Step.RECEIVE, now)
    return written(session, receipt, "received", who, now)


def pull_back_receipt(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Receipt:
    """Take it back from the post that has not opened it yet. Raises as ``begin_step``."""
    receipt, who = begin_step(session, caller, args, Step.PULL_BACK, now)
    was_with = receipt.held_by
    move_on(session, receipt, "pull_back", who.post.code, who, now, args["remark"])
    receipt.sent_by = None
    receipt.seen_at = now
    return written(session, receipt, "pulled_back", who, now, {"from": was_with})


def pull_up_receipt(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Receipt:
    """Take it from a post down the line, whether that has received it or not: it is there then.
    Raises as ``begin_step``; Forbidden if who has it is not down the line."""
    receipt, who = begin_step(session, caller, args, Step.PULL_UP, now)
    was_with = receipt.held_by
    move_on(session, receipt, "pull_up", who.post.code, who, now, args["remark"])
    receipt.sent_by = None
    receipt.seen_at = now
    return written(session, receipt, "pulled_up", who, now, {"from": was_with})


def move_on(
    session: Session,
    receipt: Receipt,
    kind: str,
    to_post: str,
    who: Actor | None,
    now: datetime,
    remark: str | None,
) -> None:
    """Let another post have it from now on; the caller counts the step and writes the act. ``who``
    None: the service does it, for the post that has it."""
    receipt.moves += 1
    session.add(
        ReceiptMovement(
            receipt_id=receipt.id,
            position=receipt.moves,
            kind=kind,
            from_post=receipt.held_by,
            to_post=to_post,
            by_post=who.post.code if who else receipt.held_by,
            by_person=who.person if who else None,
            moved_at=now,
            seen_at=now if kind in ("pull_back", "pull_up") else None,
            minutes_held=whole_minutes(receipt.held_since, now),
            remark=remark,
        )
    )
    receipt.held_by = to_post
    receipt.held_since = now
