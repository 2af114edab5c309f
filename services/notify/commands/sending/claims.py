"""Taking deliveries for a process, and giving them back."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from services.notify.domain.care import Lane
from services.notify.domain.states import DUE, State
from services.notify.models import Delivery


def something_due(session: Session, lane: Lane, now: datetime) -> bool:
    """Whether there is something to claim in a lane."""
    due = select(Delivery.id).where(
        Delivery.lane == lane, Delivery.state.in_(DUE), Delivery.next_attempt_at <= now
    )
    return session.execute(due.limit(1)).first() is not None


def codes_of_late(session: Session, since: datetime) -> bool:
    """Whether login codes have been asked for since a moment."""
    codes = select(Delivery.id).where(Delivery.lane == Lane.URGENT, Delivery.created_at >= since)
    return session.execute(codes.limit(1)).first() is not None


def claim(session: Session, lane: Lane, now: datetime, most: int) -> list[Delivery]:
    """Take up to ``most`` due deliveries of a lane for this process; they are ``sending`` then."""
    due = (
        select(Delivery.id)
        .where(Delivery.lane == lane, Delivery.state.in_(DUE), Delivery.next_attempt_at <= now)
        .order_by(Delivery.next_attempt_at, Delivery.id)
        .limit(most)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    taken = (
        update(Delivery)
        .where(Delivery.id == due.c.id)
        .values(state=State.SENDING, sending_at=now)
        .returning(Delivery)
        .execution_options(synchronize_session=False)
    )
    found: Sequence[Delivery] = session.scalars(taken).all()
    return sorted(found, key=lambda each: (each.next_attempt_at, each.id))
