"""Put a batch of events down as deliveries: one statement, whatever the batch."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.events import Event
from palika.subscribe import Refuse
from services.notify.domain.sending import CREATED, SKIPPED, STALE_EVENT, Policy
from services.notify.domain.templates import Template, Templates
from services.notify.domain.wording import aware
from services.notify.models import Delivery


def enqueue(
    session: Session, events: Sequence[Event], now: datetime, known: Templates, policy: Policy
) -> dict[str, Refuse]:
    """Write one delivery for each event that has a template, in the caller's transaction.

    Nothing is sent and nobody is asked here. A delivery for an event that happened too long ago
    is written as skipped, `stale_event`.

    Returns:
        The refusals, by event id, each naming the field: those events wrote nothing.
    """
    rows: list[dict[str, Any]] = []
    refused: dict[str, Refuse] = {}
    calls_for = known.by_event
    for event in events:
        template = calls_for.get(event.type)
        if template is None:
            refused[event.id] = Refuse(f"type: no template is for {event.type!r}")
            continue
        try:
            rows.append(_row(event, template, now, policy))
        except ValueError as error:
            refused[event.id] = Refuse(str(error))
    if rows:
        # SQLAlchemy makes one INSERT … VALUES of them all.
        session.execute(
            insert(Delivery).on_conflict_do_nothing(constraint="uq_delivery_message"), rows
        )
    return refused


def _row(event: Event, template: Template, now: datetime, policy: Policy) -> dict[str, Any]:
    recipient = event.data.get(template.recipient) if isinstance(event.data, dict) else None
    if not isinstance(recipient, str) or not recipient:
        raise ValueError(f"{template.recipient}: missing")
    try:
        # As the service that knows them writes it.
        recipient = str(UUID(recipient))
    except ValueError as error:
        raise ValueError(f"{template.recipient}: not a UUID: {recipient!r:.60}") from error
    happened = event.data.get(template.happened)
    if not isinstance(happened, str):
        raise ValueError(f"{template.happened}: missing")
    stale = policy.is_stale(aware(happened), now)
    return {
        "id": uuid7(),
        "event_id": event.id,
        "event_type": event.type,
        "template": template.name,
        "audience": template.audience,
        "recipient_ref": recipient,
        "fields": event.data,
        "state": SKIPPED if stale else CREATED,
        "reason": STALE_EVENT if stale else None,
        "next_attempt_at": now,
        "created_at": now,
    }
