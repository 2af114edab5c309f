"""What a citizen says in a conversation about being written to."""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from services.notify.commands.consent import say
from services.notify.domain.care import ALWAYS, Purpose

_SOURCE: Final = "whatsapp"


def keep(session: Session, recipient_key: str, agreed: bool, now: datetime) -> None:
    """Keep it for every purpose that one can opt out of, in the caller's transaction.

    Args:
        recipient_key: of the citizen's number.
        agreed: True: opted in.
        now: aware.
    """
    purposes = [each for each in Purpose if each not in ALWAYS]
    say(session, recipient_key, purposes, agreed, _SOURCE, now)
