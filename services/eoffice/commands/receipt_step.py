"""Load a receipt for a step on it, and write the step down."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import NotFound
from services.eoffice.commands.load import locked
from services.eoffice.domain.organisation import Actor
from services.eoffice.domain.receipts import Step, check_step
from services.eoffice.models import Receipt, ReceiptMovement
from services.eoffice.organisation_store import actor, current, current_held
from services.eoffice.queries.receipts import find
from services.eoffice.sealing import act


def load_receipt(session: Session, receipt_id: UUID) -> Receipt:
    """The receipt, locked until the end of the transaction: steps on it wait for each other.

    Raises:
        NotFound: there is none.
    """
    found = locked(session, Receipt, receipt_id)
    if found is None:
        raise NotFound(f"there is no receipt {receipt_id}", {"id": str(receipt_id)})
    return found


def begin_step(
    session: Session,
    caller: Identity,
    args: Mapping[str, Any],
    step: Step,
    now: datetime,
    wanted: str | None = None,
) -> tuple[Receipt, Actor]:
    """The receipt ``args["id"]``, with the step counted, and who takes it.

    Args:
        wanted: what a refusal calls the step, if not by its own name.

    Raises:
        NotFound: there is no such receipt, or the post may not read it: the same either way.
        Forbidden: it is not this post's to do, or the caller does not speak for it.
        Conflict: not now, or it is at another version than ``args["version"]``.
    """
    current_held(session)
    who = actor(session, caller, args["post"], now)
    receipt = load_receipt(session, args["id"])
    find(session, who.post, {"id": receipt.id})
    above = current(session).above(receipt.held_by)
    check_step(receipt.standing, step, who.post, args["version"], wanted, above)
    if receipt.held_by == who.post.code:
        mark_seen(session, receipt, now)
    receipt.version += 1
    return receipt, who


def mark_seen(session: Session, receipt: Receipt, now: datetime) -> None:
    """The post that has it has opened it, or has got the paper."""
    if receipt.seen_at is not None:
        return
    receipt.seen_at = now
    last = session.get(ReceiptMovement, (receipt.id, receipt.moves))
    if last is not None:
        last.seen_at = now


def written(
    session: Session,
    receipt: Receipt,
    verb: str,
    who: Actor,
    now: datetime,
    data: Mapping[str, Any] | None = None,
) -> Receipt:
    """Write the step down in the receipt's own chain."""
    act(session, receipt.id, "receipt", verb, who, now, data)
    return receipt
