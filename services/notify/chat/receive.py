"""Messages of citizens come in: into the queue of each, once."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.notify.chat.ports import Begin
from services.notify.chat.store import locked, put
from services.notify.domain.chat.table import Rules
from services.notify.domain.whatsapp_inbound import Inbound
from services.notify.models.chat import ConversationRow
from services.notify.secrets import Secrets


def receive(
    begin: Begin, inbound: Sequence[Inbound], rules: Rules, secrets: Secrets, now: datetime
) -> list[str]:
    """Keep what came, each citizen's in a transaction of its own; nothing is answered yet.

    Once this has returned the webhook may be answered: what is in the queue is not lost.

    Args:
        begin: the notify database.
        inbound: as WhatsApp's webhook has it; any order, any number of times.
        rules: of the city.
        secrets: the city's.
        now: aware.

    Returns:
        The keys of the citizens who have something new in their queue.
    """
    of_each: dict[str, list[Inbound]] = defaultdict(list)
    for each in inbound:
        of_each[each.sender].append(each)
    new = []
    for sender, messages in of_each.items():
        key = secrets.recipient(sender)
        with begin() as session:
            row = _row(session, key, messages, rules, secrets, now)
            # Of one delivery they are in the order in which they were written.
            came = [
                put(session, key, each.id, each.said, each.at, now, secrets)
                for each in sorted(messages, key=lambda each: each.at)
            ]
            if any(came):
                _heard(row, sender, messages, secrets, now)
                new.append(key)
    return new


def _row(
    session: Session,
    key: str,
    messages: Sequence[Inbound],
    rules: Rules,
    secrets: Secrets,
    now: datetime,
) -> ConversationRow:
    """The citizen's conversation, locked; a new one is made."""
    session.execute(
        insert(ConversationRow)
        .values(recipient_key=key, began_at=now, heard_at=_latest(messages, now))
        .on_conflict_do_nothing(index_elements=["recipient_key"])
    )
    row = locked(session, key)
    assert row is not None
    if row.heard_at < now - timedelta(days=rules.link_unused_days):
        # The number may be somebody else's by now: nothing of before is theirs.
        row.tenure += 1
        row.state, row.memory, row.language = "", None, ""
    return row


def _heard(
    row: ConversationRow, sender: str, messages: Sequence[Inbound], secrets: Secrets, now: datetime
) -> None:
    name = next((each.name for each in reversed(messages) if each.name), "")
    row.heard_at = max(row.heard_at, _latest(messages, now))
    row.contact = secrets.seal({"phone": sender, "name": name})
    row.nudged_at = row.reminded_at = row.due_at = None
    if not row.state:
        row.began_at = now
    if row.turn is None:
        # Whatever it paused for: the window is open now.
        row.turn_until = None


def _latest(messages: Sequence[Inbound], now: datetime) -> datetime:
    # A telephone's clock may be ahead; the window must not be.
    return min(max(each.at for each in messages), now)
