"""Log and trace context of a handler."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import time_ns

from palika import logs, spans, tracing
from palika.events import Event
from palika.subscribe.outcomes import Done, Outcome

_DONE = Done()


@contextmanager
def handling(
    queue: str, events: list[Event], outcomes: Mapping[str, Outcome], started_ns: int
) -> Iterator[None]:
    """Log and trace what is done with the fresh events of a batch, to the end of its transaction.

    An event that is alone is handled in its own trace, and what the handler records goes on in it.
    Several have none in common: they are handled in a new one, which links to theirs; and each of
    them that is recorded has a span in its own, which links to that one.

    Args:
        queue: of the subscription.
        events: at least one.
        outcomes: of the handler, of events that it leaves aside; filled inside.
        started_ns: when the transaction began.
    """
    first = events[0]
    if len(events) == 1:
        name, attributes = queue, None
        if tracing.recording():
            name, attributes = spans.process(first.type, first.id, queue)
        with logs.context(
            event_id=first.id,
            traceparent=first.traceparent,
            name=name,
            kind="consumer",
            attributes=attributes,
            started_ns=started_ns,
        ):
            yield
            for outcome in outcomes.values():
                if outcome != _DONE:
                    tracing.fail(type(outcome).__name__)
        return
    recorded = [event for event in events if tracing.is_recorded(event.traceparent)]
    name, attributes = spans.process_batch(queue, len(events))
    with logs.context(
        event_id=None,
        traceparent=None,
        name=name,
        kind="consumer",
        attributes=attributes,
        links=[str(event.traceparent) for event in recorded[: spans.LINKS_MOST]],
        started_ns=started_ns,
    ) as together:
        yield
    _trace(queue, recorded, outcomes, started_ns, together)


def _trace(
    queue: str,
    events: list[Event],
    outcomes: Mapping[str, Outcome],
    started_ns: int,
    together: str,
) -> None:
    ended_ns = time_ns()
    links = [together] if tracing.is_recorded(together) else []
    for event in events:
        outcome = outcomes.get(event.id, _DONE)
        name, attributes = spans.process(event.type, event.id, queue)
        tracing.record(
            str(event.traceparent),
            name,
            "consumer",
            attributes,
            started_ns=started_ns,
            ended_ns=ended_ns,
            error_type=None if outcome == _DONE else type(outcome).__name__,
            links=links,
        )
