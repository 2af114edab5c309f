"""What was agreed to in a call, carried out in the transaction of its turn."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.outbox import record
from services.notify.calls import people
from services.notify.calls.outside import PROPERTY_ID, Facts
from services.notify.commands.consent import say
from services.notify.domain.call.engine import Do
from services.notify.domain.call.states import OWED, Deed
from services.notify.domain.care import Lane, Purpose
from services.notify.domain.states import State
from services.notify.models import Call, Delivery, Promise
from services.notify.schemas.events import PROMISED

LINK_TEMPLATE: Final = "tax.how_to_pay"
"""What tells an owner how to pay; its fields are the contact's."""
_REQUEST: Final = "request"


def carry_out(
    session: Session, row: Call, deeds: Sequence[Do], facts: Facts, now: datetime
) -> None:
    """Do them; each that has been done in this call before is done no second time.

    Args:
        session: in whose transaction.
        row: of the call, locked.
        deeds: what was agreed to in this turn.
        facts: of the call.
        now: aware.
    """
    for each in deeds:
        if each.deed in row.deeds:
            continue
        row.deeds = [*row.deeds, each.deed.value]
        match each.deed:
            case Deed.PROMISE:
                _promise(session, row, each, facts, now)
            case Deed.OPT_OUT:
                say(session, row.recipient_key, people.STOPPED, False, "voice", now)
            case Deed.SEND_LINK:
                _send_link(session, row, UUID(facts[PROPERTY_ID]), now)
            case Deed.DISPUTE | Deed.HARDSHIP | Deed.WRONG_PERSON:
                pass  # It is kept with the call, for whoever works on them.


def _promise(session: Session, row: Call, done: Do, facts: Facts, now: datetime) -> None:
    made = session.scalars(
        insert(Promise)
        .values(
            id=uuid7(),
            call_id=row.id,
            property_id=UUID(facts[PROPERTY_ID]),
            promised_on=done.day,
            amount_paise=facts[OWED],
            at=now,
        )
        .on_conflict_do_nothing(index_elements=["call_id"])
        .returning(Promise)
    ).one()
    record(
        session,
        PROMISED.new(
            subject=str(made.property_id),
            data={
                "property_id": str(made.property_id),
                "promised_on": made.promised_on.isoformat(),
                "amount_paise": made.amount_paise,
                "call_id": str(row.id),
                "at": now.isoformat(),
            },
            time=now,
        ),
    )


def _send_link(session: Session, row: Call, property_id: UUID, now: datetime) -> None:
    """A delivery for the sender: the owner has just asked for it, so nothing else holds it back."""
    session.execute(
        insert(Delivery)
        .values(
            id=uuid7(),
            event_id=row.id,
            event_type=_REQUEST,
            template=LINK_TEMPLATE,
            purpose=Purpose.SERVICE,
            lane=Lane.TRANSACTIONAL,
            audience="tax",
            recipient_ref=str(property_id),
            fields={"property_id": str(property_id)},
            state=State.CREATED,
            next_attempt_at=now,
            of_use_until=row.of_use_until,
            created_at=now,
        )
        .on_conflict_do_nothing(constraint="uq_delivery_message")
    )
