"""The outbox: whether every event in it was recorded by an act, and none is missing."""

import json
from collections.abc import Collection, Iterator
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
    told: set[int] = set()
    while ids := [each.peek for each in (rows, acts) if each.peek is not None]:
        event_id = min(ids)
        here, named = list(rows.take(event_id)), list(acts.take(event_id))
        if here and here[0].type == ROOTED and (root := _root_of(session, here[0])) is not None:
            told.add(root.position)
        yield from _event(session, event_id, here, named, kept_since)
    yield from _untold(session, told, kept_since)


def _untold(session: Session, told: Collection[int], kept_since: datetime) -> Iterator[Finding]:
    """Roots that are too young for their event to have been pruned, and it is not there: no act
    names that event, since what it says stands in the root."""
    young = select(Root.position).where(Root.made_at > kept_since).order_by(Root.position)
    for position in session.scalars(young):
        if position not in told:
            why = "the event that tells of this root is not in the outbox"
            yield Finding(How.REMOVED, f"outbox:{ROOTED} {position}", why)


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
            if row.type != ROOTED or _root_of(session, row) is None:
                yield Finding(How.INSERTED, name, f"no act recorded this {row.type}")
        elif digest_of(row._mapping) not in digests:
            yield Finding(How.CHANGED, name, "it is not what its act has recorded", told)


def _root_of(session: Session, row: Any) -> Root | None:
    """The root that an event tells of, as it was signed; None: there is none such."""
    try:
        data = json.loads(row.body)["data"]
        root = session.get(Root, data["position"])
        return root if root is not None and root.signature.hex() == data["signature"] else None
    except (ValueError, TypeError, KeyError):
        return None
