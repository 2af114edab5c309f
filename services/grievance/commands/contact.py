"""Read who a grievance's citizen is, and what a caller has filed: reads that leave a trace.

The trace is on the timeline, for the office alone; it is no step, and no event.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from services.grievance.commands.step import note_beside
from services.grievance.domain.lifecycle import Step
from services.grievance.domain.seats import check_may_reach
from services.grievance.models import Grievance
from services.grievance.queries import mine
from services.grievance.queries.find import find
from services.grievance.queries.seats import seat_of


def read_contact(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Grievance:
    """The grievance whose citizen the caller may reach; that they asked is noted.

    Args:
        session: in a transaction.
        caller: of the office.
        args: ``id`` or ``number``.
        now: the moment of the reading.

    Raises:
        NotFound: there is none.
        Forbidden: it is neither theirs, nor their department's, nor of their ward.
    """
    found = find(session, caller, args)
    seat = seat_of(session, caller)
    check_may_reach(seat, caller.roles, found.department, found.ward, found.officer)
    note_beside(session, [found], Step.CONTACT, caller, now)
    return found


def look_up(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> tuple[list[Grievance], str | None]:
    """A page of what was filed with the telephone number ``args["phone"]``, newest first, and the
    cursor of the next; at each of them it is noted that it was shown.

    Raises:
        Invalid: the cursor is not one that this list gave.
    """
    found, cursor = mine.newest(session, args, Grievance.citizen_phone == args["phone"])
    note_beside(session, found, Step.LOOK_UP, caller, now)
    return found, cursor
