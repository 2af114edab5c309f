"""The write side of the backbone: an event is recorded in the transaction that causes it.

``record`` is the only way to publish. The relay (:mod:`palika.relay`) carries what is recorded to
the broker; a transaction that rolls back has published nothing.
"""

from sqlalchemy import insert
from sqlalchemy.orm import Session

from palika import metrics
from palika.errors import Invalid
from palika.events import Event, lookup
from palika.tables import outbox


def record(session: Session, *events: Event) -> None:
    """Put events into the outbox, in the caller's transaction.

    Args:
        session: an open session on the publishing service's own database.
        events: made by ``EventType.new``; kept in this order.

    Raises:
        KeyError: an event's type is not registered in this process.
        Invalid: the data of an event made or changed by hand does not fit its schema.
    """
    if not events:
        return
    rows = []
    for event in events:
        kind = lookup(event.type)
        if misfits := kind.schema.validate(event.data):
            raise Invalid(f"the data of {event.type} does not fit its schema", misfits)
        rows.append(
            {
                "event_id": event.id,
                "type": event.type,
                "exchange": kind.name.exchange,
                "routing_key": kind.name.routing_key,
                "mandatory": kind.logged,
                "body": event.to_json(),
            }
        )
    session.execute(insert(outbox), rows)
    for event in events:
        metrics.EVENTS_RECORDED.labels(type=event.type).inc()
