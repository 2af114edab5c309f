"""Whether what events told has reached those whom they named: for the services that told it."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.notify.domain.reasons import REASONS
from services.notify.domain.states import State, has_reached
from services.notify.models import Delivery, Resend
from services.notify.schemas import ReachedOut

_out: Final = ReachedOut()


def reached(session: Session, events: Sequence[UUID]) -> dict[str, Any]:
    """Of each recipient of each of the events, whether they were reached.

    What was sent again counts as the last try of it.

    Args:
        session: on the service's database.
        events: their ids. Of one that called for no message, or whose messages are not there yet or
            are forgotten, there is nothing in the answer.

    Returns:
        ``items``: ``event_id``, ``recipient_ref``, ``reached`` (None: it is under way), ``state``,
        ``channel``, ``reason`` (a code) and ``why`` (in words), ``skipped`` (why a channel was left
        out, by channel), ``at`` (when it arrived or else was sent, in UTC).
    """
    asked = select(Delivery).where(Delivery.event_id.in_(events)).order_by(Delivery.id)
    first = session.scalars(asked).all()
    last = {each.id: each for each in first}
    while again := _sent_again(session, [each.id for each in last.values()]):
        for original, delivery in last.items():
            last[original] = again.get(delivery.id, delivery)
    return {"items": [_item(each, last[each.id]) for each in first]}


def _sent_again(session: Session, ids: Sequence[UUID]) -> dict[UUID, Delivery]:
    """By the id of the delivery that it stands for."""
    asked = select(Resend.original_id, Delivery).join(Delivery, Delivery.id == Resend.id)
    found = session.execute(asked.where(Resend.original_id.in_(ids)))
    return dict(found.all())


def _item(first: Delivery, last: Delivery) -> dict[str, Any]:
    said = {
        "event_id": first.event_id,
        "recipient_ref": first.recipient_ref,
        "reached": has_reached(State(last.state)),
        "state": last.state,
        "channel": last.channel,
        "reason": last.reason,
        "why": REASONS.get(last.reason or ""),
        "skipped": last.skipped,
        "at": last.delivered_at or last.sent_at,
    }
    item: dict[str, Any] = _out.dump(said)
    return item
