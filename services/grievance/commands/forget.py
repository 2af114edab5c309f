"""Forgets who a citizen is, where the city has nothing more to do with them (Digital Personal Data
Protection Act, 2023, section 12: erasure; section 8(7): unless a law wants it kept)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from palika.auth import Identity
from services.grievance.commands.step import note_beside
from services.grievance.domain.lifecycle import ENDED, Step
from services.grievance.models import Follower, Grievance
from services.grievance.reference import policy

_WHY: Final[dict[str, dict[str, str]]] = {
    "open": {
        "mr": "या तक्रारींवर काम सुरू आहे; कार्यालयाला आपल्याशी संपर्क साधता आला पाहिजे.",
        "en": "These are still being worked on; the office has to be able to reach you.",
    },
    "recent": {
        "mr": (
            "तक्रार संपल्यानंतर {days} दिवस नाव व क्रमांक ठेवले जातात: तोवर अपील किंवा तपासणी होऊ शकते. "
            "त्यानंतर पुन्हा मागणी करा."
        ),
        "en": (
            "Name and number are kept for {days} days after a grievance has ended: "
            "until then there may "
            "be an appeal or a check. Ask again after that."
        ),
    },
    "record": {
        "mr": (
            "काय, कुठे आणि केव्हा नादुरुस्त होते व पालिकेने काय केले ही सार्वजनिक कामाची नोंद आहे; तिच्यात आता "
            "आपले नाव किंवा क्रमांक नाही."
        ),
        "en": (
            "What was wrong, where and when, and what the corporation did is the record "
            "of its work; your "
            "name and number are no longer in it."
        ),
    },
}
"""Why something stays. Illustrative: how long a city keeps its records is its own rule."""


def forget_citizen(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Take name, number and address of a citizen out of what has ended long enough ago, and let
    them follow nothing more.

    Each grievance keeps, for the office, that it was done. What the citizen wrote stays.

    Args:
        session: in a transaction.
        caller: the service that has made sure of the number and of the logins.
        args: ``phone``, which was proved; ``subjects``: the logins that are theirs.
        now: aware.

    Returns:
        ``erased``: each ``what`` and ``count``; ``stays``: the same with ``why`` (mr, en) and
        ``illustrative``.
    """
    days = policy().keep_contact_days
    mine = or_(Grievance.citizen_phone == args["phone"], Grievance.filed_by.in_(args["subjects"]))
    known = or_(
        Grievance.citizen_name.is_not(None),
        Grievance.citizen_phone.is_not(None),
        Grievance.citizen_email.is_not(None),
    )
    rows = session.execute(
        select(Grievance.id, Grievance.state, Grievance.closed_at)
        .where(mine, known)
        .order_by(Grievance.id)
        .with_for_update(key_share=True)
    ).all()
    ended = [row for row in rows if row.state in ENDED and row.closed_at is not None]
    old = [row for row in ended if row.closed_at <= now - timedelta(days=days)]
    _erase(session, [row.id for row in old])
    note_beside(session, old, Step.FORGET, caller, now)
    left = {
        "open": len(rows) - len(ended),
        "recent": len(ended) - len(old),
        "record": _unnamed(session, args["subjects"], [row.id for row in old]),
    }
    erased = {"contact": len(old), "following": _unfollow(session, args)}
    return {
        "erased": [{"what": what, "count": count} for what, count in erased.items() if count],
        "stays": [
            {
                "what": what,
                "count": count,
                "why": {lang: text.format(days=days) for lang, text in _WHY[what].items()},
                "illustrative": True,
            }
            for what, count in left.items()
            if count
        ],
    }


def _erase(session: Session, ids: Sequence[Any]) -> None:
    nobody = {"citizen_name": None, "citizen_phone": None, "citizen_email": None}
    session.execute(
        update(Grievance).where(Grievance.id.in_(ids)).values(**nobody),
        execution_options={"synchronize_session": False},
    )


def _unnamed(session: Session, subjects: Sequence[str], ids: Sequence[Any]) -> int:
    """How many there are of which nobody is named any more: of these logins, or among these."""
    found = select(func.count()).where(
        or_(Grievance.filed_by.in_(subjects), Grievance.id.in_(ids)),
        Grievance.citizen_name.is_(None),
        Grievance.citizen_phone.is_(None),
        Grievance.citizen_email.is_(None),
    )
    return session.scalar(found) or 0


def _unfollow(session: Session, args: Mapping[str, Any]) -> int:
    gone: Any = session.execute(
        delete(Follower).where(
            or_(Follower.phone == args["phone"], Follower.subject.in_(args["subjects"]))
        ),
        execution_options={"synchronize_session": False},
    )
    count: int = gone.rowcount
    return count
