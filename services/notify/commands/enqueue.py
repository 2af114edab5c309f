"""Put a batch of events down as deliveries: one statement, whatever the batch."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika import tracing
from palika.errors import PalikaError
from palika.events import Event
from palika.subscribe import Refuse
from services.notify.counts import NO_CHANNEL, count
from services.notify.domain.calls_for import Call
from services.notify.domain.policy import Policy
from services.notify.domain.reasons import STALE_EVENT
from services.notify.domain.states import State
from services.notify.domain.templates import Template, Templates
from services.notify.domain.wording import aware
from services.notify.models import Delivery

_CODE: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,99}", re.ASCII)
_OFFICER: Final = re.compile(r"[a-z0-9][a-z0-9.-]{0,89}", re.ASCII)
"""Of a post, as the e-office has them."""


def enqueue(
    session: Session,
    events: Sequence[Event],
    now: datetime,
    calls: Mapping[str, Call],
    known: Templates,
    policy: Policy,
) -> dict[str, Refuse]:
    """Write a delivery for each recipient of each event, in the caller's transaction.

    Nothing is sent and nobody is asked here. A delivery for an event that happened too long ago
    is written as skipped, `stale_event`.

    Args:
        calls: which event calls for which template.
        known: the templates: each says for what purpose, and in which lane.

    Returns:
        The refusals, by event id, each naming the field: those events wrote nothing.
    """
    rows: list[dict[str, Any]] = []
    refused: dict[str, Refuse] = {}
    for event in events:
        call = calls.get(event.type)
        if call is None:
            refused[event.id] = Refuse(f"type: no template is for {event.type!r}")
            continue
        try:
            rows += _rows(event, call, known.named(call.template), now, policy)
        except (ValueError, PalikaError) as error:
            refused[event.id] = Refuse(str(error))
    if rows:
        # SQLAlchemy makes one INSERT … VALUES of them all.
        session.execute(
            insert(Delivery).on_conflict_do_nothing(constraint="uq_delivery_message"), rows
        )
        if stale := sum(row["state"] is State.SKIPPED for row in rows):
            count("skips", STALE_EVENT, amount=stale)
            count("deliveries", NO_CHANNEL, State.SKIPPED.value, amount=stale)
    return refused


def _recipients(event: Event, call: Call) -> list[str]:
    """Whom the event names, each once.

    Raises:
        ValueError: names the field that does not.
    """
    data = event.data
    whom: list[str] = []
    if call.recipient is not None:
        recipient = data.get(call.recipient)
        if not isinstance(recipient, str) or not recipient:
            raise ValueError(f"{call.recipient}: missing")
        found = _ids([recipient], call.known_by)
        if found is None:
            what = "UUID" if call.known_by == "id" else "code"
            raise ValueError(f"{call.recipient}: not a {what}: {recipient!r:.60}")
        whom += found
    for field in call.also:
        others = _ids(data.get(field, []), call.known_by)
        if others is None:
            raise ValueError(f"{field}: no id, and no list of ids")
        whom += others
    return list(dict.fromkeys(whom))


def _ids(values: Any, known_by: str) -> list[str] | None:
    """Ids, or codes, as the service that knows them writes them; None if it is no list, or one is
    none."""
    if isinstance(values, str):
        values = [values]
    if not isinstance(values, list):
        return None
    try:
        if known_by == "code":
            return values if all(_CODE.fullmatch(each) for each in values) else None
        if known_by == "officer":
            whole = all(_OFFICER.fullmatch(each) for each in values)
            return [f"officer:{each}" for each in values] if whole else None
        return [str(UUID(value)) for value in values]
    except (AttributeError, TypeError, ValueError):
        return None


def _rows(
    event: Event, call: Call, template: Template, now: datetime, policy: Policy
) -> list[dict[str, Any]]:
    if not isinstance(event.data, dict):
        raise ValueError("data: not a table")
    if not call.is_for_people(event.data):
        return []
    recipients = _recipients(event, call)
    happened = event.data.get(call.happened)
    if not isinstance(happened, str):
        raise ValueError(f"{call.happened}: missing")
    stale = policy.is_stale(aware(happened), now)
    told = {
        "event_id": event.id,
        "event_type": event.type,
        "template": template.name,
        "purpose": template.purpose,
        "lane": template.lane,
        "audience": call.audience,
        "fields": event.data,
        "state": State.SKIPPED if stale else State.CREATED,
        "reason": STALE_EVENT if stale else None,
        "next_attempt_at": now,
        "of_use_until": policy.of_use_until(template.lane, now),
        "traceparent": tracing.to_keep(event.traceparent),
        "created_at": now,
    }
    return [told | {"id": uuid7(), "recipient_ref": recipient} for recipient in recipients]
