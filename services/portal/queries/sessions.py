"""Sessions as their owners and administrators see them, and accounts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from services.portal.domain.sessions import is_over
from services.portal.models import Account, ApiToken, Citizen, WebSession

PAGE = 100


def own_sessions(session: Session, whose: UUID, now: datetime) -> list[WebSession]:
    """Where somebody is signed in now, the last seen first."""
    found = session.scalars(
        select(WebSession)
        .where(
            or_(WebSession.account_id == whose, WebSession.citizen_id == whose),
            WebSession.ended_at.is_(None),
        )
        .order_by(WebSession.seen_at.desc())
    )
    return [row for row in found if not is_over(row.kept(), now)]


def officers_sessions(
    session: Session, now: datetime, before: datetime | None = None
) -> list[tuple[WebSession, Account]]:
    """The sessions of officers that are there now, the last begun first, a page of them.

    Args:
        before: those that began earlier; by default the newest.
    """
    query = (
        select(WebSession, Account)
        .join(Account, Account.id == WebSession.account_id)
        .where(WebSession.ended_at.is_(None), WebSession.until > now)
        .order_by(WebSession.created_at.desc())
        .limit(PAGE)
    )
    if before is not None:
        query = query.where(WebSession.created_at < before)
    return [
        (row, account) for row, account in session.execute(query) if not is_over(row.kept(), now)
    ]


def accounts(session: Session) -> list[Account]:
    """All accounts, by their officers' codes."""
    return list(session.scalars(select(Account).order_by(Account.person)))


def tokens(session: Session) -> list[ApiToken]:
    """All tokens, also those that are over."""
    return list(session.scalars(select(ApiToken).order_by(ApiToken.name)))


def of_citizen(session: Session, citizen_id: UUID) -> dict[str, Any]:
    """What the portal keeps of a citizen, as they may have it: moments as ISO 8601 in UTC."""
    citizen = session.get_one(Citizen, citizen_id)
    rows = session.scalars(
        select(WebSession)
        .where(WebSession.citizen_id == citizen_id)
        .order_by(WebSession.created_at)
    )
    return {
        "id": str(citizen.id),
        "language": citizen.language,
        "since": citizen.created_at.isoformat(),
        "seen_at": citizen.seen_at.isoformat(),
        "sessions": [
            {
                "begun_at": row.created_at.isoformat(),
                "seen_at": row.seen_at.isoformat(),
                "ended_at": row.ended_at.isoformat() if row.ended_at else None,
                "device": row.device,
                "network": row.place,
            }
            for row in rows
        ],
    }
