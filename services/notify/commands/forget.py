"""Forgets a citizen who asks for it (Digital Personal Data Protection Act, 2023, section 12), as
far as nothing hangs on what is kept."""

from typing import Any, Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from services.notify.commands.keep import gone
from services.notify.domain.states import ENDED
from services.notify.models import (
    Call,
    Consent,
    ConversationMessage,
    ConversationRow,
    Delivery,
    Handover,
    InboxMessage,
    Preference,
    PropertyLink,
)

_CAMPAIGN: Final = "campaign"
_ENDED: Final = tuple(str(each) for each in ENDED)
_WHY: Final[dict[str, dict[str, str]]] = {
    "consent": {
        "mr": (
            "आपण कधी संमती दिली किंवा काढून घेतली हे सिद्ध करणे पालिकेवर बंधनकारक आहे; नोंदीत क्रमांक नाही, "
            "फक्त त्यापासून बनवलेली खूण आहे."
        ),
        "en": (
            "The corporation has to be able to prove what you have agreed to and what "
            "you took back; "
            "the entry has no number, only a mark that is made of it."
        ),
    },
    "message": {
        "mr": "हे संदेश अजून वाटेत आहेत, किंवा एका मोहिमेचे आहेत; ९० दिवसांनी ते आपोआप पुसले जातात.",
        "en": (
            "These messages are still under way, or belong to a campaign; they are erased by "
            "themselves after 90 days."
        ),
    },
    "call": {
        "mr": "कॉलमध्ये कर भरण्याचे दिलेले वचन त्यावर अवलंबून आहे; बोललेले शब्द ठेवलेले नाहीत.",
        "en": "A promise to pay that was given in a call rests on it; no word that was "
        "said is kept.",
    },
}
"""Why something stays. That consent has to be proved is section 6(10) of the Act; the rest is
illustrative."""


def forget_citizen(session: Session, recipient_key: str) -> dict[str, Any]:
    """Erase messages that have ended, the inbox, the chatbot's memory, linked properties,
    preferences.

    The months' counts by channel and provider stay, as when messages are forgotten by their age.
    What a conversation is about to say is dropped with it. Codes that were sent and tries that were
    counted stay for the day after which they go by themselves: who could have them forgotten could
    guess and send without a bound.

    Args:
        session: in whose transaction.
        recipient_key: of a number that the caller has made sure of.

    Returns:
        ``erased``: each ``what`` and ``count``; ``stays``: the same with ``why`` (mr, en) and
        whether the reason is ``illustrative``.
    """
    mine = Delivery.recipient_key == recipient_key
    ended = select(Delivery.id).where(
        mine, Delivery.state.in_(_ENDED), Delivery.event_type != _CAMPAIGN
    )
    ids = [str(each) for each in session.scalars(ended.with_for_update(skip_locked=True))]
    gone(session, ids)
    counts = {
        "message": len(ids),
        "inbox": _delete(session, InboxMessage, recipient_key),
        "chat": _chat(session, recipient_key),
        "property_link": _delete(session, PropertyLink, recipient_key),
        "preference": _delete(session, Preference, recipient_key),
    }
    session.flush()
    left = {
        "consent": _count(session, Consent, recipient_key),
        "message": _count(session, Delivery, recipient_key),
        "call": _count(session, Call, recipient_key),
    }
    return {
        "erased": [{"what": what, "count": count} for what, count in counts.items() if count],
        "stays": [
            {
                "what": what,
                "count": count,
                "why": _WHY[what],
                "illustrative": what != "consent",
            }
            for what, count in left.items()
            if count
        ],
    }


def _chat(session: Session, recipient_key: str) -> int:
    """Of a conversation the row stays: it says how often the number may have changed hands."""
    heard = session.execute(
        delete(ConversationMessage).where(ConversationMessage.recipient_key == recipient_key)
    )
    session.execute(
        update(ConversationRow)
        .where(ConversationRow.recipient_key == recipient_key)
        .values(state="", memory=None, contact=None)
    )
    asked = session.execute(
        delete(Handover).where(
            Handover.recipient_key == recipient_key, Handover.ended_at.is_not(None)
        )
    )
    return _rows(heard) + _rows(asked)


def _delete(session: Session, model: Any, recipient_key: str) -> int:
    return _rows(session.execute(delete(model).where(model.recipient_key == recipient_key)))


def _count(session: Session, model: Any, recipient_key: str) -> int:
    found = select(func.count()).select_from(model).where(model.recipient_key == recipient_key)
    return session.scalar(found) or 0


def _rows(result: Any) -> int:
    count: int = result.rowcount
    return count
