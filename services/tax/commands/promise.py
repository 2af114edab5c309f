"""Write down an owner's promise to pay until a day."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Invalid
from palika.india import day_of
from services.tax.ledger_store import lock
from services.tax.models import RecoveryPromise
from services.tax.reference import recovery


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
