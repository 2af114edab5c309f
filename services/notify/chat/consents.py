"""What a citizen says about being written to, as the conversation keeps it."""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session
from uuid6 import uuid7

from services.notify.domain.care import ALWAYS, Purpose
from services.notify.models import Consent

_SOURCE: Final = "whatsapp"


def keep(session: Session, recipient_key: str, agreed: bool, now: datetime) -> None:
    """Keep it for every purpose that one can opt out of, in the caller's transaction.

    Args:
        recipient_key: of the citizen's number.
        agreed: True: opted in.
        now: aware.
    """
    session.add_all(
        Consent(
            id=uuid7(),
            recipient_key=recipient_key,
            purpose=purpose,
            agreed=agreed,
            source=_SOURCE,
            said_at=now,
        )
        for purpose in Purpose
        if purpose not in ALWAYS
    )
