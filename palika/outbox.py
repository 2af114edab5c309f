"""The write side of the backbone: an event is recorded in the transaction that causes it.

``record`` is the only way to publish. The relay (:mod:`palika.relay`) carries what is recorded to
the broker; a transaction that rolls back has published nothing.

What an RPC call records it records once: carried out again (its message was delivered twice, one
after the other or at the same time), it waits for the first to end and is refused. A call that
writes and records no event is protected by its own service or not at all: the e-office numbers its
acts in the same way (``calls.numbered_act``); of the others such a call can be carried out twice.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from palika import calls, metrics, spans, tracing
from palika.database import violates
from palika.errors import Invalid
from palika.events import Event, lookup
from palika.tables import outbox

_ONCE_A_CALL = "uq_outbox_call"

Watcher = Callable[[Session, Sequence[Event], Sequence[Mapping[str, Any]]], None]
"""Told of the events that a transaction records, and of their rows of the outbox."""
_watchers: list[Watcher] = []


def watch(watcher: Watcher) -> Watcher:
    """Let ``watcher`` be called in every transaction that records events, once they are in the
    outbox: for a service that keeps a record of what it has published."""
    _watchers.append(watcher)
    return watcher


def record(session: Session, *events: Event) -> None:
    """Put events into the outbox, in the caller's transaction.

    Args:
        session: an open session on the publishing service's own database.
        events: made by ``EventType.new``; kept in this order.

    Raises:
        KeyError: an event's type is not registered in this process.
        Invalid: the data of an event made or changed by hand does not fit its schema.
        Conflict: this call has been carried out already; its answer was lost.
    """
    if not events:
        return
    with _spans(events) as traced:
        _record(session, traced)


@contextmanager
def _spans(events: Sequence[Event]) -> Iterator[Sequence[Event]]:
    """A span for each event of a trace that is recorded, until it is in the outbox; what comes of
    the event hangs under it. Heartbeats have none."""
    if not tracing.recording():
        yield events
        return
    traced: list[Event] = []
    live: list[tracing.Live] = []
    for event in events:
        cause = event.traceparent or tracing.current_traceparent()
        of_it = spans.create(cause, event.type, event.id) if lookup(event.type).logged else None
        if of_it is not None:
            live.append(of_it)
            event = replace(event, traceparent=of_it.traceparent)
        traced.append(event)
    try:
        yield traced
    except Exception as error:
        for each in live:
            each.fail(type(error).__name__)
        raise
    finally:
        for each in live:
            each.end()


def _record(session: Session, events: Sequence[Event]) -> None:
    rows = []
    for event, call in zip(events, calls.numbered(len(events)), strict=True):
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
                "call": call,
            }
        )
    try:
        session.execute(insert(outbox), rows)
    except IntegrityError as error:
        if not violates(error, _ONCE_A_CALL):
            raise
        raise calls.carried_out_already() from error
    for event in events:
        metrics.EVENTS_RECORDED.labels(type=event.type).inc()
    for each in _watchers:
        each(session, events, rows)


def recorded_before(session: Session) -> bool:
    """Whether the call that is carried out has recorded something already, when it came first.

    For a service whose rules would refuse it the second time for another reason: what has become
    of it is that it was carried out.
    """
    number = calls.first_number()
    if number is None:
        return False
    return session.scalar(select(outbox.c.event_id).where(outbox.c.call == number)) is not None
