"""What a citizen has said about being written to."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from services.notify.domain.care import ALWAYS, Purpose, may_be_told
from services.notify.models import Consent, Preference


def consent(session: Session, recipient_key: str) -> dict[str, Any]:
    """The last word about each purpose, and the preference.

    Returns:
        ``purposes``: by purpose ``told`` (whether messages go), ``said`` (True, False or None:
        never asked), ``said_at`` and ``source``; ``channels`` and ``language`` of the preference.
    """
    last = select(Consent).where(Consent.recipient_key == recipient_key)
    words = {
        each.purpose: each
        for each in session.scalars(
            last.order_by(Consent.purpose, Consent.id.desc()).ext(distinct_on(Consent.purpose))
        )
    }
    liked = session.get(Preference, recipient_key)
    shown = {}
    for purpose in Purpose:
        if purpose in ALWAYS:
            continue
        word = words.get(purpose)
        shown[purpose.value] = {
            "told": may_be_told(purpose, word.agreed if word else None),
            "said": word.agreed if word else None,
            "said_at": word.said_at.isoformat() if word else None,
            "source": word.source if word else None,
        }
    return {
        "purposes": shown,
        "channels": list(liked.channels) if liked else [],
        "language": liked.language if liked else None,
    }
