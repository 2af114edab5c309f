"""Conversations in the database: sealed and opened, claimed, and their queues."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.notify.chat.written import heard_as_json
from services.notify.domain.chat.conversation import Conversation, Heard
from services.notify.domain.chat.table import Table
from services.notify.models.chat import ConversationMessage, ConversationRow, Queued
from services.notify.secrets import Secrets

MOST_WAITING: Final = 20
"""So many messages of one citizen wait at a time; what comes on top is dropped."""
OPEN: Final = (Queued.WAITING, Queued.SAYING)


def locked(session: Session, recipient_key: str) -> ConversationRow | None:
    """A citizen's conversation, locked until the end of the transaction."""
    return session.scalars(
        select(ConversationRow)
        .where(ConversationRow.recipient_key == recipient_key)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


def conversation_of(row: ConversationRow, secrets: Secrets) -> Conversation:
    """The conversation of a row. Raises ValueError: it was sealed with a key that is gone."""
    kept = {} if row.memory is None else secrets.open(row.memory)
    return Conversation(
        state=row.state,
        language=row.language,
        trail=tuple(kept.get("trail", ())),
        memory=kept.get("memory", {}),
        misses=kept.get("misses", 0),
    )


def keep(
    row: ConversationRow, now: Conversation, table: Table, secrets: Secrets, moment: datetime
) -> None:
    """Write a conversation back, and when its silence is to be looked at."""
    row.state, row.language = now.state, now.language
    kept = {"trail": list(now.trail), "memory": dict(now.memory), "misses": now.misses}
    row.memory = None if not now.state else secrets.seal(kept)
    here = table.states.get(now.state)
    if here is None or here.stays:
        row.due_at = None
    elif here.reminds and row.reminded_at is None:
        row.due_at = moment + timedelta(minutes=table.rules.remind_minutes)
    else:
        row.due_at = row.heard_at + timedelta(minutes=table.rules.end_minutes)


def put(
    session: Session,
    recipient_key: str,
    message_id: str,
    heard: Heard,
    at: datetime,
    now: datetime,
    secrets: Secrets,
    **beside: Any,
) -> bool:
    """Put something heard into the queue of a citizen whose conversation is locked.

    Args:
        message_id: what comes again under it is not put a second time.
        beside: kept with it.

    Returns:
        Whether it is new.
    """
    waiting = session.scalar(
        select(func.count())
        .select_from(ConversationMessage)
        .where(
            ConversationMessage.recipient_key == recipient_key,
            ConversationMessage.state.in_(OPEN),
        )
    )
    full = (waiting or 0) >= MOST_WAITING
    made = session.scalar(
        insert(ConversationMessage)
        .values(
            id=message_id,
            recipient_key=recipient_key,
            at=at,
            received_at=now,
            state=Queued.DROPPED if full else Queued.WAITING,
            heard=None if full else secrets.seal(heard_as_json(heard) | {"beside": beside}),
        )
        .on_conflict_do_nothing(index_elements=["id"])
        .returning(ConversationMessage.id)
    )
    return made is not None


def next_in_queue(session: Session, recipient_key: str) -> ConversationMessage | None:
    """The oldest of what a citizen's queue has; the conversation is locked."""
    return session.scalars(
        select(ConversationMessage)
        .where(
            ConversationMessage.recipient_key == recipient_key,
            ConversationMessage.state.in_(OPEN),
        )
        .order_by(ConversationMessage.number)
        .limit(1)
    ).one_or_none()


def take_turn(row: ConversationRow, now: datetime, seconds: int) -> UUID | None:
    """Take the turn of a locked conversation; None: another has it, or there is a pause."""
    if row.turn_until is not None and row.turn_until > now:
        return None
    row.turn = uuid4()
    row.turn_until = now + timedelta(seconds=seconds)
    return row.turn


def give_turn_back(row: ConversationRow, not_before: datetime | None = None) -> None:
    """Let others have it; with ``not_before`` nobody before then."""
    row.turn, row.turn_until = None, not_before
