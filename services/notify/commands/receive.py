"""Receipts: what providers say of attempts later, in any order and any number of times."""

import logging
import random
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Session
from uuid6 import uuid7

from services.notify.commands import tell
from services.notify.commands.details import kept
from services.notify.counts import count, observe
from services.notify.domain.messages import Receipt as Said
from services.notify.domain.messages import Told
from services.notify.domain.policy import Policy
from services.notify.domain.states import (
    ARRIVED,
    Handed,
    State,
    attempt_after,
    delivery_after,
)
from services.notify.models import Attempt, Delivery, Receipt

_log = logging.getLogger(__name__)

_AT_ONCE = 500


def receive(
    session: Session, provider: str, said: Sequence[Said], policy: Policy, now: datetime
) -> int:
    """Keep receipts, and raise what is known of their deliveries, in the caller's transaction.

    One that is there already changes nothing. One of which the attempt is not known yet is kept,
    and looked at again by ``apply_unmatched``.

    Args:
        provider: whose.
        said: as the provider's adapter has read them.
        now: aware.

    Returns:
        How many were new.
    """
    rows = [_row(provider, each, now) for each in said]
    if not rows:
        return 0
    new = session.scalars(
        insert(Receipt)
        .on_conflict_do_nothing(constraint="uq_receipt_told")
        .returning(Receipt)
        .execution_options(populate_existing=True),
        sorted(rows, key=lambda row: (row["reference"], row["told"])),
    ).all()
    for receipt in new:
        count("receipts", provider, receipt.told)
    ours = {each.reference: each.attempt_id for each in said if each.attempt_id is not None}
    _apply(session, new, ours, policy, now)
    return len(new)


def apply_unmatched(session: Session, policy: Policy, now: datetime) -> int:
    """Apply receipts whose attempt has become known since; how many."""
    waiting = session.scalars(
        select(Receipt)
        .join(
            Attempt,
            (Attempt.provider == Receipt.provider) & (Attempt.reference == Receipt.reference),
        )
        .where(Receipt.attempt_id.is_(None))
        .order_by(Receipt.received_at)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True, of=Receipt)
    ).all()
    _apply(session, waiting, {}, policy, now)
    return len(waiting)


def _row(provider: str, said: Said, now: datetime) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "provider": provider,
        "reference": said.reference,
        "told": said.told,
        "at": said.at,
        "permanent": said.permanent,
        "reason": said.reason or None,
        "detail": kept(said.detail),
        "received_at": now,
    }


def _apply(
    session: Session,
    receipts: Sequence[Receipt],
    ours: dict[str, Any],
    policy: Policy,
    now: datetime,
) -> None:
    """Find the attempts, then raise them and their deliveries: locked in the order of their ids."""
    if not receipts:
        return
    attempts = _attempts(session, receipts, ours)
    deliveries = {
        each.id: each
        for each in session.scalars(
            select(Delivery)
            .where(Delivery.id.in_({each.delivery_id for each in attempts.values()}))
            .order_by(Delivery.id)
            .with_for_update()
        )
    }
    last = _last_attempts(session, list(deliveries))
    arrived = []
    for receipt in sorted(receipts, key=lambda each: (each.at, each.id)):
        attempt = attempts.get(receipt.id)
        if attempt is None:
            continue
        receipt.attempt_id = attempt.id
        delivery = deliveries[attempt.delivery_id]
        before = State(delivery.state)
        raised = _raise(attempt, receipt)
        current = last[delivery.id] == attempt.id
        _follow(delivery, attempt, receipt, current=current and raised)
        failed = attempt.state == Handed.FAILED and receipt.told == Told.FAILED
        if failed and current and before in (State.SENT, State.SENDING):
            _next(delivery, attempt, receipt, policy, now)
        if delivery.state in ARRIVED and before not in ARRIVED:
            arrived.append((delivery, attempt.channel, receipt.at))
            took = max((receipt.at - attempt.made_at).total_seconds(), 0.0)
            observe("arriving", attempt.provider, value=took)
            count("deliveries", attempt.channel, State.DELIVERED.value)
        if delivery.state == State.READ and before is not State.READ:
            count("deliveries", attempt.channel, State.READ.value)
    tell.delivered(session, arrived)


