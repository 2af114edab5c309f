"""Care for who is called: asked at the last moment, and what they say about being called."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from palika.india import day_of
from services.notify.domain.care import Care, Purpose, may_be_told
from services.notify.domain.routes import OPTED_OUT
from services.notify.models import Consent, DayCount

PURPOSE: Final = Purpose.REMINDER
"""What a call of ours is."""
STOPPED: Final = (Purpose.REMINDER, Purpose.NEWS)
"""What somebody does not want any more who wants no calls."""


@dataclass(frozen=True, slots=True)
class NotNow:
    """Nobody may be called.

    Attributes:
        reason: a code.
        until: when it may be tried; None: never because of this.
    """

    reason: str
    until: datetime | None


def hindrance(session: Session, recipient_key: str, care: Care, now: datetime) -> NotNow | None:
    """What forbids calling somebody at this moment; None: nothing does."""
    said = session.scalar(
        select(Consent.agreed)
        .where(Consent.recipient_key == recipient_key, Consent.purpose == PURPOSE)
        .order_by(Consent.id.desc())
        .limit(1)
    )
    if not may_be_told(PURPOSE, said):
        return NotNow(OPTED_OUT, None)
    sent = session.scalar(
        select(DayCount.sent).where(
            DayCount.recipient_key == recipient_key,
            DayCount.purpose == PURPOSE,
            DayCount.day == day_of(now),
        )
    )
    later = care.later(PURPOSE, sent or 0, now, rings=True)
    return None if later is None else NotNow(*later)


def count(session: Session, recipient_key: str, now: datetime, by: int = 1) -> None:
    """Count a call among what the citizen has had today, or (-1) one that was never made."""
    row = insert(DayCount).values(
        recipient_key=recipient_key, purpose=PURPOSE, day=day_of(now), sent=max(by, 0)
    )
    session.execute(
        row.on_conflict_do_update(
            index_elements=["recipient_key", "purpose", "day"],
            set_={"sent": DayCount.sent + by},
        )
    )
