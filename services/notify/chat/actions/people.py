"""A person of the city is asked; and whether the citizen wants to be written to."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from services.notify.chat.actions.at import At
from services.notify.domain.chat.conversation import Outcome
from services.notify.models.chat import Asked, Handover

MOST_WORDS = 50
"""So much of a talk is kept, the last of it."""


def call_person(at: At) -> Outcome:
    """Put the citizen's question down for a person; one that waits already goes on."""
    with at.ports.begin() as session:
        waiting = current(session, at.key)
        if waiting is not None:
            _append(at, waiting, str(at.memory["about"]))
            return Outcome("waiting", forget=("about",))
        row = Handover(
            id=uuid7(),
            recipient_key=at.key,
            state=Asked.OPEN,
            language=at.language,
            contact=at.ports.secrets.seal({"phone": at.phone, "name": at.name}),
            asked_at=at.now,
            changed_at=at.now,
            answered_by=[],
        )
        _append(at, row, str(at.memory["about"]))
        session.add(row)
    return Outcome("called", forget=("about",))


def tell_person(at: At) -> Outcome:
    """More words for the person who has the question."""
    with at.ports.begin() as session:
        waiting = current(session, at.key)
        if waiting is None:
            return Outcome("over", forget=("told",))
        _append(at, waiting, str(at.memory["told"]))
    return Outcome("told", forget=("told",))


def leave_person(at: At) -> Outcome:
    """The citizen takes the question back."""
    with at.ports.begin() as session:
        waiting = current(session, at.key)
        if waiting is not None:
            waiting.state, waiting.ended_at = Asked.TAKEN_BACK, at.now
            waiting.contact = waiting.words = None
    return Outcome("done", over=True)


def opt_out(at: At) -> Outcome:
    """No more messages but codes that the citizen asks for, and this conversation."""
    return _consent(at, agreed=False)


def opt_in(at: At) -> Outcome:
    """Messages again."""
    return _consent(at, agreed=True)


def _consent(at: At, *, agreed: bool) -> Outcome:
    with at.ports.begin() as session:
        at.ports.consent(session, at.key, agreed, at.said_at)
    return Outcome("done")


def current(session: Session, recipient_key: str) -> Handover | None:
    """The question of a citizen that is not over, locked."""
    return session.scalars(
        select(Handover)
        .where(
            Handover.recipient_key == recipient_key,
            Handover.state.in_((Asked.OPEN, Asked.ANSWERED)),
        )
        .with_for_update()
    ).one_or_none()


def _append(at: At, row: Handover, text: str) -> None:
    words: list[dict[str, Any]] = []
    if row.words is not None:
        words = at.ports.secrets.open(row.words)["words"]
    if any(each["message"] == at.message_id for each in words):
        return
    words.append(
        {"by": "citizen", "at": at.now.isoformat(), "text": text, "message": at.message_id}
    )
    row.words = at.ports.secrets.seal({"words": words[-MOST_WORDS:]})
    row.state, row.changed_at = Asked.OPEN, at.now
