"""Where a caller of the office sits, as the city's list of posts has it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.roles import post_of
from services.grievance import promises
from services.grievance.domain.seats import Seat
from services.grievance.models import Officer


def seat_of(session: Session, caller: Identity) -> Seat:
    """The caller's seat; one statement. Who is no active post has a code and nothing else."""
    code = post_of(caller.subject)
    found = session.execute(
        select(Officer.department, Officer.wards, Officer.level).where(
            Officer.code == code, Officer.active
        )
    ).one_or_none()
    if found is None:
        return Seat(code)
    return Seat(code, found.department, tuple(found.wards), promises.post_at(found.level))
