"""Calls that we make: asked for, held back where somebody must not be disturbed, made, tried again.

Nothing outside is asked in a transaction. A call is taken by a process before it is made, with the
id of this try; so whatever happens then, the provider's webhooks find it. Whether it may be made is
asked twice: when it is taken, and as the last thing before the provider is told to dial.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.errors import Conflict, Invalid, NotFound, PalikaError, Unavailable
from services.notify.calls import people
from services.notify.calls.outside import Desk, Owner
from services.notify.calls.sealed import seal_talk
from services.notify.channels.made_up import held_back
from services.notify.domain.addresses import mask, mobile
from services.notify.domain.call import engine
from services.notify.domain.call.life import OPEN, CallState, after_a_miss
from services.notify.domain.call.states import OWED, Limits
from services.notify.domain.messages import Failed, Message, Sent
from services.notify.models import Call

_log = logging.getLogger(__name__)

NOTHING_OWED: Final = "nothing_owed"
NO_PROPERTY: Final = "no_property"
NUMBER_CHANGED: Final = "number_changed"
TOO_LATE: Final = "too_late"
TAX_AWAY: Final = "tax_away"
TAX_REFUSES: Final = "tax_refuses"
LOST: Final = "lost"
"""Nobody has said what became of it."""
_LATER: Final = timedelta(minutes=5)
"""After so long a call is tried again that could not be made for a reason of ours or of the
provider's."""
_LOST_AFTER: Final = timedelta(minutes=30)
_ANSWER_KEPT: Final = timedelta(minutes=15)
_LANGUAGES: Final = ("mr", "en")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A call that is asked for.

    Attributes:
        id: the asker's own.
        property_id: what it is about.
        flow: which conversation.
    """

    id: UUID
    property_id: UUID
    flow: str


def ask_for_call(desk: Desk, wanted: Wanted) -> Call:
    """Put a call down; asked for again under its id, it is the first one.

    Raises:
        NotFound: no such property.
        Invalid: there is no number to call, or no such conversation that we begin.
        Conflict: another call was asked for under this id.
        Unavailable: the tax service does not answer.
    """
    flow = desk.table.flows.get(wanted.flow)
    if flow is None or not flow.outbound:
        known = [name for name, each in desk.table.flows.items() if each.outbound]
        raise Invalid("not such a call", {"flow": [f"must be one of {', '.join(known)}"]})
    owner = desk.outside.owner(wanted.property_id)
    if owner is None:
        raise NotFound("there is no such property")
    phone = mobile(owner.phone or "")
    if phone is None:
        raise Invalid("nobody can be called", {"property_id": ["has no Indian mobile number"]})
    now = desk.now()
    with desk.begin() as session:
        session.execute(
            insert(Call)
            .values(
                id=uuid7(),
                request_id=wanted.id,
                flow=wanted.flow,
                property_id=wanted.property_id,
                recipient_key=desk.secrets.recipient(phone),
                number=mask(phone),
                language=_language(owner),
                state=CallState.DUE,
                next_try_at=now,
                of_use_until=now + desk.table.limits.of_use,
                created_at=now,
                changed_at=now,
            )
            .on_conflict_do_nothing(index_elements=["request_id"])
        )
        row = session.scalars(select(Call).where(Call.request_id == wanted.id)).one()
        if (row.property_id, row.flow) != (wanted.property_id, wanted.flow):
            raise Conflict("another call was asked for under this id")
        return row


def dial_due(desk: Desk, stopping: Callable[[], bool], most: int = 50) -> int:
    """Make the calls that are due, one after the other.

    Args:
        desk: with what.
        stopping: whether to leave.
        most: so many at the most.

    Returns:
        How many were looked at.
    """
    looked_at = 0
    while looked_at < most and not stopping():
        taken = _take(desk)
        if taken is None:
            break
        looked_at += 1
        if taken.attempt_id is not None and not _dial(
            desk, taken.call_id, taken.attempt_id, taken.property_id
        ):
            # The next would fare no better now, and would wait as long.
            break
    return looked_at


class _Taken(NamedTuple):
    """A call, this try of it (None: it was held back), and its property."""

    call_id: UUID
    attempt_id: UUID | None
    property_id: UUID


def _take(desk: Desk) -> _Taken | None:
    """Take the next call that is due, or hold it back; None: none is due."""
    now = desk.now()
    with desk.begin() as session:
        row = session.scalars(
            select(Call)
            .where(Call.state == CallState.DUE, Call.next_try_at <= now)
            .order_by(Call.next_try_at, Call.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).one_or_none()
        if row is None:
            return None
        assert row.property_id is not None
        if _held_back(session, row, desk, now):
            return _Taken(row.id, None, row.property_id)
        row.state, row.attempt_id = CallState.DIALLING, uuid7()
        row.tries += 1
        row.changed_at = now
        return _Taken(row.id, row.attempt_id, row.property_id)


def _held_back(session: Session, row: Call, desk: Desk, now: datetime) -> bool:
    """Put a call off, or an end to it, where nobody may be called."""
    if now > row.of_use_until:
        _skip(row, TOO_LATE, now)
        return True
    no = people.hindrance(session, row.recipient_key, desk.care, now)
    if no is None:
        return False
    if no.until is None or no.until > row.of_use_until:
        _skip(row, no.reason, now)
    else:
        row.state, row.next_try_at, row.reason = CallState.DUE, no.until, no.reason
        row.changed_at = now
        row.talk = row.contact = None
    return True


def _dial(desk: Desk, call_id: UUID, attempt_id: UUID, property_id: UUID) -> bool:
    """Make one call; False: tax or the provider does not work now."""
    try:
        owner = desk.outside.owner(property_id)
    except PalikaError as error:
        # Whatever it is, this call alone waits; it is given up when it is of no use any more.
        _log.warning("a call waits: %s", error)
        reason = TAX_AWAY if isinstance(error, Unavailable) else TAX_REFUSES
        with desk.begin() as session:
            _not_made(session.get_one(Call, call_id, with_for_update=True), reason, desk.now())
        return not isinstance(error, Unavailable)
    with desk.begin() as session:
        row = session.get_one(Call, call_id, with_for_update=True)
        if row.attempt_id != attempt_id or row.state != CallState.DIALLING:
            return True
        now = desk.now()
        message = _message(row, owner, desk, now)
        if message is None:
            return True
        # The last thing before it is dialled: somebody may have opted out a moment ago.
        if _held_back(session, row, desk, now):
            row.tries -= 1
            return True
        people.count(session, row.recipient_key, now)
        row.dialled_at = now
    answer = held_back(desk.provider.name, message.address) or desk.provider.send(message)
    with desk.begin() as session:
        row = session.get_one(Call, call_id, with_for_update=True)
        now = desk.now()
        if row.attempt_id != attempt_id or row.state not in OPEN:
            # Its webhooks were faster.
            return True
        if isinstance(answer, Sent):
            row.reference, row.reason = answer.reference, None
        elif not answer.uncertain and row.state == CallState.DIALLING:
            _refused(session, row, answer, desk.table.limits, now)
    return isinstance(answer, Sent) or not answer.channel_down


def _message(row: Call, owner: Owner | None, desk: Desk, now: datetime) -> Message | None:
    """What the provider is given; None: there is nobody, or nothing, to call about any more."""
    phone = mobile(owner.phone or "") if owner else None
    if owner is None or phone is None:
        _skip(row, NO_PROPERTY if owner is None else NUMBER_CHANGED, now)
        return None
    if desk.secrets.recipient(phone) != row.recipient_key:
        # It belongs to somebody else now, who was not asked about.
        _skip(row, NUMBER_CHANGED, now)
        return None
    if owner.facts[OWED] <= 0:
        _skip(row, NOTHING_OWED, now)
        return None
    call = engine.Call(row.flow, row.language, now, facts=owner.facts)
    row.talk = seal_talk(desk.secrets, call)
    row.contact = desk.secrets.seal({"phone": phone})
    row.turn, row.place, row.answer = 0, "", None
    assert row.attempt_id is not None
    return Message(
        delivery_id=row.id,
        attempt_id=row.attempt_id,
        address=phone,
        language=row.language,
        subject="",
        body="",
        template=row.flow,
    )


def _refused(session: Session, row: Call, answer: Failed, limits: Limits, now: datetime) -> None:
    if answer.channel_down and not answer.permanent:
        # It has rung nowhere, and that is not the owner's fault.
        people.count(session, row.recipient_key, now, by=-1)
        _not_made(row, answer.reason, now)
        if answer.retry_after_s:
            row.next_try_at = now + timedelta(seconds=answer.retry_after_s)
        return
    missed(row, answer.reason, answer.permanent, limits, now)


def _not_made(row: Call, reason: str, now: datetime) -> None:
    row.state, row.reason, row.next_try_at = CallState.DUE, reason, now + _LATER
    row.tries = max(row.tries - 1, 0)
    row.changed_at = now
    row.talk = row.contact = None


def _skip(row: Call, reason: str, now: datetime) -> None:
    row.state, row.reason, row.ended_at = CallState.SKIPPED, reason, now
    row.changed_at = now
    row.talk = row.contact = None


def missed(row: Call, reason: str, permanent: bool, limits: Limits, now: datetime) -> None:
    """Nobody has taken a call: it is tried again later, or given up."""
    row.reason, row.changed_at = reason, now
    row.talk = row.contact = row.answer = None
    row.taken_at = None
    # In place of a message it is the sender's to try again.
    permanent = permanent or row.delivery_id is not None
    again = after_a_miss(row.tries, permanent, row.of_use_until, limits, now)
    if again is None:
        row.state, row.ended_at = CallState.NOT_REACHED, now
    else:
        row.state, row.next_try_at = CallState.DUE, again.at


def sweep(session: Session, limits: Limits, now: datetime, most: int = 200) -> int:
    """Bring calls to their end of which nothing is heard any more, and take away what is kept of a
    call only while the provider may ask for it.

    Returns:
        How many.
    """
    lost = session.scalars(
        select(Call)
        .where(Call.state.in_(OPEN), Call.changed_at < now - _LOST_AFTER - limits.longest)
        .order_by(Call.changed_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()
    for row in lost:
        if row.state == CallState.TALKING:
            row.state, row.outcome, row.ended_at = CallState.ENDED, LOST, now
            row.changed_at = now
            row.talk = row.contact = row.answer = None
        else:
            missed(row, LOST, False, limits, now)
    done = session.scalars(
        select(Call)
        .where(
            Call.state == CallState.ENDED,
            Call.answer.is_not(None),
            Call.changed_at < now - _ANSWER_KEPT,
        )
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()
    for row in done:
        row.answer = None
    return len(lost) + len(done)


def _language(owner: Owner) -> str:
    return owner.language if owner.language in _LANGUAGES else _LANGUAGES[0]
