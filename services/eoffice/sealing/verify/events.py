"""The outbox: whether every event in it was recorded by an act, and none is missing."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Text, cast, select, text
from sqlalchemy.orm import Session

from palika.config import settings
from palika.tables import outbox
from services.eoffice.models import Root
from services.eoffice.sealing.events import BEAT, ROOTED, TAKEN_IN, digest_of
from services.eoffice.sealing.verify.finding import (
    Finding,
    Groups,
    How,
    Progress,
    counted,
    streamed,
)

_NAMED = text(
    "SELECT told.key AS id, told.value AS digest, act.chain_id, act.position, act.at, act.verb "
    "FROM act, "
    "LATERAL jsonb_each_text(CASE jsonb_typeof(data -> 'events') WHEN 'object' "
    "THEN data -> 'events' ELSE '{}' END) told WHERE data ? 'events' "
    'ORDER BY told.key COLLATE "C", act.chain_id, act.position'
)


def verify_events(session: Session, progress: Progress) -> Iterator[Finding]:
    """Events of the outbox that no act names, that say something else than was recorded, or that
    are not there though they are too young to have been pruned."""
    columns = outbox.c
    key = cast(columns.event_id, Text)
    statement = select(
        *(columns.position, columns.event_id, columns.type, columns.exchange),
        *(columns.routing_key, columns.body, key.label("id")),
    )
    statement = statement.where(columns.type != BEAT)
    statement = statement.order_by(key.collate("C"), columns.position)
    rows = Groups(counted(streamed(session, statement), "outbox", progress), lambda each: each.id)
    acts = Groups(streamed(session, _NAMED), lambda each: each.id)
    # What is sent is pruned after so many hours: it may be gone, and was recorded before it.
    kept_since = datetime.now(UTC) - timedelta(hours=settings("eoffice").outbox_keep_h)
    while ids := [each.peek for each in (rows, acts) if each.peek is not None]:
        event_id = min(ids)
        here, named = list(rows.take(event_id)), list(acts.take(event_id))
        yield from _event(session, event_id, here, named, kept_since)


def _event(
    session: Session, event_id: str, here: list[Any], named: list[Any], kept_since: datetime
) -> Iterator[Finding]:
    name = f"outbox:{event_id}"
    digests = {each.digest for each in named}
    told = f"{named[0].chain_id},{named[0].position}" if named else None
    if not here:
        # What was taken in had been sent before, nobody knows when: its act says nothing of that.
        if any(each.at > kept_since for each in named if each.verb != TAKEN_IN):
            yield Finding(How.REMOVED, name, "it was recorded and is not in the outbox", told)
        return
    for again, row in enumerate(here):
        if again:
            yield Finding(How.INSERTED, name, "it is in the outbox more than once", told)
        elif not named:
            if row.type != ROOTED or not _is_of_a_root(session, row):
                yield Finding(How.INSERTED, name, f"no act recorded this {row.type}")
        elif digest_of(row._mapping) not in digests:
            yield Finding(How.CHANGED, name, "it is not what its act has recorded", told)


def _is_of_a_root(session: Session, row: Any) -> bool:
    """Whether an event tells of a root as it was signed."""
    try:
        data = json.loads(row.body)["data"]
        root = session.get(Root, data["position"])
        return root is not None and root.signature.hex() == data["signature"]
    except (ValueError, TypeError, KeyError):
        return False
