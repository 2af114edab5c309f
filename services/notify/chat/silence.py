"""What time brings: reminders and ends, what was left lying, what is kept no longer."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.orm import Session

from services.notify import tries
from services.notify.chat.ports import Ports
from services.notify.chat.saying import TICK
from services.notify.chat.store import OPEN, locked, put
from services.notify.chat.turns import Bot
from services.notify.domain.chat.conversation import OfficerSaid, Tick
from services.notify.models.chat import (
    Asked,
    ConversationMessage,
    ConversationRow,
    Handover,
    LinkCode,
    PropertyLink,
    Queued,
)

_AT_ONCE: Final = 100
_MESSAGES_KEPT: Final = timedelta(days=8)
"""Meta repeats a webhook for seven days: so long a message has to be known again."""
_CODES_KEPT: Final = timedelta(days=2)
_LINKS_KEPT: Final = timedelta(days=365)
_UNSAID_FOR: Final = timedelta(hours=72)
_ASKED: Final = (Asked.OPEN, Asked.ANSWERED)


def sweep(ports: Ports, stopping: Callable[[], bool]) -> int:
    """One round; any number of processes may make it at once.

    Args:
        ports: of the bot.
        stopping: whether to leave.

    Returns:
        How many citizens' queues it went through.
    """
    now = ports.now()
    keys = [*_put_ticks(ports, now), *_end_handovers(ports, now), *_left(ports, now)]
    bot, run = Bot(ports), 0
    for key in dict.fromkeys(keys):
        if stopping():
            break
        run += bot.run(key, stopping)
    with ports.begin() as session:
        _forget(session, ports, now)
    return run


def _put_ticks(ports: Ports, now: datetime) -> Sequence[str]:
    """Reminders and ends that are due, into the queues."""
    with ports.begin() as session:
        due = session.scalars(
            select(ConversationRow.recipient_key)
            .where(ConversationRow.due_at <= now)
            .order_by(ConversationRow.due_at)
            .limit(_AT_ONCE)
        ).all()
    for key in due:
        with ports.begin() as session:
            row = locked(session, key)
            if row is None or row.due_at is None or row.due_at > now:
                continue
            ends = row.heard_at + timedelta(minutes=ports.table.rules.end_minutes)
            tick = Tick.END if now >= ends else Tick.REMIND
            since = row.heard_at.isoformat()
            name = f"{TICK}{key}:{since}:{tick}"
            put(session, key, name, tick, now, now, ports.secrets, since=since)
            # Its outcome sets the next one.
            row.due_at = None
    return due


def _end_handovers(ports: Ports, now: datetime) -> Sequence[str]:
    """Questions that nobody answered for too long: the citizen is told, not left waiting. Each ends
    in one transaction with what is told of it."""
    since = now - timedelta(hours=ports.table.rules.handover_hours)
    late = (Handover.state.in_(_ASKED), Handover.changed_at <= since)
    with ports.begin() as session:
        found = session.execute(
            select(Handover.recipient_key, Handover.id)
            .where(*late)
            .order_by(Handover.changed_at)
            .limit(_AT_ONCE)
        ).all()
    for key, handover_id in found:
        with ports.begin() as session:
            # The conversation before the question: the order of all who lock both.
            row = locked(session, key)
            asked = session.scalars(
                select(Handover).where(Handover.id == handover_id, *late).with_for_update()
            ).one_or_none()
            if row is None or asked is None:
                continue
            if row.contact is None:
                row.contact = asked.contact
            text = "unanswered" if asked.state == Asked.OPEN else "answered_all"
            said = ports.table.texts[text].in_(asked.language or "mr")
            heard = OfficerSaid(said, over=True)
            put(session, key, f"handover:{handover_id}:end", heard, now, now, ports.secrets)
            asked.state = Asked.EXPIRED if asked.state == Asked.OPEN else Asked.CLOSED
            asked.ended_at = now
            asked.contact = asked.words = None
    return [key for key, _ in found]


def _left(ports: Ports, now: datetime) -> Sequence[str]:
    """Citizens who have something in their queue that nobody is at."""
    with ports.begin() as session:
        return session.scalars(
            select(ConversationMessage.recipient_key)
            .join(
                ConversationRow,
                ConversationRow.recipient_key == ConversationMessage.recipient_key,
            )
            .where(
                ConversationMessage.state.in_(OPEN),
                or_(ConversationRow.turn_until.is_(None), ConversationRow.turn_until <= now),
                # Whom a template has told waits for their own next word.
                ConversationRow.nudged_at.is_(None),
            )
            .distinct()
            .limit(_AT_ONCE)
        ).all()


def _forget(session: Session, ports: Ports, now: datetime) -> None:
    """Delete what is kept no longer."""
    session.execute(
        update(ConversationMessage)
        .where(
            ConversationMessage.state == Queued.SAYING,
            ConversationMessage.received_at < now - _UNSAID_FOR,
        )
        .values(state=Queued.DROPPED, replies=None)
    )
    session.execute(
        delete(ConversationMessage).where(
            ConversationMessage.received_at < now - _MESSAGES_KEPT,
            ConversationMessage.state.not_in(OPEN),
        )
    )
    tries.forget(session, now)
    session.execute(delete(LinkCode).where(LinkCode.made_at < now - _CODES_KEPT))
    session.execute(
        update(PropertyLink)
        .where(
            PropertyLink.ended_at.is_(None),
            PropertyLink.used_at < now - timedelta(days=ports.table.rules.link_unused_days),
        )
        .values(ended_at=now, ended_why="unused")
    )
    session.execute(
        delete(PropertyLink).where(
            and_(PropertyLink.ended_at.is_not(None), PropertyLink.ended_at < now - _LINKS_KEPT)
        )
    )
