"""Applying receipts: what is known of attempts and their deliveries is raised, never lowered."""

import logging
import random
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from services.notify.commands import tell
from services.notify.counts import count, observe
from services.notify.domain.care import Lane
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


def waiting(session: Session, most: int) -> int:
    """How many receipts nobody has looked at yet; ``most``, if there are more."""
    some = select(Receipt.id).where(Receipt.looked_at.is_(None)).limit(most).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def apply_new(session: Session, policy: Policy, now: datetime, most: int = _AT_ONCE) -> int:
    """Apply receipts that nobody has looked at yet, the oldest first; how many there were.

    Any number of processes may do so at once. One of which the attempt is not known yet is kept,
    and looked at again by ``apply_unmatched``.
    """
    new = session.scalars(
        select(Receipt)
        .where(Receipt.looked_at.is_(None))
        .order_by(Receipt.received_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()
    apply(session, new, policy, now)
    return len(new)


def apply_unmatched(session: Session, policy: Policy, now: datetime) -> int:
    """Apply receipts whose attempt has become known since; how many."""
    found = session.scalars(
        select(Receipt)
        .join(
            Attempt,
            (Attempt.provider == Receipt.provider) & (Attempt.reference == Receipt.reference),
        )
        .where(Receipt.attempt_id.is_(None), Receipt.looked_at.is_not(None))
        .order_by(Receipt.received_at)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True, of=Receipt)
    ).all()
    apply(session, found, policy, now)
    return len(found)


def apply_of(
    session: Session, deliveries: Sequence[UUID], policy: Policy, now: datetime
) -> set[UUID]:
    """Apply what is kept of some deliveries and nobody has looked at yet, before the others' turn.

    Of a bill run's receipts those of others may lie behind many: who is about to do something
    because a message has not arrived asks here first.

    Returns:
        Of which deliveries there was something; another process may be applying it now.
    """
    attempts = session.execute(
        select(Attempt.id, Attempt.delivery_id, Attempt.provider, Attempt.reference).where(
            Attempt.delivery_id.in_(deliveries)
        )
    ).all()
    by_id = {each.id: each.delivery_id for each in attempts}
    named = [each for each in attempts if each.reference is not None]
    by_reference = {(each.provider, each.reference): each.delivery_id for each in named}
    new = session.execute(
        select(Receipt.id, Receipt.own_id, Receipt.provider, Receipt.reference).where(
            Receipt.looked_at.is_(None),
            or_(
                Receipt.own_id.in_(by_id),
                Receipt.reference.in_({each.reference for each in named}),
            ),
        )
    ).all()
    found = {
        each.id: by_id.get(each.own_id) or by_reference.get((each.provider, each.reference))
        for each in new
    }
    apply(
        session,
        session.scalars(
            select(Receipt)
            .where(Receipt.id.in_(found), Receipt.looked_at.is_(None))
            .with_for_update(skip_locked=True)
        ).all(),
        policy,
        now,
    )
    return {each for each in found.values() if each is not None}


def apply(session: Session, receipts: Sequence[Receipt], policy: Policy, now: datetime) -> None:
    """Find the attempts, then raise them and their deliveries: locked in the order of their ids."""
    if not receipts:
        return
    for each in receipts:
        each.looked_at = now
    attempts = _attempts(session, receipts)
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


def _attempts(session: Session, receipts: Sequence[Receipt]) -> dict[Any, Attempt]:
    """The attempt of each receipt, by the receipt's id: by our own id, else by the provider's.

    One that has no reference yet (its answer was never noted) gets the receipt's, unless another
    attempt has it: two messages that a provider names alike are told apart by our own ids alone.
    """
    # All in one statement: locked in the order in which everybody locks them.
    known = session.scalars(
        select(Attempt)
        .where(
            or_(
                Attempt.id.in_({each.own_id for each in receipts if each.own_id}),
                Attempt.provider.in_({each.provider for each in receipts})
                & Attempt.reference.in_({each.reference for each in receipts}),
            )
        )
        .order_by(Attempt.id)
        .with_for_update()
    ).all()
    by_id = {each.id: each for each in known}
    by_reference = {(each.provider, each.reference): each for each in known if each.reference}
    found = {}
    for each in receipts:
        other = by_reference.get((each.provider, each.reference))
        attempt = by_id.get(each.own_id) or other
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
    again = policy.next_attempt(delivery.tries, now, random.random())  # noqa: S311 no secret hangs on it
    if receipt.permanent or again is None:
        delivery.state, delivery.next_attempt_at = State.CREATED, now
        delivery.tries = delivery.turn = 0
        delivery.spent = [*delivery.spent, attempt.channel]
    else:
        until = policy.channel_until(Lane(delivery.lane), delivery.created_at, len(delivery.spent))
        if until is not None and until > now:
            again = min(again, until)
        delivery.state, delivery.next_attempt_at = State.FAILED_TEMPORARY, again
        delivery.turn += 1
