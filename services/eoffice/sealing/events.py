"""Events on the record: the act that an event is recorded with names it, with its digest.

So a row of the outbox that no act names was not put there by the service.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from palika.events import Event
from palika.outbox import watch
from services.eoffice.domain.chaining import canonical

NAMED = "events"
"""Under this an act's data has the digests of its events, by their ids."""
ROOTED = "eoffice.rooted.v1"
"""It is recorded without an act: what it says is signed, and stands in the root."""
BEAT = "eoffice.heartbeat.v1"
"""The pipeline's own: no act, and nobody's measure."""
TAKEN_IN = "events taken in"
"""The act that names, once, what was in the outbox before acts named events."""
_OURS = "eoffice."
_PENDING = "eoffice.events"


@dataclass(frozen=True, slots=True)
class _Pending:
    id: str
    subject: str
    digest: str


def digest_of(row: Mapping[str, Any]) -> str:
    """The SHA-256 of what an outbox row publishes, and where to, in hexadecimal."""
    said = [str(row["event_id"]), row["type"], row["exchange"], row["routing_key"], row["body"]]
    return hashlib.sha256(canonical(said)).hexdigest()


def taken(session: Session) -> dict[str, Any]:
    """What the next act says of the events that were recorded since the one before."""
    pending: list[_Pending] = session.info.pop(_PENDING, [])
    return {NAMED: {each.id: each.digest for each in pending}} if pending else {}


def taken_by_subject(session: Session) -> dict[str, dict[str, Any]]:
    """The same, by what the events are about."""
    found: dict[str, dict[str, Any]] = {}
    for each in session.info.pop(_PENDING, []):
        found.setdefault(each.subject, {NAMED: {}})[NAMED][each.id] = each.digest
    return found


@watch
def _recorded(session: Session, events: Sequence[Event], rows: Sequence[Mapping[str, Any]]) -> None:
    # A process may have other services' sessions too.
    pending = [
        _Pending(str(each.id), each.subject, digest_of(row))
        for each, row in zip(events, rows, strict=True)
        if each.type.startswith(_OURS) and each.type not in (ROOTED, BEAT)
    ]
    if pending:
        session.info[_PENDING] = [*session.info.get(_PENDING, []), *pending]


@event.listens_for(Session, "before_commit")
def _all_named(session: Session) -> None:
    if pending := session.info.pop(_PENDING, []):
        raise RuntimeError(
            f"recorded without an act after it: {', '.join(each.id for each in pending)}"
        )


@event.listens_for(Session, "after_transaction_create")
def _remember(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        session.info[_PENDING, id(transaction)] = session.info.get(_PENDING, [])


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, previous: SessionTransaction) -> None:
    if previous.nested:
        session.info[_PENDING] = session.info.get((_PENDING, id(previous)), [])
    elif previous.parent is None:
        session.info.pop(_PENDING, None)


@event.listens_for(Session, "after_transaction_end")
def _tidy(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        for key in [each for each in session.info if each[0] == _PENDING]:
            del session.info[key]
