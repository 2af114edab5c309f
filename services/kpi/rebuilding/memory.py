"""What the live inbox still remembers, and so whether an event that is not in it was delivered.

The ids of events are UUIDs of version 7: their first 48 bits are when the event was recorded, in
milliseconds. The inbox forgets what it has seen longest ago (PALIKA_INBOX_KEEP_DAYS). Of an event
that is not in it:

* recorded since the oldest that it remembers was seen, it was not delivered: had it been, it would
  be remembered;
* newer than the newest that was delivered, it was not delivered either;
* of every other nobody knows any more. It had been delivered, unless the queue has stood still for
  as long as the inbox remembers.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, text

from palika.events import Event, recorded_at

RECORDED = (
    "CASE WHEN substr({id}::text, 15, 1) = '7' THEN to_timestamp(('x' || "
    "left(replace({id}::text, '-', ''), 12))::bit(48)::bigint / 1000.0) END"
)
"""SQL: when the event of an id was recorded; null if its id does not tell."""

_MEMORY = text("""
    SELECT (SELECT min(seen_at) FROM inbox WHERE subscription = :subscription),
        (SELECT event_id FROM inbox WHERE subscription = :subscription
         ORDER BY event_id DESC LIMIT 1),
        EXISTS (SELECT FROM measure WHERE measure = ANY (:fed))
""")


@dataclass(frozen=True, slots=True)
class Memory:
    """How far back the live inbox remembers; see the module.

    Attributes:
        oldest: what was recorded from then on was delivered only if it is remembered.
        newest: the greatest id that was delivered; None: none is remembered.
    """

    oldest: datetime
    newest: UUID | None

    def forgets(self, event: Event) -> bool:
        """Whether an event that is not in the inbox may have been delivered none the less."""
        if self.newest is not None and UUID(event.id) > self.newest:
            return False
        return (recorded_at(event.id) or event.time) < self.oldest


def memory_of(connection: Connection, subscription: str, fed: list[str], keep_days: int) -> Memory:
    """What the live inbox remembers, as the connection's snapshot has it.

    Args:
        connection: on the live tables.
        subscription: of the measures.
        fed: the measures that events feed.
        keep_days: PALIKA_INBOX_KEEP_DAYS: what was seen before is being forgotten, some of it
            perhaps already; and the inbox may be empty though something was counted.
    """
    known = {"subscription": subscription, "fed": fed}
    oldest, newest, counted = connection.execute(_MEMORY, known).one()
    kept = datetime.now(UTC) - timedelta(days=keep_days)
    if oldest is None:
        oldest = kept if counted else datetime.min.replace(tzinfo=UTC)
    else:
        oldest = max(oldest, kept)
    return Memory(oldest, newest)
