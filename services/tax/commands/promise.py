"""Write down an owner's promise to pay until a day, given at a desk or in a call."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import SYSTEM, Identity
from palika.errors import Invalid, NotFound
from palika.events import Event
from palika.india import day_of
from palika.moments import in_utc
from palika.subscribe import Refuse
from services.tax.ledger_store import lock
from services.tax.models import RecoveryPromise
from services.tax.reference import recovery


def promised(session: Session, events: Sequence[Event]) -> dict[str, Refuse]:
    """Take the promises that owners have given in calls (``notify.promised.v1``), in the caller's
    transaction; one that comes again is the first.

    A promise counts from when it was given, however late its event comes.

    Returns:
        The refusals, by event id: no such property, or a day that cannot be promised.
    """
    refused: dict[str, Refuse] = {}
    for event in events:
        try:
            args = {
                "property_id": UUID(event.data["property_id"]),
                "until": date.fromisoformat(event.data["promised_on"]),
                "reason": f"voice call {UUID(event.data['call_id'])}",
            }
            at = in_utc(datetime.fromisoformat(event.data["at"]))
            with session.begin_nested():
                promise(session, SYSTEM("notify"), args, at)
                session.flush()
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            refused[event.id] = Refuse(f"not a promise: {error}")
        except (Invalid, NotFound) as error:
            refused[event.id] = Refuse(str(error))
    return refused


def promise(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> RecoveryPromise:
    """Leave an owner alone until the day by which they have promised to pay.

    The same promise again gives the first one.

    Raises:
        NotFound: no such property.
        Invalid: a day before today, or more days ahead than ``promise_days`` of ``recovery.yaml``.
    """
    today = day_of(now)
    longest = recovery().promise_days
    if not today <= args["until"] <= today + timedelta(days=longest):
        rule = f"must be from today, {today.isoformat()}, to {longest} days ahead"
        raise Invalid("not a day to promise", {"until": [rule]})
    owed = lock(session, args["property_id"])
    known = session.scalar(
        select(RecoveryPromise).where(
            RecoveryPromise.property_id == owed.id, RecoveryPromise.until == args["until"]
        )
    )
    if known is not None:
        return known
    made = RecoveryPromise(
        id=uuid7(),
        property_id=owed.id,
        from_day=today,
        until=args["until"],
        reason=args["reason"],
        by=caller.subject,
        recorded_at=now,
    )
    session.add(made)
    return made