def _attempts(
    session: Session, receipts: Sequence[Receipt], ours: dict[str, Any]
) -> dict[Any, Attempt]:
    """The attempt of each receipt, by the receipt's id: by our own id, else by the provider's.

    One that has no reference yet (its answer was never noted) gets the receipt's, unless another
    attempt has it: two messages that a provider names alike are told apart by our own ids alone.
    """
    by_id = {
        each.id: each
        for each in session.scalars(
            select(Attempt)
            .where(Attempt.id.in_(set(ours.values())))
            .order_by(Attempt.id)
            .with_for_update()
        )
    }
    named = {name for name, own in ours.items() if own in by_id and by_id[own].reference}
    references = {each.reference for each in receipts} - named
    by_reference = {
        (each.provider, each.reference): each
        for each in session.scalars(
            select(Attempt)
            .where(
                Attempt.provider.in_({each.provider for each in receipts}),
                Attempt.reference.in_(references),
            )
            .order_by(Attempt.id)
            .with_for_update()
        )
    }
    found = {}
    for each in receipts:
        other = by_reference.get((each.provider, each.reference))
        attempt = by_id.get(ours.get(each.reference)) or other
        if attempt is None or attempt.provider != each.provider:
            continue
        found[each.id] = attempt
        if attempt.reference is None and other is None:
            # The provider has accepted it all the same.
            attempt.reference = each.reference
            by_reference[each.provider, each.reference] = attempt
        elif attempt.reference is None:
            _log.warning(
                "%s gives attempt %s an id that another attempt has", each.provider, attempt.id
            )
    return found


def _last_attempts(session: Session, deliveries: Sequence[Any]) -> dict[Any, Any]:
    last = (
        select(Attempt.delivery_id, Attempt.id)
        .where(Attempt.delivery_id.in_(deliveries))
        .order_by(Attempt.delivery_id, Attempt.id.desc())
        .ext(distinct_on(Attempt.delivery_id))
    )
    return {row.delivery_id: row.id for row in session.execute(last)}


def _raise(attempt: Attempt, receipt: Receipt) -> bool:
    """Whether the attempt is further than before."""
    told = Told(receipt.told)
    after = attempt_after(Handed(attempt.state), told)
    if after == attempt.state:
        return False
    attempt.state = after
    attempt.reason = receipt.reason if told is Told.FAILED else None
    attempt.detail = receipt.detail if told is Told.FAILED else None
    if told is Told.DELIVERED:
        attempt.delivered_at = receipt.at
    if told is Told.READ:
        attempt.read_at = receipt.at
    return True


def _follow(delivery: Delivery, attempt: Attempt, receipt: Receipt, *, current: bool) -> None:
    told = Told(receipt.told)
    state = State(delivery.state)
    after = delivery_after(state, told, current=current)
    if after in ARRIVED:
        delivery.channel = attempt.channel
        delivery.reason = delivery.detail = delivery.fallback_at = delivery.sealed = None
        # What has arrived was sent, also where the provider's answer is not noted yet.
        delivery.sent_at = delivery.sent_at or receipt.at
        if delivery.delivered_at is None:
            delivery.delivered_at = receipt.at
        if after is State.READ:
            delivery.read_at = delivery.read_at or receipt.at
    if after is State.SENT and state is not State.SENT:
        delivery.reason = delivery.detail = None
        delivery.sent_at = delivery.sent_at or receipt.at
    delivery.state = after


def _next(
    delivery: Delivery, attempt: Attempt, receipt: Receipt, policy: Policy, now: datetime
) -> None:
    """The channel did not carry it: the next claim takes the next one, or finds that none is left.

    A failure that may pass is tried again on the same channel, by its next provider, as if it had
    been refused at once.
    """
    delivery.reason, delivery.detail = receipt.reason, receipt.detail
    delivery.fallback_at = None
    again = policy.next_attempt(delivery.tries, now, random.random())
    if receipt.permanent or again is None:
        delivery.state, delivery.next_attempt_at = State.CREATED, now
        delivery.tries = delivery.turn = 0
        delivery.spent = [*delivery.spent, attempt.channel]
    else:
        delivery.state, delivery.next_attempt_at = State.FAILED_TEMPORARY, again
        delivery.turn += 1
