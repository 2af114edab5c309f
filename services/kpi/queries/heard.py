"""How far the events have come of which the measures are made."""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.tables import inbox
from palika.topology import queue_of

_SUBSCRIPTION = queue_of("kpi", "measures")


def heard_until(session: Session) -> datetime | None:
    """When the newest event that counts was made.

    It is told by the event's id (a UUIDv7 begins with its millisecond); None: none has come yet.
    """
    query = (
        select(inbox.c.event_id)
        .where(inbox.c.subscription == _SUBSCRIPTION)
        .order_by(inbox.c.event_id.desc())
        .limit(1)
    )
    found = session.scalar(query)
    if found is None or found.version != 7:
        return None
    return datetime.fromtimestamp((found.int >> 80) / 1000, UTC)
