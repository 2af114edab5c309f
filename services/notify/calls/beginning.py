"""Calls that begin with the provider's word: somebody calls us, or the sender of messages has had
somebody called for whom a conversation is held in place of the message."""

import logging
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from uuid6 import uuid7

from palika.errors import PalikaError
from services.notify.calls.outside import Desk
from services.notify.calls.sealed import seal_talk
from services.notify.domain.addresses import mask, mobile
from services.notify.domain.call import engine
from services.notify.domain.call.life import CallState
from services.notify.models import Attempt, Call, Delivery

_log = logging.getLogger(__name__)

INBOUND: Final = "inbound"
_LANGUAGE: Final = "mr"
_OF_USE: Final = timedelta(hours=48)


def called_by(desk: Desk, sid: str, number: str, now: datetime) -> UUID:
    """The row of a call from outside; one that is told again has one already.

    Args:
        sid: the provider's id of it.
        number: as the provider tells it; whoever hides it is nobody, in each call anew.
        now: aware.
    """
    phone = mobile(number)
    call = engine.Call(INBOUND, _LANGUAGE, now)
    with desk.begin() as session:
        session.execute(
            insert(Call)
            .values(
                id=uuid7(),
                flow=INBOUND,
                recipient_key=desk.secrets.recipient(phone or sid),
                number=mask(phone) if phone else "",
                contact=desk.secrets.seal({"phone": phone}) if phone else None,
                language=_LANGUAGE,
                state=CallState.TALKING,
                next_try_at=now,
                of_use_until=now + _OF_USE,
                reference=sid,
                talk=seal_talk(desk.secrets, call),
                created_at=now,
                changed_at=now,
                taken_at=now,
            )
            .on_conflict_do_nothing(index_elements=["reference"])
        )
        found: UUID = session.scalars(select(Call.id).where(Call.reference == sid)).one()
        return found


def in_place_of_a_message(desk: Desk, attempt_id: UUID, number: str, now: datetime) -> None:
    """Make the call of an attempt of the sender's, where a conversation is held in place of its
    message. Of any other attempt none is made, nor where the tax service does not know the number
    as the owner's, or does not answer.

    Whether the owner may be called the sender has asked a moment ago.
    """
    with desk.begin() as session:
        if session.scalar(select(Call.id).where(Call.attempt_id == attempt_id)) is not None:
            return
        attempt = session.get(Attempt, attempt_id)
        delivery = session.get(Delivery, attempt.delivery_id) if attempt else None
    flow = desk.table.in_place_of(delivery.template) if delivery else None
    phone = mobile(number)
    if delivery is None or flow is None or phone is None:
        return
    property_id = UUID(delivery.recipient_ref)
    try:
        owner = desk.outside.owner(property_id)
    except PalikaError as error:
        _log.warning("a call ends before it begins: %s", error)
        return
    if owner is None or mobile(owner.phone or "") != phone:
        return
    language = delivery.language or _LANGUAGE
    if language not in desk.table.voices:
        language = _LANGUAGE
    call = engine.Call(flow.name, language, now, facts=owner.facts)
    with desk.begin() as session:
        session.execute(
            insert(Call)
            .values(
                id=uuid7(),
                delivery_id=delivery.id,
                flow=flow.name,
                property_id=property_id,
                recipient_key=desk.secrets.recipient(phone),
                number=mask(phone),
                contact=desk.secrets.seal({"phone": phone}),
                language=language,
                state=CallState.RINGING,
                tries=1,
                next_try_at=now,
                of_use_until=now + _OF_USE,
                attempt_id=attempt_id,
                talk=seal_talk(desk.secrets, call),
                created_at=now,
                changed_at=now,
                dialled_at=now,
            )
            .on_conflict_do_nothing(index_elements=["attempt_id"])
        )
