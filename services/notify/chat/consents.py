"""What a citizen says by a button of the conversation about being written to."""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from services.notify import inbound
from services.notify.reference import city_consent_words

_SOURCE: Final = "whatsapp"


def keep(session: Session, recipient_key: str, agreed: bool, at: datetime) -> None:
    """Keep it, in the caller's transaction: it means what the words of ``data/consent.yaml`` mean
    that stand alone, and takes back nothing that was said later.

    Args:
        recipient_key: of the citizen's number.
        agreed: True: opted in.
        at: when the citizen said it, aware.
    """
    words = city_consent_words()
    purposes = words.starts if agreed else words.stops
    inbound.keep(session, recipient_key, purposes, agreed, _SOURCE, at)
