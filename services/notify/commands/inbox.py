"""Keeping messages for citizens to read on the city's own pages, and noting what was read."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.notify.commands.receive import receive
from services.notify.domain.messages import Message, Receipt, Told
from services.notify.domain.policy import Policy
from services.notify.models import Attempt, InboxMessage
from services.notify.secrets import Secrets

INBOX = "inbox"
"""The provider's name."""


def keep(
    session: Session, message: Message, secrets: Secrets, policy: Policy, now: datetime
) -> str:
    """Keep a message, in the caller's transaction; it has arrived with that. Once a delivery.

    Returns:
        Its reference.
    """
    row = {
        "id": message.delivery_id,
        "attempt_id": message.attempt_id,
        "recipient_key": secrets.recipient(message.address),
        "sealed": secrets.seal({"subject": message.subject, "body": message.body}),
        "template": message.template,
        "language": message.language,
        "created_at": now,
    }
    session.execute(insert(InboxMessage).values(row).on_conflict_do_nothing())
    reference = reference_of(message.attempt_id)
    arrived = Receipt(reference, message.attempt_id, Told.DELIVERED, now)
    receive(session, INBOX, [arrived], policy, now)
    return reference


def read(
    session: Session, recipient_key: str, ids: Sequence[UUID], policy: Policy, now: datetime
) -> int:
    """Note that a citizen has read messages of theirs; how many were not read before."""
    mine = (
        select(InboxMessage.id)
        .where(
            InboxMessage.recipient_key == recipient_key,
            InboxMessage.id.in_(ids),
            InboxMessage.read_at.is_(None),
        )
        .order_by(InboxMessage.id)
        .with_for_update()
    )
    found = session.scalars(mine).all()
    attempts = session.scalars(
        update(InboxMessage)
        .where(InboxMessage.id.in_(found))
        .values(read_at=now)
        .returning(InboxMessage.attempt_id)
        .execution_options(synchronize_session=False)
    ).all()
    # Of a delivery that is forgotten nothing needs to be told.
    known = session.scalars(select(Attempt.id).where(Attempt.id.in_(attempts))).all()
    told = [Receipt(reference_of(each), each, Told.READ, now) for each in known]
    receive(session, INBOX, told, policy, now)
    return len(found)


def reference_of(attempt_id: UUID) -> str:
    """What the inbox calls an attempt."""
    return f"inbox:{attempt_id}"
