"""What a citizen has said about being written to."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from services.notify.domain.care import ALWAYS, Purpose, may_be_told
from services.notify.domain.subjects import whatsapp_subject
from services.notify.models import Consent, ConversationRow, Preference


def consent(session: Session, recipient_key: str) -> dict[str, Any]:
    """The last word about each purpose, and the preference.

    Returns:
        ``purposes``: by purpose ``told`` (whether messages go), ``said`` (True, False or None:
        never asked), ``said_at``, ``source`` and ``wording``; ``channels`` and ``language`` of the
        preference.
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
            "wording": word.wording if word else None,
        }
    return {
        "purposes": shown,
        "channels": list(liked.channels) if liked else [],
        "language": liked.language if liked else None,
    }


_MOST = 200


def history(session: Session, recipient_key: str) -> dict[str, Any]:
    """``words``: each ``purpose``, ``agreed``, ``source``, ``said_at``, ``wording``, the newest
    first; the latest ones, if they are many."""
    found = session.scalars(
        select(Consent)
        .where(Consent.recipient_key == recipient_key)
        .order_by(Consent.id.desc())
        .limit(_MOST)
    )
    return {
        "words": [
            {
                "purpose": each.purpose,
                "agreed": each.agreed,
                "source": each.source,
                "said_at": each.said_at.isoformat(),
                "wording": each.wording,
            }
            for each in found
        ]
    }


def chat_subject(session: Session, recipient_key: str, since: datetime) -> str | None:
    """The subject under which the chatbot files for who has a number; None: nobody has talked to it
    since that moment. After a long silence the number may be another's, who is another citizen."""
    row = session.get(ConversationRow, recipient_key)
    if row is None or row.heard_at < since:
        return None
    return whatsapp_subject(recipient_key, row.tenure)
