"""Sending a message again that did not arrive: by hand, with a reason, once."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.errors import Conflict, NotFound
from services.notify.domain.care import Lane
from services.notify.domain.policy import Policy
from services.notify.domain.states import State
from services.notify.models import Delivery, Resend

RESEND: Final = "resend"
"""The ``event_type`` of what somebody has sent again."""
AGAIN: Final = (State.FAILED_PERMANENT, State.EXPIRED, State.SKIPPED)
"""In these a message may be sent again; what has arrived, is sent or waits is not. Of an attempt
whose end nobody has told it may arrive a second time: who sends again takes that upon them."""


def resend(
    session: Session, delivery_id: UUID, by: str, reason: str, policy: Policy, now: datetime
) -> tuple[Delivery, bool]:
    """Put a new delivery down, in the caller's transaction: same recipient, template and fields.

    It goes the way of every message: who has opted out gets it no more than the first time.

    Args:
        by: the subject of who does it.
        now: aware.

    Returns:
        The new delivery, and whether it is new: the same one is sent again once, and what came of
        that may be sent again in its turn.

    Raises:
        NotFound: there is none of that id.
        Conflict: it has arrived or may still; or its address is not kept, since a service asked for
            it by a call.
    """
    original = session.get(Delivery, delivery_id, with_for_update=True)
    if original is None:
        raise NotFound(f"There is no delivery {delivery_id}.", {"id": str(delivery_id)})
    done = session.scalars(select(Resend).where(Resend.original_id == delivery_id)).one_or_none()
    if done is not None:
        return session.get_one(Delivery, done.id), False
    told = {"id": str(delivery_id), "state": original.state}
    if original.state not in AGAIN:
        raise Conflict(f"It is {original.state}: only what has ended unsent is sent again.", told)
    if original.audience is None:
        raise Conflict(
            "Its address is not kept any more: the service that asked for it may ask again.", told
        )
    key = uuid7()
    made = Delivery(
        id=key,
        event_id=key,
        event_type=RESEND,
        template=original.template,
        purpose=original.purpose,
        lane=original.lane,
        audience=original.audience,
        recipient_ref=original.recipient_ref,
        fields=original.fields,
        state=State.CREATED,
        next_attempt_at=now,
        of_use_until=policy.of_use_until(Lane(original.lane), now),
        created_at=now,
    )
    session.add(made)
    session.flush()
    session.add(Resend(id=key, original_id=delivery_id, by=by, reason=reason, at=now))
    session.flush()
    return made, True
