"""Questions for people of the city: which ones wait, and their answers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Conflict, NotFound
from palika.paging import cursor_at, position_of
from services.notify.chat.actions.people import MOST_WORDS
from services.notify.chat.store import locked, put
from services.notify.domain import addresses
from services.notify.domain.chat.conversation import OfficerSaid
from services.notify.models.chat import Asked, Handover
from services.notify.secrets import Secrets

_ORDER = "handovers"


def handovers(session: Session, args: Mapping[str, Any], secrets: Secrets) -> dict[str, Any]:
    """A page of questions, those that have waited longest first.

    Args:
        session: on the notify database.
        args: ``state`` (None: those that wait for an answer), ``limit``, ``cursor``.
        secrets: the city's.

    Returns:
        ``items``: ``id``, ``state``, ``language``, ``number`` (masked), ``name``, ``words`` of both
        sides, ``asked_at``, ``changed_at``; ``next``.

    Raises:
        Invalid: a cursor of another list.
    """
    state = args["state"] or Asked.OPEN
    asked = (
        select(Handover)
        .where(Handover.state == state)
        .order_by(Handover.asked_at, Handover.id)
        .limit(args["limit"] + 1)
    )
    order = f"{_ORDER}-{state}"
    if args["cursor"] is not None:
        moment, key = position_of(order, args["cursor"])
        asked = asked.where(
            (Handover.asked_at > moment) | ((Handover.asked_at == moment) & (Handover.id > key))
        )
    found = session.scalars(asked).all()
    shown = found[: args["limit"]]
    more = len(found) > len(shown)
    return {
        "items": [_view(each, secrets) for each in shown],
        "next": cursor_at(order, (shown[-1].asked_at, shown[-1].id)) if more else None,
    }


def answer(
    session: Session,
    identity: Identity,
    args: Mapping[str, Any],
    secrets: Secrets,
    now: datetime,
) -> tuple[dict[str, Any], str]:
    """Put an officer's answer into the citizen's queue: it comes in order with what they write.

    Args:
        session: in a transaction.
        identity: of who answers.
        args: ``id``; ``answer_id``, the caller's own: sent again under it, nothing more is said;
            ``text``; ``close``: and that was all.
        secrets: the city's.
        now: aware.

    Returns:
        The question as it is then, and the citizen's key: their queue is to be gone through.

    Raises:
        NotFound: there is no such question.
        Conflict: it is over.
    """
    found = session.get(Handover, args["id"])
    if found is None:
        raise NotFound("there is no such question", {"id": str(args["id"])})
    # The conversation before the question: the order of all who lock both.
    row = locked(session, found.recipient_key)
    found = session.get(Handover, args["id"], with_for_update=True, populate_existing=True)
    assert found is not None
    message = f"handover:{found.id}:{args['answer_id']}"
    if found.state not in (Asked.OPEN, Asked.ANSWERED):
        if found.state == Asked.CLOSED and identity.subject in found.answered_by:
            # The same answer again, whose first telling was lost.
            return _view(found, secrets), found.recipient_key
        raise Conflict("this question is over", {"state": found.state})
    assert row is not None
    if row.contact is None:
        row.contact = found.contact
    heard = OfficerSaid(args["text"], over=args["close"])
    if put(session, found.recipient_key, message, heard, now, now, secrets):
        words = [] if found.words is None else secrets.open(found.words)["words"]
        said = {"by": "office", "at": now.isoformat(), "text": args["text"], "message": message}
        found.words = secrets.seal({"words": [*words, said][-MOST_WORDS:]})
        found.state, found.changed_at = Asked.ANSWERED, now
        found.answered_by = [*dict.fromkeys([*found.answered_by, identity.subject])]
        if args["close"]:
            found.state, found.ended_at = Asked.CLOSED, now
            found.contact = found.words = None
    return _view(found, secrets), found.recipient_key


def one(session: Session, key: UUID, secrets: Secrets) -> dict[str, Any]:
    """One question. Raises NotFound: there is none."""
    found = session.get(Handover, key)
    if found is None:
        raise NotFound("there is no such question", {"id": str(key)})
    return _view(found, secrets)


def _view(row: Handover, secrets: Secrets) -> dict[str, Any]:
    contact = {} if row.contact is None else secrets.open(row.contact)
    words = [] if row.words is None else secrets.open(row.words)["words"]
    return {
        "id": str(row.id),
        "state": row.state,
        "language": row.language,
        "number": addresses.mask(contact["phone"]) if contact else None,
        "name": contact.get("name") or None,
        "words": [{key: each[key] for key in ("by", "at", "text")} for each in words],
        "asked_at": row.asked_at.isoformat(),
        "changed_at": row.changed_at.isoformat(),
    }
