"""How to reach citizens: for the service that writes to them, and for no other."""

import uuid
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row, Select, false, func, select
from sqlalchemy.orm import Session, aliased

from services.grievance import promises
from services.grievance.domain.appeals import DECISIONS, OUTCOME_NAMES
from services.grievance.domain.following import ITS_DEPARTMENT, PRIVATE_MATTER
from services.grievance.models import Appeal, Follower, Grievance
from services.grievance.reference import city


def of(session: Session, ids: Sequence[uuid.UUID]) -> list[dict[str, Any]]:
    """How to reach who filed them or follows them, and what their messages call the grievance and
    its parts.

    Args:
        session: in a transaction.
        ids: of grievances (who filed it) and of followers, as events name them.

    Returns:
        One for each known id: ``id``, ``name``, ``phone``, ``email``, ``language``, ``number``,
        ``category_name``, ``department_name``; ``rejection_name`` of one that is rejected, itself
        or as what it was merged into; ``original_number`` of a merged one, ``reopen_until`` of a
        resolved one, ``appeal_outcome`` of one whose appeal was decided. The names are by
        language; followers of a private one are not told what it is about. Unknown ids are left
        out.
    """
    of_citizens = _contacts_of(
        Grievance.id,
        Grievance.citizen_name.label("name"),
        Grievance.citizen_phone.label("phone"),
        Grievance.citizen_email.label("email"),
        Grievance.language,
        false().label("is_hidden"),
    ).where(Grievance.id.in_(ids))
    of_followers = (
        _contacts_of(
            Follower.id,
            Follower.name,
            Follower.phone,
            Follower.email,
            Follower.language,
            Grievance.private.label("is_hidden"),
        )
        .join(Follower, Follower.grievance_id == Grievance.id)
        .where(Follower.id.in_(ids))
    )
    return [
        {
            "id": str(row.id),
            "name": row.name,
            "phone": row.phone,
            "email": row.email,
            "language": row.language,
            "number": row.number,
            **_what(row),
            "rejection_name": row.rejection and promises.rejection_name(row.rejection),
            "original_number": row.original_number,
            "appeal_outcome": row.appeal_outcome and OUTCOME_NAMES[row.appeal_outcome],
            "reopen_until": row.resolved_at and promises.reopen_until(row.resolved_at).isoformat(),
        }
        for row in session.execute(of_citizens.union_all(of_followers))
    ]


def _what(row: Row[Any]) -> dict[str, Any]:
    if row.is_hidden:
        return {"category_name": asdict(PRIVATE_MATTER), "department_name": asdict(ITS_DEPARTMENT)}
    return {
        "category_name": asdict(city().category_name(row.category)),
        "department_name": promises.department_name(row.department),
    }


def _contacts_of(*who: Any) -> Select[Any]:
    """Who, and what messages to them need of the grievance."""
    original = aliased(Grievance)
    last_decision = (
        select(Appeal.outcome)
        .where(Appeal.grievance_id == Grievance.id, Appeal.outcome.in_(DECISIONS))
        .order_by(Appeal.level.desc())
        .limit(1)
        .correlate(Grievance)
    )
    return (
        select(
            *who,
            Grievance.number,
            Grievance.category,
            Grievance.department,
            func.coalesce(Grievance.rejection, original.rejection).label("rejection"),
            Grievance.resolved_at,
            original.number.label("original_number"),
            last_decision.scalar_subquery().label("appeal_outcome"),
        )
        .select_from(Grievance)
        .outerjoin(original, Grievance.merged_into == original.id)
    )
