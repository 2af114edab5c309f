"""Forgets a citizen, as far as the portal knows them (Digital Personal Data Protection Act, 2023,
section 12: correction and erasure)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from services.portal.commands.sign_in_citizen import end_citizen
from services.portal.domain.sessions import Ended
from services.portal.models import Citizen, OneTimeCode, WebSession


def erase_citizen(session: Session, citizen_id: UUID, now: datetime) -> None:
    """The number, what was sent to it, and all sessions go.

    What stays is that there was somebody under this id, and who of the office looked at their data:
    the record of looks is kept for the citizen's own protection, and tells no number.
    """
    citizen = session.get_one(Citizen, citizen_id, with_for_update=True)
    if citizen.phone_digest is not None:
        session.execute(delete(OneTimeCode).where(OneTimeCode.phone_digest == citizen.phone_digest))
    end_citizen(session, citizen, Ended.ERASED, now)
    session.flush()
    session.execute(delete(WebSession).where(WebSession.citizen_id == citizen_id))
