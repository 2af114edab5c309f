"""Tries at numbers that somebody might only guess, counted by telephone and hour.

How many are allowed is data: ``property_numbers_an_hour`` of ``data/chat.yaml``, ``checks_an_hour``
of ``data/calls.yaml``.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.notify.models import NumberTry, Tried

_KEPT: Final = timedelta(days=1)


def count(session: Session, recipient_key: str, what: Tried, now: datetime) -> int:
    """Count a try, before it is looked at: two at once get no more of them than two in a row.

    Args:
        session: in whose transaction.
        recipient_key: of the telephone's number.
        what: is tried.
        now: aware.

    Returns:
        How many it makes in this hour of the clock, in UTC.
    """
    hour = now.replace(minute=0, second=0, microsecond=0)
    row = insert(NumberTry).values(recipient_key=recipient_key, what=what, hour=hour, tries=1)
    made: int = session.scalars(
        row.on_conflict_do_update(
            index_elements=["recipient_key", "what", "hour"],
            set_={"tries": NumberTry.tries + 1},
        ).returning(NumberTry.tries)
    ).one()
    return made


def forget(session: Session, now: datetime) -> None:
    """Delete what counts no longer."""
    session.execute(delete(NumberTry).where(NumberTry.hour < now - _KEPT))
